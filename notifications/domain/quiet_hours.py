"""When nobody is to be disturbed, on the clock of whoever reads; and from a wall time to its instant.

The hours to begin with, 21:00 to 08:00, are those that United States telephone rules (47 CFR 64.1200(c)(1)) leave
alone, kept for e-mail too. Clock changes: ``scheduling.domain.wall_time``; a time that the clocks skip is the next
there is, one that comes twice is the earlier.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scheduling.domain.wall_time import SkippedTime, moment_of

QUIET_FROM = time(21)
QUIET_UNTIL = time(8)
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_LAST_MINUTE = time(23, 59)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one wall time to another, over midnight where the second is the earlier."""

    begin: time = QUIET_FROM
    end: time = QUIET_UNTIL

    @property
    def is_over_midnight(self) -> bool:
        return self.begin > self.end

    def hold(self, at: time) -> bool:
        """Whether a clock that shows ``at`` stands in them."""
        if self.is_over_midnight:
            return at >= self.begin or at < self.end
        return self.begin <= at < self.end

    @property
    def last_minute(self) -> time:
        """The end of a day on which something may be said: their beginning, or midnight where they end before it."""
        return self.begin if self.is_over_midnight else _LAST_MINUTE


USUAL = QuietHours()


def instant_at(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant (UTC) at which clocks in ``zone`` show ``at`` on ``day``, or the next time they do show."""
    try:
        return moment_of(day, at, zone).instant
    except SkippedTime as skipped:
        return moment_of(skipped.next_valid.date(), skipped.next_valid.time(), zone).instant


def first_allowed(
    moment: datetime, zone: ZoneInfo, quiet_from: time = QUIET_FROM, quiet_until: time = QUIET_UNTIL
) -> datetime:
    """The moment itself, or the end of the quiet hours in which it falls; in the zone."""
    hours = QuietHours(quiet_from, quiet_until)
    local = moment.astimezone(zone)
    if not hours.hold(local.time()):
        return local
    is_evening = hours.is_over_midnight and local.time() >= hours.begin
    day = local.date() + _DAY if is_evening else local.date()
    end = instant_at(day, hours.end, zone)
    if end < moment:  # the clocks went back in between: the end comes once more
        end = moment_of(day, hours.end, zone, later=True).instant
    return end.astimezone(zone)


def last_allowed(moment: datetime, zone: ZoneInfo, hours: QuietHours = USUAL) -> datetime:
    """The last whole minute before the moment that is not quiet; in the zone."""
    before = moment - _MINUTE
    local = before.astimezone(zone)
    if not hours.hold(local.time()):
        return local
    is_morning = hours.is_over_midnight and local.time() < hours.end
    day = local.date() - _DAY if is_morning else local.date()
    return (instant_at(day, hours.begin, zone) - _MINUTE).astimezone(zone)


def sending_time(
    due: datetime, not_after: datetime, zone: ZoneInfo, hours: QuietHours = USUAL
) -> datetime | None:
    """When something due at an hour goes out: after the quiet hours, or before them where that would be too late.

    None where it would be too late in any case: what is due only when its time is over. In UTC.
    """
    if due >= not_after:
        return None
    later = first_allowed(due, zone, hours.begin, hours.end)
    found = later if later < not_after else last_allowed(due, zone, hours)
    return found.astimezone(UTC)
