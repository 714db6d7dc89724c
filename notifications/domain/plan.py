"""Who must hear what, when: worked out from the facts, whatever is stored already.

One reminder so far: it is time to book a visit. It is due a fortnight before the day the clinic aims for, by
e-mail, to a patient who agreed. Texts, helpers, further steps and confirmations come later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from notifications.domain.kinds import MessageKind
from notifications.domain.quiet_hours import QUIET_FROM

STEP_BOOK_VISIT = "book_visit"
CHANNEL_EMAIL = "email"
BOOKING_NOTICE = timedelta(days=14)
"""A reminder that leaves time to confirm and to arrange transport (the first of the usual three)."""
SENDING_TIME = time(9)
NOT_AGAIN_WITHIN = timedelta(days=14)
"""Somebody who was asked to book is not asked again so soon because the date moved."""


class WhyNot(StrEnum):
    """Why nothing is to be sent, or why what was planned no longer is."""

    ENDED = "ended"
    NOT_FILLED = "not_filled"
    NO_CERTAIN_DATE = "no_certain_date"
    BOOKED = "booked"
    NO_CONSENT = "no_consent"
    NO_ADDRESS = "no_address"
    TOO_LATE = "too_late"
    TOLD_ALREADY = "told_already"
    MOVED = "moved"
    STOPPED = "stopped"
    """The number or address said stop."""
    CAP = "cap"
    """As many texts as a day or a week may hold are planned or sent already."""
    DIGEST = "digest"
    """Another message says it too."""
    CANCELLED = "cancelled"
    OVER = "over"
    """The visit or the check-in is done, or its time has passed."""
    PAST_AT_BOOKING = "past_at_booking"
    """Its time had passed when the visit was booked."""
    RULE_OFF = "rule_off"
    ANSWERED = "answered"
    """The patient has confirmed, or has answered the check-in."""
    CHANNEL_OFF = "channel_off"
    OTHER_CHANNEL = "other_channel"
    """It goes, or went, by another channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What bears on one pump's reminder. ``told_at``: when the patient was last asked about this fill.

    ``is_booked``: a refill visit stands on a day that is safe.
    """

    implant_id: int
    patient_id: int
    is_active: bool
    fill_id: int | None
    target_visit_on: date | None
    latest_visit_on: date | None
    has_agreed: bool
    contact_id: int | None
    is_booked: bool = False
    told_at: datetime | None = None
    told_version: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """What makes a message that message: planned twice it is one, moved it is another."""

    recipient_id: int | None
    kind: str
    occurrence: str
    step: str
    channel: str
    planned_version: str


@dataclass(frozen=True, slots=True)
class Desired:
    """A message that should be sent from ``due_at`` on, and not at all after ``not_after``."""

    key: Key
    patient_id: int
    implant_id: int
    due_at: datetime
    not_after: datetime


def plan(facts: Facts, *, zone: ZoneInfo, now: datetime) -> Desired | WhyNot:
    """The message a patient should get for the fill in the pump, or why there is none.

    The same facts give the same message at any ``now`` until its time is over.
    """
    if not facts.is_active:
        return WhyNot.ENDED
    if facts.fill_id is None:
        return WhyNot.NOT_FILLED
    if facts.target_visit_on is None or facts.latest_visit_on is None:
        return WhyNot.NO_CERTAIN_DATE
    if facts.is_booked:
        return WhyNot.BOOKED
    if not facts.has_agreed:
        return WhyNot.NO_CONSENT
    if facts.contact_id is None:
        return WhyNot.NO_ADDRESS
    due_at = datetime.combine(facts.target_visit_on - BOOKING_NOTICE, SENDING_TIME, zone)
    not_after = datetime.combine(facts.latest_visit_on, QUIET_FROM, zone)
    if now >= not_after:
        return WhyNot.TOO_LATE
    version = facts.target_visit_on.isoformat()
    if _was_told(facts, version, max(due_at, now)):
        return WhyNot.TOLD_ALREADY
    key = Key(
        recipient_id=facts.contact_id,
        kind=MessageKind.BOOK_VISIT.value,
        occurrence=f"fill:{facts.fill_id}",
        step=STEP_BOOK_VISIT,
        channel=CHANNEL_EMAIL,
        planned_version=version,
    )
    return Desired(key, facts.patient_id, facts.implant_id, due_at, not_after)


def _was_told(facts: Facts, version: str, sends_at: datetime) -> bool:
    if facts.told_at is None:
        return False
    return facts.told_version == version or sends_at < facts.told_at + NOT_AGAIN_WITHIN
