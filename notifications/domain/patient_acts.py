"""What a patient may do about a visit by a link, and what the last thing said amounts to.

A confirmation is soft: it ends no escalation and stands in the way of none. A visit is never cancelled by a link:
that somebody cannot come is a person's to deal with, for a pump does not wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from scheduling.domain.visit_states import VisitState

MOST_WRONG_TRIES = 5
"""So often may the day of birth be given wrongly; then the telephone number is shown instead."""


class PatientAct(StrEnum):
    CONFIRM = "confirm"
    MOVE = "move"
    DECLINE = "decline"
    CALENDAR = "calendar"


class Said(StrEnum):
    """The last answer about a visit as it stands, as far as a page or a list tells answers apart."""

    NOTHING = ""
    COMING = "coming"
    WANTS_OTHER_TIME = "wants_other_time"
    CANNOT_COME = "cannot_come"


COMING_ANSWERS = frozenset({"confirmed", "moved", "booked"})
"""Who chooses a time means to come."""


def said_by(answer: str) -> Said:
    """What an answer amounts to; an answer about no visit amounts to nothing."""
    if answer in COMING_ANSWERS:
        return Said.COMING
    return Said(answer) if answer in (Said.WANTS_OTHER_TIME, Said.CANNOT_COME) else Said.NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitNow:
    """A visit as it stands; ``local_on`` is its day on the clinic's clock and ``today`` the day there now."""

    state: VisitState
    starts_at: datetime
    local_on: date
    said: Said


def possible_acts(visit: VisitNow, *, now: datetime, today: date) -> frozenset[PatientAct]:
    """What may be done about the visit now.

    A visit that waits for a new time can only be given one. From its own day on a visit is not moved by a link: the
    clinic is already at work on it, so that is said by telephone. Once it has begun nothing is left to say.
    """
    if visit.state is VisitState.PENDING:
        return frozenset({PatientAct.MOVE})
    if visit.state is not VisitState.BOOKED or now >= visit.starts_at:
        return frozenset()
    acts = {PatientAct.CALENDAR}
    if visit.said is not Said.COMING:
        acts.add(PatientAct.CONFIRM)
    if visit.said is not Said.CANNOT_COME:
        acts.add(PatientAct.DECLINE)
    if today < visit.local_on:
        acts.add(PatientAct.MOVE)
    return frozenset(acts)
