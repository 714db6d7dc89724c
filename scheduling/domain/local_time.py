"""Between local dates and exact instants, in any zone.

A date without an hour is counted from local midnight, and local midnight is the *first instant* of that date:
some zones skip 00:00 on the day the clocks go forward, one skipped a whole day. Zone rules: IANA tz database.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

When = date | datetime
"""A date (counted from its first local instant) or an aware date-time."""

_MIDNIGHT = time()
_SECOND = timedelta(seconds=1)


@lru_cache(maxsize=65_536)
def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant, in UTC, whose date in the zone is ``day`` (or later, where the zone skipped it)."""
    local = datetime.combine(day, _MIDNIGHT, tzinfo=zone)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    return _first_instant_after_gap(day, zone, local)


def _first_instant_after_gap(day: date, zone: ZoneInfo, local: datetime) -> datetime:
    # In a gap fold=1 lies before the jump and fold=0 after it: the jump is between them, on a whole second.
    low = local.replace(fold=1).astimezone(UTC)
    high = local.astimezone(UTC)
    while high - low > _SECOND:
        middle = low + ((high - low) // 2 // _SECOND) * _SECOND
        if middle.astimezone(zone).date() >= day:
            high = middle
        else:
            low = middle
    return high


def is_whole_day(when: When) -> bool:
    """Whether only the date is known."""
    return not isinstance(when, datetime)


def instant_of(when: When, zone: ZoneInfo) -> datetime:
    """The exact instant in UTC."""
    return when.astimezone(UTC) if isinstance(when, datetime) else start_of_day(when, zone)


def date_of(when: When, zone: ZoneInfo) -> date:
    """The local date."""
    return when.astimezone(zone).date() if isinstance(when, datetime) else when
