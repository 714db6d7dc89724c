"""Whoever reads a message that was meant for somebody else ends it here."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _

from notifications.selectors.rows import LinkPurpose, PatientLink
from notifications.services.answers import disown
from web.patient.access import PatientRequest, link_page, show
from web.patient.passes import take_pass


@link_page(*LinkPurpose.values)
def not_me(request: PatientRequest) -> HttpResponse:
    """Ask for a number that stands on the page, which a program that presses buttons does not type; then end it.

    Who is not the patient does not know the day of birth, so that is not asked for.
    """
    number = _number(request.link)
    typed = request.POST.get("number", "").strip()
    if request.method == "POST" and typed == str(number):
        disown(link_id=request.link.pk, now=request.now)
        response = show(request, "patient/disowned.html", {})
        take_pass(response, request.link)
        return response
    error = _("Please type the number that stands above.") if request.method == "POST" else ""
    context = {"number": number, "error": error}
    return show(request, "patient/not_me.html", context, status=422 if error else 200)


def _number(link: PatientLink) -> int:
    return 10 + link.pk * 37 % 90
