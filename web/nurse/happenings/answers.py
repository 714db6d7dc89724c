"""What the patient said by link or text."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _t

from notifications.selectors.answers import answers_of_patient
from notifications.services.answers import BY_LINK
from web.access import ClinicRequest
from web.nurse.answers import ANSWER_ICONS
from web.nurse.happenings.lines import Happening
from web.words import moment_words


def answer_happenings(request: ClinicRequest, patient_id: int) -> Iterator[Happening]:
    """Each answer, with the time that the visit has now where it is about one."""
    for row in answers_of_patient(clinic_id=request.clinic.id, patient_id=patient_id):
        details = [_t("visit of %(when)s") % {"when": moment_words(row.visit.starts_at)}] if row.visit else []
        yield Happening(
            kind="answer",
            icon=ANSWER_ICONS[row.answer],
            on=row.at.astimezone(ZoneInfo(request.clinic.time_zone)).date(),
            at=row.at,
            noted_at=row.at,
            title=_t("Answer: %(what)s") % {"what": row.get_answer_display()},
            detail=" · ".join([*details, *([row.note] if row.note else [])]),
            who=_t("the patient, by text") if row.inbound_id else _t(BY_LINK),
        )
