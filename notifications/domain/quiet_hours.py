"""When nobody is to be disturbed: 21:00 to 08:00 on the reader's clock, unless the clinic says otherwise.

The hours are those that United States telephone rules (47 CFR 64.1200(c)(1)) leave alone, kept for e-mail too.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

QUIET_FROM = time(21)
QUIET_UNTIL = time(8)


def first_allowed(
    moment: datetime, zone: ZoneInfo, quiet_from: time = QUIET_FROM, quiet_until: time = QUIET_UNTIL
) -> datetime:
    """The moment itself, or the end of the quiet hours in which it falls; in the zone."""
    local = moment.astimezone(zone)
    spans_midnight = quiet_from > quiet_until
    after, before = local.time() >= quiet_from, local.time() < quiet_until
    if not ((after or before) if spans_midnight else (after and before)):
        return local
    day = local.date() + timedelta(days=1) if spans_midnight and after else local.date()
    return datetime.combine(day, quiet_until, zone)
