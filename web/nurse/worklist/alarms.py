"""What stands above the work list: pumps that nothing watches, and booked visits that are wrong now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from scheduling.domain.visit_conflicts import Remedy
from scheduling.selectors.conflicts import VisitConflict, visit_conflicts
from scheduling.selectors.lapse import WhyLapsed, lapsed
from web.access import ClinicRequest
from web.conflicts import REMEDIES, conflict_words

SHOWN_AT_ONCE = 8
"""More than these are folded: the list below must not sink out of sight."""
LAPSED: Mapping[WhyLapsed, str | Promise] = {
    WhyLapsed.NO_FORECAST: _("Nothing was ever worked out for this pump. Tell whoever runs the system."),
    WhyLapsed.NO_ITEM: _("No visit is booked and the refill is on nobody's list."),
    WhyLapsed.NO_OWNER: _("No visit is booked, and whoever had the refill no longer works here."),
    WhyLapsed.POSTPONED_TOO_FAR: _("No visit is booked, and the refill was postponed beyond its last day."),
    WhyLapsed.STALE_ITEM: _("No visit is booked, and the refill's days are not those of the forecast."),
}


def alarms(request: ClinicRequest) -> dict[str, Any]:
    """Both lists, gravest first; empty ones are not shown. The number of queries is constant."""
    pumps = lapsed(request.clinic.id, request.now)
    wrong = visit_conflicts(request.clinic.id, request.now)
    # What was booked as soon as could be, for a day that had passed, must not bury what has only now gone wrong.
    found = [_conflict(each) for each in wrong if not each.was_late_when_placed]
    return {
        "lapsed": [{"row": row, "why": LAPSED[row.why]} for row in pumps],
        "conflicts": found[:SHOWN_AT_ONCE],
        "more_conflicts": found[SHOWN_AT_ONCE:],
        "conflict_count": len(found),
        "late_from_the_start": [_conflict(each) for each in wrong if each.was_late_when_placed],
    }


def _conflict(found: VisitConflict) -> dict[str, Any]:
    return {
        "row": found,
        "words": conflict_words(found),
        "remedy": REMEDIES[found.remedy],
        "may_move": found.remedy is Remedy.MOVE,
        "is_about_pump": found.remedy is Remedy.REVIEW,
    }
