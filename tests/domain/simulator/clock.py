"""Instants as exact hours, and the wall calendar found by watching the clock."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo

Hours = Fraction  # hours since 1970-01-01 00:00 UTC
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def instant_of(moment: dt.datetime) -> Hours:
    """The moment in hours since the epoch."""
    return Fraction((moment - EPOCH) // dt.timedelta(microseconds=1), 3_600_000_000)


def local_date(instant: Hours, zone: ZoneInfo) -> dt.date:
    """The date on the wall calendar at that instant."""
    whole_seconds = int(instant * 3600 // 1)
    return (EPOCH + dt.timedelta(seconds=whole_seconds)).astimezone(zone).date()


@lru_cache(maxsize=4096)
def start_of(day: dt.date, zone: ZoneInfo) -> Hours:
    """The first instant of a date, found by watching the clock: hours, then minutes, then seconds."""
    nearly_there = dt.datetime.combine(day - DAY, dt.time(20))
    moment = dt.datetime.combine(day, dt.time(0), dt.UTC) - 40 * HOUR
    for step in (HOUR, dt.timedelta(minutes=1), dt.timedelta(seconds=1)):
        while True:
            wall = (moment + step).astimezone(zone).replace(tzinfo=None)
            if wall.date() >= day or (step == HOUR and wall >= nearly_there):
                break
            moment += step
    return instant_of(moment + dt.timedelta(seconds=1))


@dataclass(frozen=True)
class When:
    """A time as a record gives it: a whole date, or an instant."""

    at: Hours
    on: dt.date
    is_only_a_date: bool


def when(text: str, zone: ZoneInfo) -> When:
    """Read `YYYY-MM-DD` or an ISO date-time with an offset."""
    if len(text) == 10:
        day = dt.date.fromisoformat(text)
        return When(start_of(day, zone), day, True)
    at = instant_of(dt.datetime.fromisoformat(text).astimezone(dt.UTC))
    return When(at, local_date(at, zone), False)
