"""The last look before a message leaves: every reason to stay, who is above which, and the hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from notifications.domain.kinds import ChannelName, MessageKind
from notifications.domain.leave import Leave, Manners, Stay, Wait, World, may_leave
from notifications.domain.plan import WhyNot
from notifications.domain.states import State

CHICAGO = ZoneInfo("America/Chicago")
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=CHICAGO)
NIGHT = datetime(2026, 11, 21, 22, 30, tzinfo=CHICAGO)
MORNING = datetime(2026, 11, 22, 8, 0, tzinfo=CHICAGO)
WORLD = World(
    kind=MessageKind.REFILL,
    channel=ChannelName.SMS,
    step="d3",
    not_after=NOON + timedelta(days=3),
    manners=Manners(zone=CHICAGO),
)
AGAINST: dict[str, tuple[dict[str, Any], State, WhyNot]] = {
    "dead": ({"is_alive": False}, State.CANCELLED, WhyNot.ENDED),
    "explanted": ({"is_pump_in_place": False}, State.CANCELLED, WhyNot.ENDED),
    "moved": ({"is_same_version": False}, State.CANCELLED, WhyNot.MOVED),
    "off": ({"is_visit_booked": False}, State.CANCELLED, WhyNot.CANCELLED),
    "over": ({"is_visit_over": True}, State.CANCELLED, WhyNot.OVER),
    "seen to": ({"is_follow_up_open": False}, State.CANCELLED, WhyNot.OVER),
    "booked": ({"is_booked_already": True}, State.CANCELLED, WhyNot.BOOKED),
    "answered": ({"is_answered": True}, State.CANCELLED, WhyNot.ANSWERED),
    "no address": ({"is_address_in_use": False}, State.SUPPRESSED, WhyNot.NO_ADDRESS),
    "no consent": ({"has_consent": False}, State.SUPPRESSED, WhyNot.NO_CONSENT),
    "stopped": ({"has_said_stop": True}, State.SUPPRESSED, WhyNot.STOPPED),
    "rule off": ({"is_rule_in_use": False}, State.CANCELLED, WhyNot.RULE_OFF),
    "texts off": (
        {"manners": Manners(zone=CHICAGO, is_text_on=False)},
        State.SUPPRESSED,
        WhyNot.CHANNEL_OFF,
    ),
    "too late": ({"not_after": NOON}, State.MISSED, WhyNot.TOO_LATE),
}
UNWELCOME = {"no consent", "stopped", "rule off", "texts off"}
NO_LONGER_TRUE = {"dead", "explanted", "moved", "off", "over", "seen to", "booked", "answered"}


def test_nothing_against_it_lets_it_go() -> None:
    assert may_leave(WORLD, now=NOON) == Leave()


@pytest.mark.parametrize("what", AGAINST)
@pytest.mark.parametrize("hour", [NOON, NIGHT])
def test_whatever_is_against_it_keeps_it_at_any_hour(what: str, hour: datetime) -> None:
    changes, state, reason = AGAINST[what]
    assert may_leave(replace(WORLD, **changes), now=hour) == Stay(state, reason)


@pytest.mark.parametrize("what", AGAINST)
@pytest.mark.parametrize("hour", [NOON, NIGHT])
def test_a_reply_heeds_no_hours_stops_or_consent(what: str, hour: datetime) -> None:
    changes, state, reason = AGAINST[what]
    verdict = may_leave(replace(WORLD, kind=MessageKind.REPLY, **changes), now=hour)
    assert verdict == (Leave() if what in UNWELCOME else Stay(state, reason))


@pytest.mark.parametrize("what", sorted(UNWELCOME | {"no address"}))
def test_a_word_to_staff_goes_at_night_and_needs_nobodys_consent(what: str) -> None:
    changes = AGAINST[what][0]
    assert may_leave(replace(WORLD, kind=MessageKind.ESCALATION, **changes), now=NIGHT) == Leave()


def test_a_word_to_staff_about_what_was_acknowledged_stays() -> None:
    world = replace(WORLD, kind=MessageKind.ESCALATION, is_acknowledged=True)
    assert may_leave(world, now=NOON) == Stay(State.CANCELLED, WhyNot.OVER)


@pytest.mark.parametrize(
    ("step", "is_booked", "goes"),
    [("moved", True, True), ("moved", False, False), ("cancelled", False, True), ("cancelled", True, False)],
)
def test_a_change_goes_only_while_it_is_so(step: str, is_booked: bool, goes: bool) -> None:
    world = replace(WORLD, kind=MessageKind.CHANGE, step=step, is_visit_booked=is_booked)
    assert (may_leave(world, now=NOON) == Leave()) is goes


def test_at_night_it_waits_for_the_readers_morning() -> None:
    assert may_leave(WORLD, now=NIGHT) == Wait(MORNING)
    madrid = replace(WORLD, manners=Manners(zone=ZoneInfo("Europe/Madrid")))
    assert may_leave(madrid, now=NOON) == Leave(), "seven in the evening there"
    assert isinstance(may_leave(madrid, now=NOON + timedelta(hours=3)), Wait), "ten in the evening there"


def test_a_message_that_would_wait_past_its_end_is_missed() -> None:
    world = replace(WORLD, not_after=MORNING)
    assert may_leave(world, now=NIGHT) == Stay(State.MISSED, WhyNot.TOO_LATE)


def sent(*days_ago: int) -> World:
    return replace(WORLD, texts_sent_at=tuple(NOON - timedelta(days=n, hours=1) for n in days_ago))


@pytest.mark.parametrize(
    ("world", "waits_days"),
    [
        (sent(1), 0),
        (sent(0), 1),
        (sent(2, 1), 0),
        (sent(5, 3, 1), 2),  # the eighth day of the one five days ago
        (sent(7, 3, 1), 0),
        (sent(6, 1, 0), 1),
    ],
)
def test_texts_keep_to_one_a_day_and_three_in_seven_days(world: World, waits_days: int) -> None:
    verdict = may_leave(world, now=NOON)
    if not waits_days:
        assert verdict == Leave()
        return
    assert verdict == Wait(MORNING + timedelta(days=waits_days - 1))


def test_caps_are_for_texts_and_not_for_a_change() -> None:
    assert may_leave(replace(sent(0), channel=ChannelName.EMAIL), now=NOON) == Leave()
    assert may_leave(replace(sent(0), kind=MessageKind.CHANGE, step="moved"), now=NOON) == Leave()


def test_quiet_hours_of_a_clock_change_end_at_the_wall_clocks_hour() -> None:
    spring = datetime(2027, 3, 14, 1, 30, tzinfo=CHICAGO)  # the clock jumps from 2 to 3
    world = replace(WORLD, not_after=spring + timedelta(days=1))
    verdict = may_leave(world, now=spring)
    assert isinstance(verdict, Wait)
    assert verdict.until.astimezone(UTC) == datetime(2027, 3, 14, 13, 0, tzinfo=UTC), "08:00 CDT"
