"""The visit as an entry for the patient's own calendar."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _

from notifications.domain.patient_acts import PatientAct
from notifications.selectors.patient_pages import behind_link, place_of
from scheduling.domain.visit_calendar import CalendarVisit, visit_calendar
from scheduling.selectors.visits import status_history
from web.patient.access import PatientRequest, back_to_page, link_page
from web.patient.visit import OF_A_VISIT


@link_page(*OF_A_VISIT)
def calendar_file(request: PatientRequest) -> HttpResponse:
    """The file. It says that there is a visit, where and when: other people see a calendar too."""
    behind = behind_link(link=request.link, now=request.now)
    if behind.visit is None or PatientAct.CALENDAR not in behind.acts:
        return back_to_page(request)
    clinic, found = request.link.clinic, behind.visit
    history = status_history(clinic_id=clinic.pk, visit_id=found.pk)
    entry = CalendarVisit(
        uid=str(found.ref),
        sequence=found.sequence,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        summary=_("Visit: %(clinic)s") % {"clinic": clinic.name},
        place=place_of(clinic_id=clinic.pk),
        description=_("Telephone: %(phone)s") % {"phone": clinic.phone} if clinic.phone else "",
        changed_at=max((row.since for row in history), default=found.booked_at),
    )
    response = HttpResponse(visit_calendar(entry), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="visit.ics"'
    return response
