"""When nobody is to be disturbed: 21:00 to 08:00 on the clinic's clock.

The hours are those that United States telephone rules (47 CFR 64.1200(c)(1)) leave alone, kept for e-mail too.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

QUIET_FROM = time(21)
QUIET_UNTIL = time(8)


def first_allowed(moment: datetime, zone: ZoneInfo) -> datetime:
    """The moment itself, or the end of the quiet hours in which it falls; in the zone."""
    local = moment.astimezone(zone)
    if QUIET_UNTIL <= local.time() < QUIET_FROM:
        return local
    day = local.date() + timedelta(days=1) if local.time() >= QUIET_FROM else local.date()
    return datetime.combine(day, QUIET_UNTIL, zone)
