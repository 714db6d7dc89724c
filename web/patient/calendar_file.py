"""The visit as an entry for the patient's own calendar."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import get_language

from notifications.domain.patient_acts import PatientAct
from notifications.selectors.patient_calendar import words_for_patient
from notifications.selectors.patient_pages import behind_link
from scheduling.selectors.calendar_entries import event_of_visit
from web.patient.access import PatientRequest, back_to_page, link_page
from web.patient.visit import OF_A_VISIT


@link_page(*OF_A_VISIT)
def calendar_file(request: PatientRequest) -> HttpResponse:
    """The file. It says that there is a visit, where and when: other people see a calendar too."""
    behind = behind_link(link=request.link, now=request.now)
    if behind.visit is None or PatientAct.CALENDAR not in behind.acts:
        return back_to_page(request)
    clinic, language = request.link.clinic, get_language() or request.link.patient.language
    content = event_of_visit(
        clinic_id=clinic.pk,
        visit_id=behind.visit.pk,
        said=words_for_patient(clinic_id=clinic.pk, name=clinic.name, phone=clinic.phone, language=language),
    )
    if content is None:
        return back_to_page(request)
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="visit.ics"'
    return response
