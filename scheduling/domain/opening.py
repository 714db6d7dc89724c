"""When somebody or something can be had: weekly hours, what changes them, and the days the clinic is closed.

All hours are wall time in the clinic's zone. An instant lies in the hours when a clock there shows a time in
them: hours that the clocks skip are not there, an hour that comes twice is there twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time
from zoneinfo import ZoneInfo

from scheduling.domain.intervals import Span, Spans, subtract, union
from scheduling.domain.wall_time import DAY_SECONDS, second_of_day, span_on


@dataclass(frozen=True, slots=True)
class Hours:
    """Working hours on one weekday (Monday 0). An end of 00:00 is the end of the day."""

    weekday: int
    starts_at: time
    ends_at: time


@dataclass(frozen=True, slots=True)
class HoursChange:
    """Away, or at work beside the weekly hours, on each day from ``first_on`` to ``last_on``.

    Without times it is the whole day.
    """

    first_on: date
    last_on: date
    is_available: bool
    starts_at: time | None = None
    ends_at: time | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """The clinic's place in time and the days on which it sees patients.

    ``house_hours`` bound a visit that needs no nurse; None leaves it the whole day.
    """

    zone: ZoneInfo
    open_weekdays: frozenset[int]
    closed_on: frozenset[date] = frozenset()
    house_hours: tuple[Hours, ...] | None = None

    def is_open(self, day: date) -> bool:
        """Whether the clinic sees patients on this day."""
        return day.weekday() in self.open_weekdays and day not in self.closed_on

    def house_on(self, day: date) -> Spans:
        """When a visit without a nurse can be on an open day."""
        if self.house_hours is None:
            return span_on(day, 0, DAY_SECONDS, self.zone)
        return _weekly(day, self.house_hours, self.zone)


def spans_at_work(
    day: date,
    *,
    hours: Sequence[Hours],
    changes: Iterable[HoursChange],
    opening: Opening,
    is_always_there: bool = False,
) -> Spans:
    """The instants of ``day`` in the weekly hours or extra ones, and in no absence; none on a closed day.

    An absence wins over extra hours. ``is_always_there`` (a room without hours of its own) makes empty
    ``hours`` the whole day.
    """
    if not opening.is_open(day):
        return []
    zone = opening.zone
    today = [change for change in changes if change.first_on <= day <= change.last_on]
    regular = (
        span_on(day, 0, DAY_SECONDS, zone) if is_always_there and not hours else _weekly(day, hours, zone)
    )
    extra = _changed(day, (change for change in today if change.is_available), zone)
    absent = _changed(day, (change for change in today if not change.is_available), zone)
    return subtract(union([*regular, *extra]), union(absent))


def _weekly(day: date, hours: Iterable[Hours], zone: ZoneInfo) -> Spans:
    weekday = day.weekday()
    return union(
        span
        for each in hours
        if each.weekday == weekday
        for span in _between(day, each.starts_at, each.ends_at, zone)
    )


def _changed(day: date, changes: Iterable[HoursChange], zone: ZoneInfo) -> list[Span]:
    return [
        span
        for change in changes
        for span in _between(day, change.starts_at or time(), change.ends_at or time(), zone)
    ]


def _between(day: date, starts_at: time, ends_at: time, zone: ZoneInfo) -> Spans:
    return span_on(day, second_of_day(starts_at), second_of_day(ends_at) or DAY_SECONDS, zone)
