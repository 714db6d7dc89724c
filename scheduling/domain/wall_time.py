"""From what a person reads off a clock in a place to the exact instant, never by a silent guess.

On the day the clocks go forward some wall times do not exist; on the day they go back some come twice.
Python answers both without a word (PEP 495): here the first is refused with the next time there is, the second
is told, taken as the earlier unless the later is asked for. Zone rules: IANA tz database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from scheduling.domain.intervals import Span, Spans, seconds_of, union
from scheduling.domain.local_time import start_of_day

DAY_SECONDS = 86_400
_DAY = timedelta(days=1)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_HOUR = 3_600


class SkippedTime(ValueError):
    """The clocks jump over this wall time. ``next_valid`` is the first one after it, as a clock there shows it."""

    def __init__(self, wall: datetime, next_valid: datetime) -> None:
        super().__init__(f"{wall:%Y-%m-%d %H:%M} is skipped when the clocks go forward")
        self.wall = wall
        self.next_valid = next_valid


@dataclass(frozen=True, slots=True)
class Moment:
    """The instant (UTC) of a wall time, and whether that wall time comes twice on its day."""

    instant: datetime
    comes_twice: bool


def moment_of(day: date, at: time, zone: ZoneInfo, *, later: bool = False) -> Moment:
    """The instant at which clocks in ``zone`` show ``at`` on ``day``.

    A wall time that comes twice is the earlier of the two, or the later one when ``later`` asks for it.
    Raises SkippedTime for one that does not come at all.
    """
    wall = datetime.combine(day, at.replace(tzinfo=None))
    instants = readings_of(wall, zone)
    if not instants:
        raise SkippedTime(wall, _first_wall_time_after_gap(wall, zone))
    return Moment(instants[-1 if later else 0], comes_twice=len(instants) > 1)


def readings_of(wall: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """All instants (UTC, earlier first) at which clocks in ``zone`` show the naive ``wall``: none, one or two."""
    found = [wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    if found[0] == found[1]:
        return (found[0],)  # the clocks change nothing at this time (PEP 495), and seldom do
    return tuple(
        sorted(each for each in found if each.astimezone(zone).replace(tzinfo=None) == wall.replace(fold=0))
    )


def _first_wall_time_after_gap(wall: datetime, zone: ZoneInfo) -> datetime:
    # In a gap fold=1 lies before the jump and fold=0 after it, with the offset changing once between them.
    low = seconds_of(wall.replace(tzinfo=zone, fold=1))
    high = seconds_of(wall.replace(tzinfo=zone, fold=0))
    jump = _change_between(low, high, zone)
    return datetime.fromtimestamp(jump, zone).replace(tzinfo=None)


@lru_cache(maxsize=16_384)
def day_parts(day: date, zone: ZoneInfo) -> tuple[tuple[int, int, int], ...]:
    """The local day as (start, end, offset) in seconds since 1970, one part for each offset from UTC in it.

    One part on an ordinary day, two on the day of a clock change, none on a day that a zone left out.
    """
    start, end = seconds_of(start_of_day(day, zone)), seconds_of(start_of_day(day + _DAY, zone))
    parts: list[tuple[int, int, int]] = []
    while start < end:
        offset = _offset(start, zone)
        until = start
        while until < end and _offset(until, zone) == offset:  # no zone changes its clocks twice in an hour
            until = min(until + _HOUR, end)
        if until < end or _offset(end - 1, zone) != offset:
            until = _change_between(start, min(until, end - 1), zone)
        parts.append((start, until, offset))
        start = until
    return tuple(parts)


def span_on(day: date, first_second: int, last_second: int, zone: ZoneInfo) -> Spans:
    """The instants of ``day`` whose wall time is from ``first_second`` up to, not including, ``last_second``.

    Both count from 00:00 on the clock's face. What the clocks skip is not there; what comes twice is there twice.
    """
    midnight = (day.toordinal() - _EPOCH_DAY) * DAY_SECONDS
    found: list[Span] = []
    for start, end, offset in day_parts(day, zone):
        low = max(start, midnight + first_second - offset)
        high = min(end, midnight + last_second - offset)
        if low < high:
            found.append((low, high))
    return union(found)  # what touches across a change of the clocks is one span


def grid_starts(day: date, spans: Spans, step_seconds: int, zone: ZoneInfo) -> list[int]:
    """The instants in ``spans`` at which clocks on ``day`` show a whole multiple of the step since 00:00."""
    midnight = (day.toordinal() - _EPOCH_DAY) * DAY_SECONDS
    found: list[int] = []
    for start, end, offset in day_parts(day, zone):
        zero = midnight - offset
        for low, high in spans:
            first = max(low, start)
            first += -(first - zero) % step_seconds
            found.extend(range(first, min(high, end), step_seconds))
    return sorted(found)


def shown_second(instant: int, day: date, zone: ZoneInfo) -> int:
    """Seconds since 00:00 that clocks on ``day`` show at an instant of that day (seconds since 1970)."""
    midnight = (day.toordinal() - _EPOCH_DAY) * DAY_SECONDS
    offset = next(offset for start, end, offset in day_parts(day, zone) if start <= instant < end)
    return instant + offset - midnight


def second_of_day(at: time) -> int:
    """Seconds since 00:00 on the clock's face."""
    return at.hour * _HOUR + at.minute * 60 + at.second


def _offset(second: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(second, zone).utcoffset() or timedelta()
    return int(offset.total_seconds())


def _change_between(low: int, high: int, zone: ZoneInfo) -> int:
    """The first second after ``low`` with another offset; ``high`` has one."""
    before = _offset(low, zone)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(middle, zone) == before:
            low = middle
        else:
            high = middle
    return high
