"""A time zone as a VTIMEZONE, written from the tz database with yearly rules (RFC 5545, 3.6.5).

Lists of dates are read wrongly by common readers, so each change of the clock is a rule where the zone has one, and
an onset of its own where it has none (Morocco's follows the moon).
"""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from scheduling.domain.calendars.text import content_line

FIRST_YEAR, LAST_YEAR = 2024, 2055
"""What is looked at: long enough for every day of the week to meet every date."""
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True, slots=True)
class _Change:
    """The clock changes at ``wall``, the time on it before the change."""

    wall: datetime
    before: timedelta
    after: timedelta
    name: str
    is_summer: bool


@lru_cache(maxsize=64)
def zone_lines(zone: str) -> bytes:
    """The VTIMEZONE of an IANA zone; raises ZoneInfoNotFoundError for one that is unknown."""
    found = list(_changes(ZoneInfo(zone)))
    start = datetime(FIRST_YEAR, 1, 1, tzinfo=ZoneInfo(zone))
    parts = [b"BEGIN:VTIMEZONE\r\n", content_line("TZID", zone)]
    first = start.utcoffset() or timedelta()
    parts.append(
        _component(
            _Change(
                datetime.fromisoformat("1970-01-01"), first, first, start.tzname() or zone, _is_summer(start)
            )
        )
    )
    rules = _rules(found)
    if rules is None:
        parts += [_component(change) for change in found]
    else:
        parts += [_component(change, rule) for change, rule in rules]
    parts.append(b"END:VTIMEZONE\r\n")
    return b"".join(parts)


def _changes(zone: ZoneInfo) -> Iterator[_Change]:
    """Every change of the clock in the years that are looked at."""
    moment = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    end = datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)
    while moment < end:
        later = moment + timedelta(days=1)
        if _shown(moment, zone) != _shown(later, zone):
            yield _change(moment, later, zone)
        moment = later


def _shown(moment: datetime, zone: ZoneInfo) -> tuple[timedelta, str]:
    local = moment.astimezone(zone)
    return local.utcoffset() or timedelta(), local.tzname() or ""


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> _Change:
    old = _shown(before, zone)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if _shown(middle, zone) == old:
            before = middle
        else:
            after = middle
    offset, name = _shown(after, zone)
    wall = (after + old[0]).replace(tzinfo=None)
    return _Change(wall, old[0], offset, name, _is_summer(after.astimezone(zone)))


def _is_summer(local: datetime) -> bool:
    return bool(local.dst())


def _rules(changes: Sequence[_Change]) -> list[tuple[_Change, str]] | None:
    """The first of each yearly change with its rule; None where a change is not yearly."""
    kinds: defaultdict[tuple[object, ...], list[_Change]] = defaultdict(list)
    for change in changes:
        wall = change.wall
        kinds[wall.month, wall.weekday(), wall.time(), change.before, change.after, change.name].append(
            change
        )
    found = []
    for same in kinds.values():
        rule = _rule(same)
        if rule is None:
            return None
        found.append((same[0], rule))
    return found


def _rule(same: Sequence[_Change]) -> str | None:
    if [change.wall.year for change in same] != list(range(FIRST_YEAR, LAST_YEAR + 1)):
        return None
    month, weekday = same[0].wall.month, _DAYS[same[0].wall.weekday()]
    days = [change.wall.day for change in same]
    yearly = f"FREQ=YEARLY;BYMONTH={month};"
    if all(change.wall.day + 7 > calendar.monthrange(change.wall.year, month)[1] for change in same):
        return f"{yearly}BYDAY=-1{weekday}"
    first = min(days)
    if max(days) - first != 6:
        return None
    if first % 7 == 1:
        return f"{yearly}BYDAY={first // 7 + 1}{weekday}"
    return f"{yearly}BYMONTHDAY={','.join(str(first + day) for day in range(7))};BYDAY={weekday}"


def _component(change: _Change, rule: str = "") -> bytes:
    kind = "DAYLIGHT" if change.is_summer else "STANDARD"
    parts = [
        f"BEGIN:{kind}\r\n".encode(),
        content_line("DTSTART", f"{change.wall:%Y%m%dT%H%M%S}"),
        content_line("TZOFFSETFROM", _offset(change.before)),
        content_line("TZOFFSETTO", _offset(change.after)),
        content_line("TZNAME", change.name),
    ]
    if rule:
        parts.append(content_line("RRULE", rule))
    return b"".join([*parts, f"END:{kind}\r\n".encode()])


def _offset(offset: timedelta) -> str:
    seconds = int(offset.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("+", seconds)
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{sign}{hours:02}{minutes:02}" + (f"{seconds:02}" if seconds else "")
