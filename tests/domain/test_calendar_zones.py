"""A zone as it is written means the same, to another program, as it does in the tz database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from scheduling.domain.calendars import writer
from scheduling.domain.calendars.zone import zone_lines
from tests import ical

FOUR = ("Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "America/Santiago")
ODD = (
    "Africa/Casablanca",  # follows the moon: no rule
    "Africa/Cairo",
    "America/Nuuk",
    "America/St_Johns",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Jerusalem",  # the Friday before the last Sunday
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Europe/Dublin",  # its winter is the exception
    "Europe/Lisbon",
    "Pacific/Chatham",
    "Pacific/Auckland",
    "UTC",
)
YEARS = range(2026, 2041)


def changes(zone: ZoneInfo) -> Iterator[datetime]:
    day = datetime(YEARS[0], 1, 1, tzinfo=UTC)
    while day.year in YEARS:
        if day.astimezone(zone).utcoffset() != (day + timedelta(days=1)).astimezone(zone).utcoffset():
            yield day
        day += timedelta(days=1)


def walls(zone: ZoneInfo) -> list[datetime]:
    """Every half hour in the two days about each change, and noon of each month; without what is never or twice."""
    moments = [datetime(year, month, 15, 12, tzinfo=UTC) for year in YEARS for month in range(1, 13)]
    for change in changes(zone):
        moments += [change + timedelta(minutes=30 * step) for step in range(-24, 72)]
    found = {moment.astimezone(zone).replace(tzinfo=None, fold=0) for moment in moments}
    return sorted(wall for wall in found if _is_plain(wall, zone))


def _is_plain(wall: datetime, zone: ZoneInfo) -> bool:
    first, second = (wall.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    return first == second


def check(name: str) -> None:
    zone = ZoneInfo(name)
    asked = walls(zone)
    content = b"".join(writer.calendar(writer.head(zone=zone_lines(name)), []))
    read = ical.instants(content, asked)
    wrong = [
        (wall, found)
        for wall, found in zip(asked, read, strict=True)
        if found != wall.replace(tzinfo=zone).astimezone(UTC)
    ]
    assert not wrong, f"{name}: {len(wrong)} of {len(asked)}, first {wrong[0]}"
    assert ical.read(content).zones == (name,)


@pytest.mark.parametrize("name", [*FOUR, *ODD])
def test_a_zone_means_the_same(name: str) -> None:
    check(name)


def test_any_zone_means_the_same() -> None:
    """One in twenty of all there are; every one in a soak."""
    step = 1 if os.environ.get("SOAK") else 20
    for name in sorted(available_timezones() - {"localtime", "Factory"})[::step]:
        check(name)


def test_a_rule_is_written_where_there_is_one_and_is_short() -> None:
    assert zone_lines("Europe/Amsterdam").count(b"RRULE") == 2
    assert len(zone_lines("Europe/Amsterdam")) < 500
    assert zone_lines("Africa/Casablanca").count(b"RRULE") == 0
