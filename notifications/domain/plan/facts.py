"""What bears on the messages of one patient. Values only; whoever reads them from the record builds them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from notifications.domain.kinds import ChannelName, MessageKind
from notifications.domain.plan.rules import STEP_CANCELLED, STEP_WITHDRAWN
from notifications.domain.states import OPEN, WENT_OUT, State

REMINDERS = "reminders"
CHECK_INS = "check_ins"
"""Topics of consent, as the record names them."""
CANNOT_COME = "cannot_come"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One number or address in use that a message can be sent to."""

    contact_id: int
    channel: ChannelName
    zone: ZoneInfo
    is_stopped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """The patient (``proxy_id`` None), or a helper who may receive reminders. Preferred addresses first."""

    proxy_id: int | None = None
    addresses: tuple[Address, ...] = ()

    def by(self, channel: ChannelName) -> Address | None:
        """The address for a channel: the first of it, and a stopped one where any of it said stop."""
        found = [each for each in self.addresses if each.channel is channel]
        return next((each for each in found if each.is_stopped), found[0] if found else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerAddress:
    """An e-mail address that holds a visit in its calendar and is no longer the reader's."""

    proxy_id: int | None
    address: Address


class Holding(StrEnum):
    """What the calendar behind an address was told last of a visit, by the message that told it."""

    NOTHING = ""
    ENTRY = "REQUEST"
    WITHDRAWN = "CANCEL"


class Standing(StrEnum):
    """How a visit stands, as far as messages about it go."""

    BOOKED = "booked"
    UNPLACED = "unplaced"
    """It has lost its time and has no other yet."""
    OVER = "over"
    """The patient is there, was there, or did not come."""
    OFF = "off"
    """Cancelled, or never meant."""


@dataclass(frozen=True, slots=True)
class Move:
    """When a visit was moved, and the start that it had before.

    Its sequence since then is at least ``least`` and was, right after it, at most ``most``.
    """

    at: datetime
    moved_from: datetime
    least: int = 0
    most: int = sys.maxsize

    def is_later_than(self, known: Known) -> bool:
        """Whether a message that went out was of the time before: by its version, and where that leaves it open by the clock.

        The clock alone is not enough: a move may have begun before the message and come to its end after it.
        """
        version = int(known.version) if known.version.isdigit() else 0
        if self.least > version or self.most <= version:
            return self.least > version
        return known.first_sent_at is not None and self.at >= known.first_sent_at


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitFacts:
    """A visit, in whatever state, that is to come or that somebody was told of.

    ``since``: when it came to stand as it does. ``answer``: what the patient said to this time, newest.
    """

    visit_id: int
    kind: MessageKind
    sequence: int
    standing: Standing
    starts_at: datetime
    ends_at: datetime
    local_on: date
    since: datetime
    implant_id: int | None = None
    moves: tuple[Move, ...] = ()
    answer: str = ""

    @property
    def occurrence(self) -> str:
        return f"visit:{self.visit_id}"

    def start_told_by(self, known: Known) -> datetime:
        """The start that the visit had when the message went out."""
        later = (move.moved_from for move in self.moves if move.is_later_than(known))
        return next(later, self.starts_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefillFacts:
    """One pump's next refill. ``is_booked``: a refill visit stands on a day that is safe."""

    implant_id: int
    is_active: bool = True
    fill_id: int | None = None
    target_visit_on: date | None = None
    latest_visit_on: date | None = None
    is_booked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInFacts:
    """Questions for the patient to answer from home. ``since``: when they came to be due on that day."""

    follow_up_id: int
    target_on: date
    latest_on: date
    since: datetime
    implant_id: int | None = None
    is_open: bool = True
    is_answered: bool = False

    @property
    def occurrence(self) -> str:
        return f"follow_up:{self.follow_up_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationFacts:
    """An operation that is planned."""

    surgery_id: int
    planned_on: date

    @property
    def occurrence(self) -> str:
        return f"surgery:{self.surgery_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A message as it is stored. ``was_carried``: the message that says this one's content went out.

    ``left``: what it left in the calendar of whoever got it, and ``left_until`` when the visit ends there.
    """

    message_id: int
    proxy_id: int | None
    recipient_id: int
    kind: MessageKind
    occurrence: str
    step: str
    channel: ChannelName
    version: str
    state: State
    reason: str = ""
    implant_id: int | None = None
    due_at: datetime
    not_after: datetime
    first_sent_at: datetime | None = None
    carrier_id: int | None = None
    was_carried: bool = False
    left: Holding = Holding.NOTHING
    left_until: datetime | None = None

    @property
    def tells_of_visit(self) -> bool:
        """Whether it says of a visit when it is, or that it is off; one that takes it out of a calendar does not."""
        return (self.kind, self.step) != (MessageKind.INVITATION, STEP_WITHDRAWN)

    @property
    def says_off(self) -> bool:
        return self.kind in (MessageKind.CHANGE, MessageKind.INVITATION) and self.step == STEP_CANCELLED

    @property
    def waits(self) -> bool:
        return self.state in OPEN or (self.reason == "digest" and not self.was_carried)

    @property
    def went_out(self) -> bool:
        return self.was_carried or (self.state in WENT_OUT and self.first_sent_at is not None)

    @property
    def arrived(self) -> bool:
        """As far as anybody can tell, it has been read."""
        return self.was_carried or self.state in (State.ACCEPTED, State.DELIVERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientFacts:
    """Everything about one patient that the plan rests on. ``zone`` is the clinic's.

    ``former``: addresses that hold a visit and are in nobody's use for this patient; none that said stop.
    """

    patient_id: int
    zone: ZoneInfo
    has_died: bool = False
    readers: tuple[Reader, ...] = (Reader(),)
    former: tuple[FormerAddress, ...] = ()
    consents: frozenset[tuple[ChannelName, str]] = frozenset()
    visits: tuple[VisitFacts, ...] = ()
    refills: tuple[RefillFacts, ...] = ()
    check_ins: tuple[CheckInFacts, ...] = ()
    operations: tuple[OperationFacts, ...] = ()
    known: tuple[Known, ...] = ()
