"""Which night is due: one run for every local date, whatever clocks, beats and outages do."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.nights import last_night, night_due

START, END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
TICK, DAY = timedelta(minutes=10), timedelta(days=1)
NEW_YORK = ZoneInfo("America/New_York")
ZONES = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Johannesburg",
    "America/Argentina/Buenos_Aires",
    "America/Asuncion",
    "America/Bogota",
    "America/Chicago",
    "America/Denver",
    "America/Halifax",
    "America/Havana",
    "America/Los_Angeles",
    "America/Mexico_City",
    "America/New_York",
    "America/Nuuk",
    "America/Phoenix",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Jerusalem",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Shanghai",
    "Asia/Tehran",
    "Asia/Tokyo",
    "Atlantic/Azores",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/Lisbon",
    "Europe/London",
    "Europe/Madrid",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Easter",
    "Pacific/Kiritimati",
    "Pacific/Marquesas",
    "UTC",
]


def local_ticks(zone: ZoneInfo) -> list[datetime]:
    """Beat's moments over five years on the zone's clock: every ten minutes near a change of the clocks.

    Far from a change the local clock runs evenly, so every third hour stands for those between.
    """
    moments, moment, near_until = [], START, START
    while moment < END:
        moments.append(moment.astimezone(zone))
        if moment.hour % 12 == 0 and moment.minute == 0:
            ahead = moment + DAY
            if ahead.astimezone(zone).utcoffset() != (moment - DAY).astimezone(zone).utcoffset():
                near_until = ahead
        moment += TICK if moment < near_until else timedelta(hours=3)
    return moments


def local_dates(zone: ZoneInfo) -> list[date]:
    """Every date that the zone's calendar has between the ends."""
    hours = (END - START) // timedelta(hours=6)
    days = {(START + n * timedelta(hours=6)).astimezone(zone).date() for n in range(hours)}
    return sorted(days | {(END - TICK).astimezone(zone).date()})


@pytest.mark.parametrize("name", ZONES)
def test_five_years_have_one_run_for_every_local_date(name: str) -> None:
    zone = ZoneInfo(name)
    moments, dates = local_ticks(zone), local_dates(zone)
    for sweep_hour in (0, 2, 23):
        begun: list[date] = []
        for local in moments:
            night = night_due(local, sweep_hour, begun[-3:])
            if night is not None:
                assert night == local.date() or local.hour < sweep_hour
                begun.append(night)
        assert begun == sorted(set(begun))
        assert begun[1:] == [day for day in dates if begun[1] <= day <= begun[-1]]
        assert begun[0] >= dates[0] - DAY
        assert begun[1] <= dates[1]
        assert begun[-1] >= dates[-3]


@pytest.mark.parametrize(
    ("local_now", "night"),
    [
        (datetime(2026, 3, 8, 1, 59, tzinfo=NEW_YORK), date(2026, 3, 7)),
        (
            datetime(2026, 3, 8, 3, 0, tzinfo=NEW_YORK),
            date(2026, 3, 8),
        ),  # 02:00 does not exist in New York that day
        (datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=NEW_YORK), date(2026, 10, 31)),
        (datetime(2026, 11, 1, 2, 0, tzinfo=NEW_YORK), date(2026, 11, 1)),
        (datetime(2026, 1, 1, 0, 0, tzinfo=NEW_YORK), date(2025, 12, 31)),
    ],
)
def test_a_night_is_named_by_the_date_of_its_sweep_hour(local_now: datetime, night: date) -> None:
    assert night_due(local_now, 2, ()) == night
    assert night_due(local_now, 2, {night}) is None


@given(
    zone=st.sampled_from(ZONES),
    sweep_hour=st.integers(0, 23),
    stopped_after=st.timedeltas(timedelta(), END - START),
    hours_off=st.integers(0, 72),
)
def test_after_an_outage_the_first_tick_begins_the_newest_night_that_was_missed(
    zone: str, sweep_hour: int, stopped_after: timedelta, hours_off: int
) -> None:
    place = ZoneInfo(zone)
    before = START + stopped_after
    after = (before + timedelta(hours=hours_off)).astimezone(place)
    begun = {last_night(before.astimezone(place), sweep_hour)}
    night = night_due(after, sweep_hour, begun)
    if night is None:
        assert last_night(after, sweep_hour) in begun
    else:
        assert night == last_night(after, sweep_hour)
        assert night_due(after, sweep_hour, {*begun, night}) is None, "another beat begins nothing more"
    if hours_off >= 26:
        assert night is not None
