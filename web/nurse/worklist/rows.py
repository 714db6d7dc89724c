"""One pump of the work list as the template shows it: in words, with the act that is most likely next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _t

from scheduling.domain.care.rungs import NAMES, WHAT_TO_DO
from scheduling.selectors.rows import CallAttempt
from scheduling.selectors.worklist import Booking, WorkRow
from web import findings
from web.groups import GroupLook
from web.nurse.answers import AnswerLook

TO_BE_BOOKED = frozenset({"missing", "emergency", "overdue", "at_risk", "due"})


def shown_row(
    row: WorkRow,
    look: GroupLook,
    calls: Mapping[UUID, CallAttempt],
    answers: Mapping[int, AnswerLook],
    *,
    today: date,
    user_id: int,
) -> dict[str, Any]:
    """The row with its group's look, its findings, its rung, the patient's newest call and answer."""
    return {
        "row": row,
        "look": look,
        "findings": findings.stored(row.findings),
        "days_late": -(row.days_left or 0),
        "act": _act(row, today),
        "is_too_late": row.booking is Booking.TOO_LATE,
        "is_mine": row.owner_id == user_id,
        "call": calls.get(row.patient_ref),
        "answer": answers.get(row.visit.visit_id) if row.visit else None,
    } | _rung(row)


def _act(row: WorkRow, today: date) -> str:
    """Move a visit that is too late; book where none is and it is time; else the refill itself."""
    if row.booking is Booking.TOO_LATE:
        return "move"
    if row.visit is None and row.group in TO_BE_BOOKED:
        return "book"
    return "refill_now" if row.visit is not None and row.visit.local_on == today else "refill"


def _rung(row: WorkRow) -> dict[str, str]:
    """How far a late refill has climbed, in words, as on the board; nothing for a pump that is in time."""
    if row.rung is None:
        return {}
    return {"rung": _t(NAMES[row.rung]), "rung_meaning": _t(WHAT_TO_DO[row.rung])}
