"""A wall time becomes an instant, is refused, or is told to come twice; never guessed. In every IANA zone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.intervals import seconds_of
from scheduling.domain.wall_time import SkippedTime, day_parts, grid_starts, moment_of, readings_of, span_on

ZONES = sorted(name for name in available_timezones() if name not in {"localtime", "Factory"})
FIRST, LAST = datetime(2025, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@cache
def transitions(zone: ZoneInfo) -> tuple[datetime, ...]:
    """Every instant from 2025 to 2035 at which the offset changes, found by halving."""
    found, step, at = [], timedelta(days=7), FIRST
    while at < LAST:
        low, high = at, at + step
        before = low.astimezone(zone).utcoffset()
        if high.astimezone(zone).utcoffset() != before:
            while high - low > MINUTE:
                middle = low + (high - low) // MINUTE // 2 * MINUTE
                if middle.astimezone(zone).utcoffset() == before:
                    low = middle
                else:
                    high = middle
            found.append(high)
            at = high
        else:
            at += step
    return tuple(found)


def distinct_zones() -> list[str]:
    """One zone for each different list of transitions: 600 names, some 130 histories from 2025 on."""
    kept: dict[tuple[object, ...], str] = {}
    for name in ZONES:
        zone = ZoneInfo(name)
        key = (FIRST.astimezone(zone).utcoffset(), *transitions(zone))
        kept.setdefault((*key, *(at.astimezone(zone).utcoffset() for at in transitions(zone))), name)
    return sorted(kept.values())


def minutes_around(change: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Wall times from three hours before a change of the clocks to three hours after, every quarter and its edges."""
    shown = [
        (change + offset).astimezone(zone).replace(tzinfo=None, fold=0) for offset in (-MINUTE, timedelta())
    ]
    first, last = min(shown) - timedelta(hours=3), max(shown) + timedelta(hours=3)
    for quarter in range(int((last - first) / timedelta(minutes=15)) + 1):
        at = first + quarter * timedelta(minutes=15)
        yield from (at, at + timedelta(minutes=14))


def test_every_transition_of_every_zone_is_refused_told_or_exact() -> None:
    seen = skipped = twice = 0
    for name in distinct_zones():
        zone = ZoneInfo(name)
        for change in transitions(zone):
            before, after = ((change + gap).astimezone(zone).utcoffset() for gap in (-MINUTE, timedelta()))
            assert before is not None
            assert after is not None
            shown_before = (change + before).replace(tzinfo=None)
            shown_after = (change + after).replace(tzinfo=None)
            for wall in minutes_around(change, zone):
                seen += 1
                if shown_before <= wall < shown_after:
                    skipped += 1
                    with pytest.raises(SkippedTime) as refused:
                        moment_of(wall.date(), wall.time(), zone)
                    assert refused.value.next_valid == shown_after
                    continue
                moment = moment_of(wall.date(), wall.time(), zone)
                later = moment_of(wall.date(), wall.time(), zone, later=True)
                assert moment.comes_twice == (shown_after <= wall < shown_before)
                assert moment.instant.astimezone(zone).replace(tzinfo=None, fold=0) == wall
                assert (later.instant > moment.instant) == moment.comes_twice
                twice += moment.comes_twice
    assert seen > 5_000
    assert skipped > 200
    assert twice > 200


def test_every_transition_from_2025_to_2035_splits_its_day_exactly() -> None:
    changes = 0
    for name in distinct_zones():
        zone = ZoneInfo(name)
        for change in transitions(zone):
            changes += 1
            local = change.astimezone(zone).date()
            days = {local - DAY, local, local + DAY}
            edges = {edge for day in days for start, end, _ in day_parts(day, zone) for edge in (start, end)}
            assert seconds_of(change) in edges, (name, change)
    assert changes > 500


@given(st.sampled_from(ZONES), st.dates(date(2025, 1, 1), date(2035, 12, 31)), st.times())
def test_a_wall_time_reads_back_as_itself_or_does_not_exist(name: str, day: date, at: time) -> None:
    zone = ZoneInfo(name)
    wall = datetime.combine(day, at.replace(second=0, microsecond=0))

    found = readings_of(wall, zone)

    assert len(found) <= 2
    assert list(found) == sorted(set(found))
    for instant in found:
        assert instant.astimezone(zone).replace(tzinfo=None, fold=0) == wall


@given(
    st.sampled_from(["America/New_York", "Australia/Lord_Howe", "Antarctica/Troll", "Africa/Cairo", "Asia/Beirut",
                     "Africa/Casablanca", "America/Havana", "Asia/Kathmandu"]),
    st.data(),
)  # fmt: skip
def test_a_span_of_hours_holds_exactly_the_minutes_whose_wall_time_is_in_it(
    name: str, data: st.DataObject
) -> None:
    zone = ZoneInfo(name)
    changes = transitions(zone)
    base = data.draw(st.sampled_from(changes)) if changes else FIRST
    day = base.astimezone(zone).date() + data.draw(st.integers(-1, 1)) * DAY
    low, high = sorted(data.draw(st.tuples(st.integers(0, 1440), st.integers(0, 1440))))
    step = data.draw(st.sampled_from([5, 15, 20, 60]))

    spans = span_on(day, low * 60, high * 60, zone)
    starts = set(grid_starts(day, spans, step * 60, zone))

    noon = seconds_of(datetime.combine(day, time(12), UTC))
    for second in range(noon - 40 * 3600, noon + 40 * 3600, 60):
        shown = datetime.fromtimestamp(second, zone)
        minute = shown.hour * 60 + shown.minute
        is_in = shown.date() == day and low <= minute < high
        assert any(start <= second < end for start, end in spans) == is_in
        assert (second in starts) == (is_in and minute % step == 0)


def test_days_of_a_clock_change_have_23_and_25_hours() -> None:
    zone = ZoneInfo("America/Chicago")
    lengths = [sum(end - start for start, end, _ in day_parts(day, zone)) // 3600
               for day in (date(2027, 3, 13), date(2027, 3, 14), date(2027, 11, 7))]  # fmt: skip

    assert lengths == [24, 23, 25]


def test_a_day_that_a_zone_left_out_has_no_parts() -> None:
    assert day_parts(date(2011, 12, 30), ZoneInfo("Pacific/Apia")) == ()
