"""What beat and the workers do for the clinics, done here and now by whoever has no broker.

Beside workers it does no harm: rows decide who does what.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from scheduling.services.booking import release_expired_holds
from scheduling.services.calendar_renewal import renew_entries
from scheduling.services.paper_lists import write_due_lists
from scheduling.services.register_import import advance_import, take_up_stalled
from scheduling.services.residual_trends import renew_stale_trends

SLICE_SECONDS = 2.0
"""Of a register, so that whoever is told to stop has not long to wait."""


def bring_in_registers(
    *, clock: Callable[[], datetime], is_enough: Callable[[], bool] = lambda: False
) -> int:
    """Check or import, each to its end, the registers that nobody began or whose worker is gone; how many.

    One that is left because it is enough for now stands still, and is taken up again two minutes later.
    """
    taken = take_up_stalled(now=clock())
    for import_id in taken:
        while not is_enough() and advance_import(import_id=import_id, now=clock(), seconds=SLICE_SECONDS):
            pass
    return len(taken)


def keep_clinics(*, now: datetime, seconds: float) -> tuple[int, int]:
    """Write the paper lists that are due, clear away old holds, and make up for so long for each of calendars and
    residuals that are behind: lists (written, failed)."""
    lists = write_due_lists(now=now)
    release_expired_holds(now=now)
    renew_entries(now=now, seconds=seconds)
    renew_stale_trends(now=now, seconds=seconds)
    return lists
