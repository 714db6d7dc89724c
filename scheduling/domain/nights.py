"""Which night's check is due: decided from the clinic's clock and the runs there are, never from a timer.

A night is named by the local date whose sweep hour it follows: with the sweep at 2 o'clock, the night of
21 November is due from 02:00 on that day until 02:00 on the next. A question asked late, often, or on the day
the clocks change therefore has the same answer: one run for every local date.
"""

from __future__ import annotations

from collections.abc import Container
from datetime import date, datetime, timedelta


def last_night(local_now: datetime, sweep_hour: int) -> date:
    """The night whose sweep hour came last on the clinic's clock; ``local_now`` is in the clinic's zone."""
    today = local_now.date()
    return today if local_now.hour >= sweep_hour else today - timedelta(days=1)


def night_due(local_now: datetime, sweep_hour: int, nights_begun: Container[date]) -> date | None:
    """The night to begin now, or None when it has begun.

    An earlier night that was missed is not made up for: what it would have worked out, this one does.
    """
    night = last_night(local_now, sweep_hour)
    return None if night in nights_begun else night
