"""How grave a matter is by the days that are left: to the visit, and of the drug where it is about a refill.

The ladder is that of late refills (``scheduling.domain.care.rungs``). A visit alone stands one rung lower, since a
check-up that is missed empties no pump, and is never an emergency; a message that must not be lost stands on the
ladder itself. Somebody has to call in any case: never below that.
"""

from __future__ import annotations

from clinic.domain.catalogue import Hazard
from notifications.domain.escalation.causes import Cause
from scheduling.domain.care.rungs import Rung, rung

ABOUT_A_MESSAGE = frozenset({Cause.MAY_BE_LOST, Cause.NOT_DELIVERED, Cause.MISSED})
ABOUT_A_VISIT = frozenset({Cause.UNANSWERED, Cause.UNREACHABLE, Cause.CANNOT_COME, Cause.WANTS_OTHER_TIME})
NEARNESS_COUNTS = ABOUT_A_MESSAGE | ABOUT_A_VISIT
"""The causes whose rung follows the days left; the others have the rung at which they were opened."""
LEAST = Rung.STAFF_CALLS


def rung_near(
    *,
    days_left: int | None,
    is_critical: bool = False,
    hazard: Hazard | None = None,
    late: Rung | None = None,
) -> Rung:
    """The rung for so many days to the visit, or to whatever the message was about; None: nothing ahead is known.

    ``hazard`` and ``late`` only where it is about a refill: the drug, and the rung of the refill that runs late.
    """
    near = LEAST
    if days_left is not None:
        on_ladder = rung(
            days_to_empty=days_left, days_to_refill_date=None, hazard=hazard or Hazard.NO_WITHDRAWAL
        )
        lower = 0 if is_critical else 1
        near = Rung(min(max(on_ladder - lower, LEAST), Rung.PHYSICIAN))
    return max(near, late or LEAST)
