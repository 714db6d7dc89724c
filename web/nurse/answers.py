"""What patients said about their visits, as the nurse pages mark it: a sign and a word."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.domain.patient_acts import Said, said_by
from notifications.selectors.answers import answers_of_visit, answers_of_visits
from notifications.selectors.rows import PatientAnswer
from web.access import ClinicRequest


@dataclass(frozen=True, slots=True)
class AnswerLook:
    """``tag`` names the style class; ``icon`` a Bootstrap icon."""

    label: str | Promise
    icon: str
    tag: str


LOOKS: Mapping[Said, AnswerLook] = MappingProxyType(
    {
        Said.COMING: AnswerLook(_("confirmed"), "check2-circle", "tag-good"),
        Said.WANTS_OTHER_TIME: AnswerLook(_("asks for another time"), "arrow-left-right", "tag-warn"),
        Said.CANNOT_COME: AnswerLook(_("says: cannot come"), "person-x", "tag-warn"),
    }
)
ANSWER_ICONS = {
    "confirmed": "check2-circle",
    "moved": "calendar2-range",
    "booked": "calendar-plus",
    "wants_other_time": "arrow-left-right",
    "cannot_come": "person-x",
    "not_me": "person-slash",
    "stopped": "bell-slash",
}


def answer_marks(request: ClinicRequest, visit_ids: Collection[int]) -> dict[int, AnswerLook]:
    """The mark of each of these visits about which the patient has said something, as it stands (one query)."""
    if not visit_ids:
        return {}
    return marks_from(answers_of_visits(clinic_id=request.clinic.id, visit_ids=visit_ids).values())


def marks_from(answers: Iterable[PatientAnswer]) -> dict[int, AnswerLook]:
    """The same from the newest answers to the visits."""
    marks = {row.visit_id: LOOKS.get(said_by(row.answer)) for row in answers}
    return {visit_id: look for visit_id, look in marks.items() if visit_id is not None and look is not None}


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One answer in the visit's own list; ``is_of_now``: it is about the visit as it stands."""

    what: str
    icon: str
    at: datetime
    note: str
    is_of_now: bool


def answer_lines(request: ClinicRequest, visit: Any) -> list[AnswerLine]:
    """Everything the patient said about the visit, newest first."""
    return [
        AnswerLine(
            what=row.get_answer_display(),
            icon=ANSWER_ICONS[row.answer],
            at=row.at,
            note=row.note,
            is_of_now=bool(row.is_of_now),
        )
        for row in answers_of_visit(clinic_id=request.clinic.id, visit_id=visit.pk)
    ]
