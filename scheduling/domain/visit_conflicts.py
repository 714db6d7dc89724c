"""Whether a booked visit is still right: every way in which it is wrong now, the gravest first, and what mends it.

A visit is judged from today on and as long as nobody has said how it ended. A patient who has arrived is being
seen: then only a day that is over without an end counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from scheduling.domain.intervals import seconds_of, subtract
from scheduling.domain.opening import Hours, HoursChange, Opening, spans_at_work
from scheduling.domain.urgency import DUE_BEFORE_TARGET_DAYS

PENDING = "pending"
EXPECTED = frozenset({PENDING, "booked"})
"""The statuses in which the patient is still to come."""
LIVE = frozenset({PENDING, "booked", "arrived", "checked-in"})
"""The statuses of a visit that has not ended; a slot that is only held is none yet."""
COUNTED = LIVE - {PENDING}
"""The statuses in which a visit stands at its time: one to be placed anew has no time to reckon with."""


class Conflict(StrEnum):
    """One way in which a visit is wrong, the gravest first."""

    TOO_LATE = "too_late"
    TO_BE_PLACED = "to_be_placed"
    NO_CERTAIN_DATE = "no_certain_date"
    NOT_CLOSED = "not_closed"
    CLINIC_CLOSED = "clinic_closed"
    NURSE_GONE = "nurse_gone"
    NURSE_AWAY = "nurse_away"
    ROOM_GONE = "room_gone"
    ROOM_AWAY = "room_away"
    FOLLOW_UP_TOO_LATE = "follow_up_too_late"
    PATIENT_DIED = "patient_died"
    PUMP_OUT = "pump_out"
    OLDER_REFILL = "older_refill"


class Remedy(StrEnum):
    """What a person does about it."""

    MOVE = "move"
    REVIEW = "review"
    """Settle the pump's date first; then it is known whether the visit can stay."""
    CLOSE = "close"
    """Say how the visit ended."""
    CANCEL = "cancel"


REMEDIES: Mapping[Conflict, Remedy] = MappingProxyType(
    {
        Conflict.TOO_LATE: Remedy.MOVE,
        Conflict.TO_BE_PLACED: Remedy.MOVE,
        Conflict.NO_CERTAIN_DATE: Remedy.REVIEW,
        Conflict.NOT_CLOSED: Remedy.CLOSE,
        Conflict.CLINIC_CLOSED: Remedy.MOVE,
        Conflict.NURSE_GONE: Remedy.MOVE,
        Conflict.NURSE_AWAY: Remedy.MOVE,
        Conflict.ROOM_GONE: Remedy.MOVE,
        Conflict.ROOM_AWAY: Remedy.MOVE,
        Conflict.FOLLOW_UP_TOO_LATE: Remedy.MOVE,
        Conflict.PATIENT_DIED: Remedy.CANCEL,
        Conflict.PUMP_OUT: Remedy.CANCEL,
        Conflict.OLDER_REFILL: Remedy.CANCEL,
    }
)
RANK: Mapping[Conflict, int] = MappingProxyType({each: place for place, each in enumerate(Conflict)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A nurse or a room that the visit takes. A room without hours is there on every open day."""

    is_active: bool = True
    hours: tuple[Hours, ...] = ()
    changes: tuple[HoursChange, ...] = ()
    is_always_there: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PumpDates:
    """The stored forecast of the pump that the visit is to refill; in review the days are None."""

    is_in_review: bool
    target_visit_on: date | None
    latest_visit_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedVisit:
    """What a visit is judged by.

    ``is_next_refill``: it is the first refill visit of its pump from today on; a later one belongs to a later
    refill, and no date is known for that yet. ``pump_dates`` is None where nothing was ever worked out.
    ``serves_latest_on``: the earliest last day of the open follow-ups (the refill apart) that no earlier visit
    serves. ``is_overridden``: somebody booked it by name against what stood in its way.
    """

    status: str
    local_on: date
    starts_at: datetime
    ends_at: datetime
    is_refill: bool = False
    is_next_refill: bool = False
    is_overridden: bool = False
    has_died: bool = False
    is_pump_out: bool = False
    was_filled_since: bool = False
    pump_dates: PumpDates | None = None
    serves_latest_on: date | None = None
    nurse: Taken | None = None
    room: Taken | None = None


def conflicts_of(visit: BookedVisit, *, opening: Opening, today: date) -> tuple[Conflict, ...]:
    """Everything that is wrong with the visit on ``today``, the gravest first; empty when it can stay.

    Of the dead, and of a pump that is out, nothing else is asked.
    """
    if visit.status not in LIVE:
        return ()
    if visit.status in EXPECTED:
        if visit.has_died:
            return (Conflict.PATIENT_DIED,)
        if visit.is_pump_out:
            return (Conflict.PUMP_OUT,)
    if visit.status == PENDING:
        return (Conflict.TO_BE_PLACED,)
    if visit.local_on < today:
        return (Conflict.NOT_CLOSED,)
    if visit.status not in EXPECTED:
        return ()
    found = {*_against_dates(visit), *_against_hours(visit, opening)}
    return tuple(sorted(found, key=RANK.__getitem__))


def _against_dates(visit: BookedVisit) -> Iterator[Conflict]:
    dates = visit.pump_dates
    if visit.is_next_refill:
        if dates is None or dates.is_in_review or dates.latest_visit_on is None:
            yield Conflict.NO_CERTAIN_DATE
        elif visit.local_on > dates.latest_visit_on:
            yield Conflict.TOO_LATE
    if visit.is_refill and visit.was_filled_since and _is_early(visit.local_on, dates):
        yield Conflict.OLDER_REFILL
    if visit.serves_latest_on is not None and visit.local_on > visit.serves_latest_on:
        yield Conflict.FOLLOW_UP_TOO_LATE


def _is_early(day: date, dates: PumpDates | None) -> bool:
    """Long before the pump is due again: earlier than the work list would call it due."""
    if dates is None or dates.target_visit_on is None:
        return False
    return day < dates.target_visit_on - timedelta(days=DUE_BEFORE_TARGET_DAYS)


def _against_hours(visit: BookedVisit, opening: Opening) -> Iterator[Conflict]:
    is_closed = not opening.is_open(visit.local_on)
    if is_closed:
        yield Conflict.CLINIC_CLOSED
    for taken, gone, away in (
        (visit.nurse, Conflict.NURSE_GONE, Conflict.NURSE_AWAY),
        (visit.room, Conflict.ROOM_GONE, Conflict.ROOM_AWAY),
    ):
        if taken is None:
            continue
        if not taken.is_active:
            yield gone
        elif not is_closed and not _is_there(taken, visit, opening):
            yield away


def _is_there(taken: Taken, visit: BookedVisit, opening: Opening) -> bool:
    """At work for the whole visit. Hours that somebody booked against by name no longer count, absences do."""
    there = spans_at_work(
        visit.local_on,
        hours=() if visit.is_overridden else taken.hours,
        changes=taken.changes,
        opening=opening,
        is_always_there=taken.is_always_there or visit.is_overridden,
    )
    return not subtract([(seconds_of(visit.starts_at), seconds_of(visit.ends_at))], there)
