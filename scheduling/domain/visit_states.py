"""The life of a visit, in one table: what may happen to it, in which status, and what it is afterwards.

The statuses are the words of HL7 FHIR R4, Appointment.status. The diagram in docs/reference/visits.md is drawn
from ``TRANSITIONS``. A visit whose time has come and nobody came is a no-show and never a cancellation: the
first tells something about the patient, the second about the calendar.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop


class VisitState(StrEnum):
    """FHIR R4 Appointment.status. ``proposed`` is a slot held while somebody decides.

    ``pending`` is a visit that cannot stay where it is and has no new time yet; ``waitlist`` belongs to the words and
    nothing here leads to it: what waits for a time is a follow-up.
    """

    PROPOSED = "proposed"
    PENDING = "pending"
    BOOKED = "booked"
    ARRIVED = "arrived"
    CHECKED_IN = "checked-in"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    NOSHOW = "noshow"
    ENTERED_IN_ERROR = "entered-in-error"
    WAITLIST = "waitlist"


_S = VisitState
BLOCKING = frozenset({_S.PROPOSED, _S.PENDING, _S.BOOKED, _S.ARRIVED, _S.CHECKED_IN})
"""The statuses in which a visit takes its patient's, its nurse's and its room's time."""
ENDED = frozenset({_S.FULFILLED, _S.CANCELLED, _S.NOSHOW, _S.ENTERED_IN_ERROR})
"""The visit is over, or never was. Only an undo leads back."""


class VisitEvent(StrEnum):
    """What a person, or the record, does to a visit."""

    HOLD = "hold"
    RELEASE = "release"
    BOOK = "book"
    MOVE = "move"
    DISPLACE = "displace"
    ARRIVE = "arrive"
    CHECK_IN = "check in"
    FULFIL = "fulfil"
    REFILLED = "refill recorded"
    MISS = "miss"
    CANCEL = "cancel"
    ENTER_IN_ERROR = "enter in error"
    UNDO = "undo"


class When(StrEnum):
    """When a step may be taken."""

    ANY_TIME = "at any time"
    BEGUN = "once it has begun"
    ITS_DAY = "from its day on"


@dataclass(frozen=True, slots=True)
class Transition:
    """``before`` None: there was no visit; ``after`` None: there is none any more."""

    event: VisitEvent
    before: VisitState | None
    after: VisitState | None
    needs_reason: bool = False
    when: When = When.ANY_TIME


_E = VisitEvent


def _table() -> Iterator[Transition]:
    yield Transition(_E.HOLD, None, _S.PROPOSED)
    yield Transition(_E.RELEASE, _S.PROPOSED, None)
    yield Transition(_E.BOOK, None, _S.BOOKED)
    yield Transition(_E.BOOK, _S.PROPOSED, _S.BOOKED)
    for before in (_S.PENDING, _S.BOOKED):
        yield Transition(_E.MOVE, before, _S.BOOKED)
    yield Transition(_E.DISPLACE, _S.BOOKED, _S.PENDING, needs_reason=True)
    yield Transition(_E.ARRIVE, _S.BOOKED, _S.ARRIVED, when=When.ITS_DAY)
    for before in (_S.BOOKED, _S.ARRIVED):
        yield Transition(_E.CHECK_IN, before, _S.CHECKED_IN, when=When.ITS_DAY)
    # A patient who has come is being seen, whatever the clock says; without that, the time must have come.
    yield Transition(_E.FULFIL, _S.BOOKED, _S.FULFILLED, when=When.BEGUN)
    for before in (_S.ARRIVED, _S.CHECKED_IN):
        yield Transition(_E.FULFIL, before, _S.FULFILLED, when=When.ITS_DAY)
    for before in (_S.PENDING, _S.BOOKED, _S.ARRIVED, _S.CHECKED_IN):
        yield Transition(_E.REFILLED, before, _S.FULFILLED, when=When.ITS_DAY)
    yield Transition(_E.MISS, _S.BOOKED, _S.NOSHOW, when=When.BEGUN)
    for before in (_S.PENDING, _S.BOOKED, _S.ARRIVED, _S.CHECKED_IN):
        yield Transition(_E.CANCEL, before, _S.CANCELLED, needs_reason=True)
        yield Transition(_E.ENTER_IN_ERROR, before, _S.ENTERED_IN_ERROR, needs_reason=True)
    # An undo takes back the last step, so it leads to the status before that one and to no other.
    for undone, befores in (
        (_S.ARRIVED, (_S.BOOKED,)),
        (_S.CHECKED_IN, (_S.BOOKED, _S.ARRIVED)),
        (_S.FULFILLED, (_S.PENDING, _S.BOOKED, _S.ARRIVED, _S.CHECKED_IN)),
        (_S.NOSHOW, (_S.BOOKED,)),
        (_S.CANCELLED, (_S.PENDING, _S.BOOKED, _S.ARRIVED, _S.CHECKED_IN)),
        (_S.ENTERED_IN_ERROR, (_S.PENDING, _S.BOOKED, _S.ARRIVED, _S.CHECKED_IN)),
    ):
        for after in befores:
            yield Transition(_E.UNDO, undone, after, needs_reason=True)


