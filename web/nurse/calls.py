"""Writing down a telephone call, with the patient's numbers at hand."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic.domain.roles import Permission
from clinic.selectors.patients import contact_points, proxies
from clinic.selectors.rows import ContactPoint, Patient, Proxy
from clinic.services.patients import retire_contact_point
from scheduling.selectors.calls import calls_of_patient
from scheduling.selectors.follow_ups import follow_up_by_ref
from scheduling.selectors.rows import CallAttempt, CallOutcome, FollowUp, Mode
from scheduling.services.calls import log_call
from web.access import ClinicRequest, clinic_page
from web.nurse.back import back_to
from web.nurse.forms.calls import CallForm
from web.nurse.frame import about_patient, clinic_reverse, patient_or_404
from web.nurse.pages import form_page
from web.undo import Undo, say_done
from web.words import day_words

RECENT_CALLS = 5


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.WORK_FOLLOW_UPS)
def call_new(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Log a call. ``?follow_up=`` says what it was about; afterwards one is back where one came from."""
    patient = patient_or_404(request, ref)
    about = _about(request, patient)
    own = contact_points(clinic_id=request.clinic.id, patient_id=patient.id)
    helpers = [
        proxy for proxy in proxies(clinic_id=request.clinic.id, patient_id=patient.id) if proxy.is_active
    ]
    numbers = _numbers_in_use(own, helpers)
    may_retire = request.may(Permission.EDIT_PATIENTS)
    form = CallForm(request.POST or None, numbers=numbers if may_retire else [], today=request.today)
    back = back_to(request, clinic_reverse(request, "patient", ref=ref))
    return form_page(
        request,
        form,
        save=lambda: _save(request, patient, about, form, numbers),
        then=back,
        done="",
        template="nurse/calls/form.html",
        context={
            **about_patient(request, patient, (_("Log a call"), "")),
            "heading": _("Log a call"),
            "submit_label": _("Log the call"),
            "cancel_url": back,
            "about": about,
            "own_numbers": [point for point in own if point.is_active and point.kind == "phone"],
            "helpers": helpers,
            "calls": calls_of_patient(clinic_id=request.clinic.id, patient_id=patient.id)[:RECENT_CALLS],
        },
    )


def _about(request: ClinicRequest, patient: Patient) -> FollowUp | None:
    """What the call is about; an address that names what is not this patient's finds nothing."""
    wanted = request.GET.get("follow_up", "")
    if not wanted:
        return None
    try:
        found = follow_up_by_ref(clinic_id=request.clinic.id, ref=UUID(wanted))
    except ValueError:
        raise Http404 from None
    if found is None or found.patient_id != patient.id:
        raise Http404
    return found


def _numbers_in_use(own: Sequence[ContactPoint], helpers: Sequence[Proxy]) -> list[ContactPoint]:
    points = [*own, *(point for proxy in helpers for point in proxy.contact_points.all())]
    return [point for point in points if point.is_active and point.kind == "phone"]


def _save(
    request: ClinicRequest,
    patient: Patient,
    about: FollowUp | None,
    form: CallForm,
    numbers: Sequence[ContactPoint],
) -> CallAttempt:
    wrong_id = form.wrong_contact_id() if request.may(Permission.EDIT_PATIENTS) else None
    wrong = next((point for point in numbers if point.id == wrong_id), None)
    with transaction.atomic():
        if wrong is not None:
            retire_contact_point(
                clinic=request.clinic, contact_id=wrong.id, actor_id=request.user.id, now=request.now
            )
        call = log_call(
            clinic=request.clinic,
            patient_ref=patient.ref,
            entry=form.entry(),
            actor_id=request.user.id,
            now=request.now,
            follow_up_ref=about.ref if about else None,
        )
    _tell(request, patient, call, wrong)
    return call


def _tell(request: ClinicRequest, patient: Patient, call: CallAttempt, wrong: ContactPoint | None) -> None:
    """What was done, without a name: the note is kept in the browser until it is shown."""
    about = call.follow_up
    if wrong is not None:
        undo = Undo(
            clinic_reverse(request, "contact_restore", ref=patient.ref, contact_id=wrong.id),
            label=_("Use the number again"),
        )
        say_done(request, _("The call is logged; the wrong number is no longer used."), undo=undo)
    elif call.call_back_on is not None:
        day = day_words(call.call_back_on)
        messages.success(request, _("The call is logged; on the call list for %(day)s.") % {"day": day})
    elif call.outcome == CallOutcome.WRONG_NUMBER:
        messages.warning(request, _("The call is logged. Ask for a number that works."))
    elif about is not None and about.mode == Mode.CALL and call.outcome == CallOutcome.REACHED:
        done = Undo(
            clinic_reverse(request, "follow_ups_done"), [("only", str(about.ref))], _("Mark it as done")
        )
        say_done(request, _("The call is logged. Is what it was about done?"), undo=done)
    else:
        messages.success(request, _("The call is logged."))


urlpatterns = [path("patients/<uuid:ref>/calls/new/", call_new, name="call_new")]
