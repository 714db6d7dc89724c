"""Local midnight is the first instant of a date, also where the clocks skip or repeat it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.local_time import date_of, instant_of, is_whole_day, start_of_day

# zone, date, its first instant in UTC
FIRST_INSTANTS = [
    ("UTC", "2026-01-05", "2026-01-05T00:00"),
    ("America/Chicago", "2026-03-08", "2026-03-08T06:00"),
    ("America/Chicago", "2026-03-09", "2026-03-09T05:00"),
    ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00"),  # 00:00 is skipped
    ("Asia/Beirut", "2022-03-27", "2022-03-26T22:00"),  # likewise
    ("America/Havana", "2025-11-02", "2025-11-02T04:00"),  # 00:00 comes twice
    ("America/Toronto", "1919-03-31", "1919-03-31T04:30"),  # 23:30 to 00:30
    ("America/St_Johns", "2010-11-07", "2010-11-07T02:30"),  # back at 00:01 to 23:01 of the day before
    ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00"),  # a day that never was: the start of the next
    ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00"),
    ("Pacific/Kiritimati", "2026-01-05", "2026-01-04T10:00"),
]


@pytest.mark.parametrize(("zone", "day", "instant"), FIRST_INSTANTS)
def test_a_date_begins_at_its_first_instant(zone: str, day: str, instant: str) -> None:
    expected = datetime.fromisoformat(instant).replace(tzinfo=UTC)

    assert start_of_day(date.fromisoformat(day), ZoneInfo(zone)) == expected


@given(
    st.dates(date(1901, 1, 1), date(2199, 12, 31)),
    st.sampled_from(
        ["America/Chicago", "Africa/Cairo", "Asia/Tehran", "Australia/Lord_Howe", "Europe/Dublin"]
    ),
)
def test_the_instant_before_the_first_is_on_an_earlier_date(day: date, name: str) -> None:
    zone = ZoneInfo(name)
    start = start_of_day(day, zone)

    assert date_of(start, zone) == day
    assert date_of(start - timedelta(seconds=1), zone) < day


def test_a_date_is_counted_from_its_start_and_a_date_time_is_itself() -> None:
    zone = ZoneInfo("America/Chicago")
    moment = datetime(2026, 1, 6, 3, tzinfo=UTC)

    assert (instant_of(moment, zone), date_of(moment, zone)) == (moment, date(2026, 1, 5))
    assert instant_of(date(2026, 1, 5), zone) == datetime(2026, 1, 5, 6, tzinfo=UTC)
    assert (is_whole_day(moment), is_whole_day(date(2026, 1, 5))) == (False, True)