TRANSITIONS = tuple(_table())

CANNOT: dict[VisitEvent, str] = {
    _E.HOLD: gettext_noop("a visit that is %(state)s cannot be held"),
    _E.RELEASE: gettext_noop("a visit that is %(state)s is not a held slot"),
    _E.BOOK: gettext_noop("a visit that is %(state)s cannot be booked again"),
    _E.MOVE: gettext_noop("a visit that is %(state)s cannot be moved"),
    _E.DISPLACE: gettext_noop("a visit that is %(state)s has no time to lose"),
    _E.ARRIVE: gettext_noop("a patient cannot arrive for a visit that is %(state)s"),
    _E.CHECK_IN: gettext_noop("a visit that is %(state)s cannot be checked in"),
    _E.FULFIL: gettext_noop("a visit that is %(state)s cannot be done"),
    _E.REFILLED: gettext_noop("a visit that is %(state)s is not done by a refill"),
    _E.MISS: gettext_noop("a visit that is %(state)s cannot have been missed"),
    _E.CANCEL: gettext_noop("a visit that is %(state)s cannot be cancelled"),
    _E.ENTER_IN_ERROR: gettext_noop("a visit that is %(state)s cannot be marked as entered in error"),
    _E.UNDO: gettext_noop("nothing can be undone for a visit that is %(state)s"),
}
"""Why an event is refused in a status."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides what may happen to a visit now. ``day_starts_at`` is the first instant of its local day."""

    state: VisitState
    starts_at: datetime
    day_starts_at: datetime


def steps(event: VisitEvent, state: VisitState | None) -> tuple[Transition, ...]:
    """The rows of the table for this event in this status."""
    return tuple(row for row in TRANSITIONS if row.event is event and row.before is state)


def needs_reason(event: VisitEvent, state: VisitState | None) -> bool:
    """Whether somebody must say why."""
    return any(row.needs_reason for row in steps(event, state))


def check_can(
    event: VisitEvent,
    standing: Standing,
    *,
    now: datetime,
    reason: str = "",
    after: VisitState | None = None,
) -> VisitState | None:
    """The status after the event. Raises RecordError at ``status``, ``starts_at`` or ``reason`` where it may not be.

    Only an undo has several ends: ``after`` says which status stood before.
    """
    rows = [row for row in steps(event, standing.state) if after is None or row.after is after]
    if not rows:
        raise RecordError("status", CANNOT[event], state=standing.state.value)
    row = rows[0]
    if row.when is When.BEGUN and now < standing.starts_at:
        raise RecordError("starts_at", gettext_noop("the visit has not begun"))
    if row.when is When.ITS_DAY and now < standing.day_starts_at:
        raise RecordError("starts_at", gettext_noop("the day of the visit has not come"))
    if row.needs_reason and not reason.strip():
        raise RecordError("reason", gettext_noop("say why"))
    return row.after


def can(event: VisitEvent, standing: Standing, *, now: datetime, after: VisitState | None = None) -> bool:
    """Whether the event may happen now, given a reason where it needs one."""
    try:
        check_can(event, standing, now=now, reason="?", after=after)
    except RecordError:
        return False
    return True


def events_possible(standing: Standing, *, now: datetime) -> frozenset[VisitEvent]:
    """Everything that may happen to the visit now."""
    return frozenset(event for event in VisitEvent if can(event, standing, now=now))


def state_diagram() -> str:
    """The table as a Mermaid state diagram; ``*`` marks a step that needs a reason."""
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{state.value}" as {_id(state)}' for state in VisitState if "-" in state.value]
    for row in TRANSITIONS:
        when = "" if row.when is When.ANY_TIME else f", {row.when.value}"
        star = "*" if row.needs_reason else ""
        lines.append(f"    {_id(row.before)} --> {_id(row.after)}: {row.event.value}{star}{when}")
    return "\n".join(lines) + "\n"


def _id(state: VisitState | None) -> str:
    return "[*]" if state is None else state.value.replace("-", "_")
