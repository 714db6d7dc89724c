"""Which hours count while somebody is waited for: all of them, daytime, or the clinic's working hours.

A matter that can wait is told, and its time begins to run, in the next hours that count. Hours are the clinic's wall
time; where the clocks change, the hours that a clock there shows are the ones that count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from scheduling.domain.opening import Opening

MORNING = time(8)
DAY_ENDS = time(20)
WORK_ENDS = time(17)
WORKING_DAY = timedelta(hours=9)
DAYTIME = timedelta(hours=12)


class Hours(StrEnum):
    """Which hours count."""

    ALL = "all"
    """An emergency waits for no morning."""
    DAY = "day"
    """08:00 to 20:00 on every day of the week."""
    WORK = "work"
    """08:00 to 17:00 on days on which the clinic is open."""


@dataclass(frozen=True, slots=True)
class Limit:
    """So much time, of such hours."""

    duration: timedelta
    hours: Hours = Hours.ALL


def begins(now: datetime, hours: Hours, opening: Opening) -> datetime:
    """``now``, or the beginning of the next hours that count."""
    if hours is Hours.ALL:
        return now
    start, _ = next(_spans(now, hours, opening))
    return max(now, start)


def ends(now: datetime, limit: Limit, opening: Opening) -> datetime:
    """When the limit has run out for somebody who is asked at ``now``."""
    if limit.hours is Hours.ALL:
        return now + limit.duration
    left = limit.duration
    for start, end in _spans(now, limit.hours, opening):
        begin = max(start, now)
        if left <= end - begin:
            return begin + left
        left -= end - begin
    raise AssertionError("there is always another day")


def _spans(now: datetime, hours: Hours, opening: Opening) -> Iterator[tuple[datetime, datetime]]:
    """The stretches of such hours that end after ``now``, in UTC, so that differences are real time."""
    day = now.astimezone(opening.zone).date()
    while True:
        if hours is Hours.DAY or opening.is_open(day):
            until = DAY_ENDS if hours is Hours.DAY else WORK_ENDS
            end = _at(day, until, opening)
            if end > now:
                yield _at(day, MORNING, opening), end
        day += timedelta(days=1)


def _at(day: date, wall: time, opening: Opening) -> datetime:
    return datetime.combine(day, wall, opening.zone).astimezone(UTC)
