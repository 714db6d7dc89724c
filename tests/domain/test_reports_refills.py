"""Refills due per week and what fits: nobody is counted twice, nobody is lost, closed days hold nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.opening import Hours, HoursChange, Opening
from scheduling.domain.reports.refills import (
    DuePumps,
    OtherVisits,
    RefillNeeds,
    Staffing,
    refill_weeks,
    refills_that_fit,
)
from scheduling.domain.reports.weeks import week_of, weeks_from
from scheduling.domain.seats import Resource, ResourceKind

TODAY = date(2026, 11, 18)  # a Wednesday
WEEKS = weeks_from(TODAY, 26)
NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)  # 07:00 in New York
ZONE = ZoneInfo("America/New_York")
DAY = (time(9), time(12)), (time(13), time(17))


def nurse(number: int = 1, *, changes: tuple[HoursChange, ...] = ()) -> Resource:
    hours = tuple(Hours(weekday, begin, end) for weekday in range(5) for begin, end in DAY)
    return Resource(number, ResourceKind.NURSE, hours=hours, changes=changes)


def room(number: int = 9, *, seats: int = 1) -> Resource:
    hours = tuple(Hours(weekday, time(8), time(18)) for weekday in range(5))
    return Resource(number, ResourceKind.ROOM, seats=seats, hours=hours)


def staffing(*resources: Resource, closed: frozenset[date] = frozenset(), **more: object) -> Staffing:
    opening = Opening(ZONE, frozenset(range(5)), closed)
    return Staffing(opening, resources, RefillNeeds(60), **more)  # type: ignore[arg-type]


def fits(day: date, plan: Staffing) -> int | None:
    found = refills_that_fit([day], plan, now=NOW)
    return None if found is None else found[day]


groups = st.builds(
    DuePumps,
    target_on=st.dates(TODAY - timedelta(days=400), TODAY + timedelta(days=400)),
    interval_days=st.none() | st.integers(-5, 200),
    pumps=st.integers(1, 5),
)


@given(st.lists(groups, max_size=30))
def test_every_pump_due_until_the_last_week_is_in_exactly_one_week(due: list[DuePumps]) -> None:
    weeks = refill_weeks(due, weeks=WEEKS, today=TODAY, booked={}, capacity=None)
    wanted = sum(group.pumps for group in due if group.target_on <= WEEKS[-1].ends_on)
    assert sum(week.due for week in weeks) == wanted
    assert sum(week.overdue for week in weeks[1:]) == 0
    assert weeks[0].overdue == sum(group.pumps for group in due if group.target_on < TODAY)


@given(st.lists(groups, max_size=10))
def test_repeats_follow_their_own_interval_and_never_a_slip(due: list[DuePumps]) -> None:
    weeks = refill_weeks(due, weeks=WEEKS, today=TODAY, booked={}, capacity=None)
    expected = 0
    for group in due:
        on = max(group.target_on, TODAY)
        while group.interval_days is not None and group.interval_days >= 7:
            on += timedelta(days=group.interval_days)
            if on > WEEKS[-1].ends_on:
                break
            expected += group.pumps
    assert sum(week.repeats for week in weeks) == expected


def test_a_week_is_over_only_by_what_is_due_and_may_be_over_by_the_estimate() -> None:
    due = [DuePumps(date(2026, 11, 25), 7, 3)]
    capacity = dict.fromkeys((date(2026, 11, 25), date(2026, 12, 2)), 2)
    weeks = refill_weeks(due, weeks=WEEKS[:3], today=TODAY, booked={}, capacity=capacity)
    assert [(week.due, week.repeats, week.capacity) for week in weeks] == [(0, 0, 0), (3, 0, 2), (0, 3, 2)]
    assert [week.is_over for week in weeks] == [False, True, False]
    assert [week.may_be_over for week in weeks] == [False, False, True]


def test_booked_visits_stand_in_their_own_week() -> None:
    booked = {date(2026, 11, 18): 2, date(2026, 11, 22): 1, date(2026, 11, 23): 4, date(2030, 1, 1): 9}
    weeks = refill_weeks([], weeks=WEEKS[:2], today=TODAY, booked=booked, capacity=None)
    assert [week.booked for week in weeks] == [3, 4]


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (staffing(nurse(), room()), 7),
        (staffing(nurse(1), nurse(2), room()), 10),  # one room is open for ten hours
        (staffing(nurse(1), nurse(2), room(seats=2)), 14),
        (staffing(nurse(), room(), closed=frozenset({date(2026, 11, 19)})), 0),
        (staffing(nurse(), room(), other={date(2026, 11, 19): OtherVisits(90, 90)}), 5),
        (staffing(nurse(), room(), other={date(2026, 11, 19): OtherVisits(0, 590)}), 0),
        (staffing(nurse()), None),
        (staffing(room()), None),
    ],
    ids=[
        "one nurse",
        "the room is scarcer",
        "two seats",
        "closed",
        "other visits",
        "room taken",
        "no room",
        "no nurse",
    ],
)
def test_what_fits_a_day_is_the_scarcer_of_nurses_and_rooms(plan: Staffing, expected: int | None) -> None:
    assert fits(date(2026, 11, 19), plan) == expected


def test_a_nurse_who_is_away_does_no_refill_and_hours_that_have_passed_do_not_count() -> None:
    away = HoursChange(date(2026, 11, 19), date(2026, 11, 20), is_available=False)
    plan = staffing(nurse(changes=(away,)), room())
    assert [fits(date(2026, 11, day), plan) for day in (19, 20, 23)] == [0, 0, 7]
    at_three = datetime(2026, 11, 18, 20, tzinfo=UTC)
    assert refills_that_fit([date(2026, 11, 17), TODAY], plan, now=at_three) == {
        date(2026, 11, 17): 0,
        TODAY: 2,
    }


def test_a_week_holds_its_seven_days_across_the_turn_of_the_year() -> None:
    week = week_of(date(2027, 1, 1))
    assert (week.starts_on, week.ends_on) == (date(2026, 12, 28), date(2027, 1, 3))
    assert [week_of(day) for day in week.days] == [week] * 7
