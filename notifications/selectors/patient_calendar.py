"""What a patient's own calendar says of a visit: what the messages say, in the patient's language, and no more."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext

from notifications.selectors.patient_pages import place_of
from scheduling.domain.calendars import text
from scheduling.domain.calendars.entries import SameWords
from scheduling.domain.calendars.writer import Words


def words_for_patient(*, clinic_id: int, name: str, phone: str, language: str) -> SameWords:
    """That there is a visit at the clinic of this name, where, and whom to call; a calendar is seen by others too."""
    place = text.one_line(place_of(clinic_id=clinic_id))
    with translation.override(language):
        summary = gettext("Visit: %(clinic)s") % {"clinic": name}
        cancelled = gettext("Cancelled: %(what)s") % {"what": summary}
        call = gettext("Telephone: %(phone)s") % {"phone": phone} if phone else ""
    visit = Words(summary=text.one_line(summary), location=place, description=text.lines(call))
    return SameWords(
        visit=visit,
        deadline=visit,
        cancelled=Words(summary=text.one_line(cancelled), location=place, description=text.lines(call)),
    )
