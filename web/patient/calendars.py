"""The visit, or all visits, in the patient's own calendar."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from clinic.domain.checks import RecordError
from notifications.domain.patient_acts import PatientAct
from notifications.selectors.patient_pages import behind_link
from notifications.services.patient_calendars import subscribe
from web.addresses import public_address
from web.patient.access import PatientRequest, back_to_page, link_page, remember_known, show
from web.patient.forms import PatientForm
from web.patient.visit import OF_A_VISIT


@link_page(*OF_A_VISIT)
def calendars(request: PatientRequest) -> HttpResponse:
    """Choose: this visit as a file, or all visits by a link, which is made for a person only."""
    behind = behind_link(link=request.link, now=request.now)
    if behind.visit is None or PatientAct.CALENDAR not in behind.acts:
        return back_to_page(request)
    form = PatientForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_from_a_person(request):
        return show(request, "patient/calendars.html", {"form": form}, status=422 if form.is_bound else 200)
    remember_known(request)
    try:
        token = subscribe(link_id=request.link.pk, label=_("My visits"), now=request.now)
    except RecordError:
        context = {"form": form, "are_too_many": True}
        return show(request, "patient/calendars.html", context, status=422)
    address = public_address(request, reverse("calendar_feed", kwargs={"token": token}))
    context = {"address": address, "webcal": "webcal://" + address.split("://", 1)[1]}
    return show(request, "patient/calendar_link.html", context)
