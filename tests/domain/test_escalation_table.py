"""The one table of escalation: limits, first duties, hours that count."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.escalation import causes, hours
from notifications.domain.escalation.causes import Cause, Duty, rule_for, what_to_do
from notifications.domain.escalation.hours import Hours, Limit, begins, ends
from notifications.domain.escalation.roster import Roster
from scheduling.domain.care.rungs import Rung
from scheduling.domain.late import RefillDays, runs_late
from scheduling.domain.opening import Opening

CHICAGO = ZoneInfo("America/Chicago")
HOLIDAY = date(2026, 11, 26)
OPENING = Opening(CHICAGO, frozenset(range(5)), frozenset({HOLIDAY}))
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def at(day: str, wall: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{wall}").replace(tzinfo=CHICAGO)


@pytest.mark.parametrize(
    ("asked_at", "limit", "until"),
    [
        # Monday to Wednesday; the Thursday is a holiday.
        (at("2026-11-23", "10:00"), Limit(timedelta(hours=9), Hours.WORK), at("2026-11-24", "10:00")),
        (at("2026-11-25", "16:00"), Limit(timedelta(hours=9), Hours.WORK), at("2026-11-27", "16:00")),
        (at("2026-11-27", "18:00"), Limit(timedelta(hours=9), Hours.WORK), at("2026-11-30", "17:00")),
        (at("2026-11-28", "12:00"), Limit(timedelta(hours=4.5), Hours.WORK), at("2026-11-30", "12:30")),
        (at("2026-11-24", "06:00"), Limit(timedelta(hours=1), Hours.WORK), at("2026-11-24", "09:00")),
        # Daytime knows no weekend, and no night.
        (at("2026-11-28", "19:00"), Limit(timedelta(hours=4), Hours.DAY), at("2026-11-29", "11:00")),
        (at("2026-11-29", "00:05"), Limit(timedelta(hours=4), Hours.DAY), at("2026-11-29", "12:00")),
        (at("2026-11-29", "03:00"), Limit(timedelta(minutes=30)), at("2026-11-29", "03:30")),
        # The night on which the clocks change is not counted, the morning after it is where it was.
        (at("2026-10-31", "19:00"), Limit(timedelta(hours=2), Hours.DAY), at("2026-11-01", "09:00")),
        (at("2027-03-13", "19:00"), Limit(timedelta(hours=2), Hours.DAY), at("2027-03-14", "09:00")),
    ],
)
def test_only_the_hours_that_count_run(asked_at: datetime, limit: Limit, until: datetime) -> None:
    assert ends(asked_at, limit, OPENING) == until


@given(
    now=st.integers(0, 2 * 365 * 86_400).map(lambda second: EPOCH + timedelta(seconds=second)),
    which=st.sampled_from(Hours),
    minutes=st.integers(0, 3_000),
)
def test_time_never_runs_backwards_and_more_of_it_ends_later(
    now: datetime, which: Hours, minutes: int
) -> None:
    start = begins(now, which, OPENING)
    first = ends(now, Limit(timedelta(minutes=minutes), which), OPENING)
    assert now <= start <= first
    assert first - start >= timedelta(minutes=minutes)
    assert ends(now, Limit(timedelta(minutes=minutes + 1), which), OPENING) > first or minutes == 0
    if which is Hours.WORK:
        local = first.astimezone(CHICAGO)
        assert OPENING.is_open(local.date())
        assert hours.MORNING <= local.time() <= hours.WORK_ENDS


def test_every_cause_has_a_line_at_every_rung_and_graver_is_never_slower() -> None:
    monday = at("2026-11-23", "10:00")
    for cause in Cause:
        assert what_to_do(cause, Rung.STAFF_CALLS)
        times = [ends(monday, rule_for(cause, rung).limit, OPENING) for rung in Rung]
        assert all(later >= sooner for later, sooner in pairwise(times)), cause
        backs = [ends(monday, rule_for(cause, rung).comes_back, OPENING) for rung in Rung]
        assert all(later >= sooner for later, sooner in pairwise(backs)), cause


@pytest.mark.parametrize("cause", Cause)
def test_an_emergency_waits_for_no_morning(cause: Cause) -> None:
    assert rule_for(cause, Rung.EMERGENCY).limit.hours is Hours.ALL
    assert rule_for(cause, Rung.EMERGENCY).limit.duration <= timedelta(minutes=30)


def test_messages_climb_slower_than_red_flags() -> None:
    monday = at("2026-11-23", "10:00")
    for rung in Rung:
        alarm = ends(monday, rule_for(Cause.RED_FLAG, rung).limit, OPENING)
        for cause in causes.MESSAGE_CAUSES:
            assert ends(monday, rule_for(cause, rung).limit, OPENING) > alarm


NURSE, SECOND, DOCTOR, BOSS, GONE = 1, 2, 3, 4, 9


def a_roster(**values: object) -> Roster:
    usual = {
        "cells": {(0, Duty.NURSE): SECOND, (1, Duty.NURSE): GONE},
        "default_nurse": None,
        "nurses": (NURSE, SECOND),
        "prescribers": (DOCTOR,),
        "administrators": (BOSS,),
        "eligible": frozenset({NURSE, SECOND, DOCTOR, BOSS}),
    }
    return Roster(**(usual | values))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("roster", "weekday", "first", "chain"),
    [
        (a_roster(), 0, Duty.NURSE, (SECOND, NURSE, DOCTOR, BOSS)),
        (a_roster(), 1, Duty.NURSE, (NURSE, SECOND, DOCTOR, BOSS)),  # who left is passed over
        (a_roster(), 2, Duty.PHYSICIAN, (DOCTOR, BOSS, NURSE)),
        (a_roster(default_nurse=BOSS), 2, Duty.NURSE, (BOSS, NURSE, DOCTOR)),
        (a_roster(eligible=frozenset({BOSS})), 0, Duty.NURSE, (BOSS,)),
        (a_roster(prescribers=()), 2, Duty.PHYSICIAN, (BOSS, NURSE)),
        (a_roster(), 0, Duty.ADMINISTRATOR, (BOSS, SECOND)),
        (a_roster(eligible=frozenset({DOCTOR})), 0, Duty.ADMINISTRATOR, (DOCTOR,)),  # better than nobody
        (a_roster(eligible=frozenset()), 0, Duty.NURSE, ()),
    ],
)
def test_who_is_asked_in_which_order(
    roster: Roster, weekday: int, first: Duty, chain: tuple[int, ...]
) -> None:
    assert roster.chain(first, weekday) == chain


TODAY = date(2026, 11, 23)
NOW = at("2026-11-23", "10:00")


def days(**offsets: int) -> RefillDays:
    return RefillDays(
        **{name: TODAY + timedelta(days=number) for name, number in offsets.items()},  # type: ignore[arg-type]
        known_since=NOW,
    )


@pytest.mark.parametrize(
    ("refill", "is_late"),
    [
        (days(target_visit_on=1, latest_visit_on=8), False),
        (days(target_visit_on=0, latest_visit_on=7), True),
        (days(target_visit_on=0, latest_visit_on=7, visit_on=7), False),
        (days(target_visit_on=0, latest_visit_on=7, visit_on=8), True),
        (days(target_visit_on=14, latest_visit_on=21, visit_on=22), True),
        (days(target_visit_on=15, latest_visit_on=22, visit_on=23), False),
        (days(target_visit_on=-20, latest_visit_on=-10, visit_on=1), True),
        (days(certain_by=14), True),
        (days(certain_by=15), False),
        (days(certain_by=40, empty_on=3), True),
        (days(), False),
        (RefillDays(known_since=NOW - timedelta(days=1)), True),
        (RefillDays(), True),
    ],
)
def test_a_refill_runs_late_when_its_day_has_come_and_no_visit_stands_in_time(
    refill: RefillDays, is_late: bool
) -> None:
    assert runs_late(refill, today=TODAY, now=NOW) is is_late


@given(
    offsets=st.tuples(st.integers(-30, 30), st.integers(0, 20), st.none() | st.integers(-5, 60)),
    later=st.integers(0, 60),
)
def test_what_runs_late_stays_late_as_days_pass(offsets: tuple[int, int, int | None], later: int) -> None:
    target, more, visit = offsets
    values = {"target_visit_on": target, "latest_visit_on": target + more}
    refill = days(**values | ({"visit_on": visit} if visit is not None else {}))
    if runs_late(refill, today=TODAY, now=NOW):
        day = TODAY + timedelta(days=later)
        assert runs_late(refill, today=day, now=NOW + timedelta(days=later))
