"""Whether a message may leave now: asked of the world in the moment before it is sent, apart from the plan.

The plan is right as often as it is brought up to date; this is the last look, and it asks the record itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from notifications.domain.kinds import ChannelName, MessageKind
from notifications.domain.plan import WhyNot, state_of
from notifications.domain.plan.rules import STANDS_ALONE, STEP_CANCELLED, STEP_WITHDRAWN, UNCAPPED
from notifications.domain.quiet_hours import first_allowed
from notifications.domain.states import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """The clinic's rules of politeness, on the clock of whoever reads."""

    zone: ZoneInfo
    quiet_from: time = time(21)
    quiet_until: time = time(8)
    most_texts_a_day: int = 1
    most_texts_a_week: int = 3
    is_text_on: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What bears on one message, read after its row is locked.

    What it is not about counts as in order: a message about no visit has ``is_visit_booked`` and ``is_same_version``.
    ``texts_sent_at``: the texts that this reader has, or may have, of the last eight days, oldest first.
    """

    kind: MessageKind
    channel: ChannelName
    step: str
    not_after: datetime
    manners: Manners
    is_alive: bool = True
    is_pump_in_place: bool = True
    is_visit_booked: bool = True
    is_same_version: bool = True
    is_visit_over: bool = False
    is_follow_up_open: bool = True
    is_address_in_use: bool = True
    has_consent: bool = True
    has_said_stop: bool = False
    is_rule_in_use: bool = True
    is_answered: bool = False
    is_booked_already: bool = False
    is_acknowledged: bool = False
    texts_sent_at: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Leave:
    """It may go now."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not at this hour: it is due again then."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Stay:
    """It must not go, and why; the planner says whether it ever may again."""

    state: State
    reason: WhyNot


Verdict = Leave | Wait | Stay


def may_leave(world: World, *, now: datetime) -> Verdict:
    """The verdict on a message that is about to be sent.

    A reply to somebody's text heeds no hours, caps or stops: it was asked for. A word to staff heeds nothing but its
    own end: somebody is to act.
    """
    if now >= world.not_after:
        return Stay(State.MISSED, WhyNot.TOO_LATE)
    if stay := _no_longer_true(world):
        return stay
    if world.kind is MessageKind.ESCALATION:
        return Leave()
    if not world.is_address_in_use:
        return Stay(State.SUPPRESSED, WhyNot.NO_ADDRESS)
    if world.kind is MessageKind.REPLY:
        return Leave()
    if stay := _unwelcome(world):
        return stay
    return _in_time(world, now)


def _no_longer_true(world: World) -> Stay | None:
    """Whether what it says still holds."""
    told = (
        (not world.is_alive or not world.is_pump_in_place, WhyNot.ENDED),
        (not world.is_same_version, WhyNot.MOVED),
        (_is_off(world), WhyNot.CANCELLED),
        (world.is_visit_over or not world.is_follow_up_open or world.is_acknowledged, WhyNot.OVER),
        (world.is_booked_already, WhyNot.BOOKED),
        (world.is_answered, WhyNot.ANSWERED),
    )
    return next((Stay(State.CANCELLED, why) for is_so, why in told if is_so), None)


def _is_off(world: World) -> bool:
    """Whether the visit stands where the message says it does not, or the other way round."""
    if world.kind in STANDS_ALONE and world.step == STEP_CANCELLED:
        return world.is_visit_booked
    if (world.kind, world.step) == (MessageKind.INVITATION, STEP_WITHDRAWN):
        return False
    return not world.is_visit_booked


def _unwelcome(world: World) -> Stay | None:
    told = (
        (not world.is_rule_in_use, WhyNot.RULE_OFF),
        (world.channel is ChannelName.SMS and not world.manners.is_text_on, WhyNot.CHANNEL_OFF),
        (world.has_said_stop, WhyNot.STOPPED),
        (not world.has_consent, WhyNot.NO_CONSENT),
    )
    return next((Stay(state_of(why), why) for is_so, why in told if is_so), None)


def _in_time(world: World, now: datetime) -> Verdict:
    """Now, or the first moment that neither hours nor caps forbid; missed where that is after its end."""
    manners, allowed = world.manners, now
    if world.channel is ChannelName.SMS and world.kind not in UNCAPPED:
        allowed = _after_caps(world, now)
    allowed = first_allowed(allowed, manners.zone, manners.quiet_from, manners.quiet_until)
    if allowed <= now:
        return Leave()
    if allowed >= world.not_after:
        return Stay(State.MISSED, WhyNot.TOO_LATE)
    return Wait(allowed)


def _after_caps(world: World, now: datetime) -> datetime:
    """When one more text is within the day's and the week's number; a week is the seven days up to today."""
    zone, today = world.manners.zone, now.astimezone(world.manners.zone).date()
    days = [sent.astimezone(zone).date() for sent in world.texts_sent_at]
    day = today
    while (
        sum(each == day for each in days) >= world.manners.most_texts_a_day
        or sum(day - timedelta(days=6) <= each <= day for each in days) >= world.manners.most_texts_a_week
    ):
        day += timedelta(days=1)
    return now if day == today else datetime.combine(day, time(0), zone)
