"""What a patient's own calendar says of a visit: what the messages say, in the patient's language, and no more."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext

from clinic.selectors.rows import Clinic
from notifications.selectors.patient_pages import place_of
from scheduling.domain.calendars import text
from scheduling.domain.calendars.entries import SameWords
from scheduling.domain.calendars.writer import Words


def words_for_patient(clinic: Clinic, *, language: str) -> SameWords:
    """That there is a visit at the clinic, where, and whom to call; a calendar is seen by others too."""
    place = text.one_line(place_of(clinic_id=clinic.pk))
    with translation.override(language):
        summary = gettext("Visit: %(clinic)s") % {"clinic": clinic.name}
        cancelled = gettext("Cancelled: %(what)s") % {"what": summary}
        phone = gettext("Telephone: %(phone)s") % {"phone": clinic.phone} if clinic.phone else ""
    visit = Words(summary=text.one_line(summary), location=place, description=text.lines(phone))
    return SameWords(
        visit=visit,
        deadline=visit,
        cancelled=Words(summary=text.one_line(cancelled), location=place, description=text.lines(phone)),
    )
