"""The work list. See ``pages`` for how it is sorted and ``rows`` for what it shows."""

from scheduling.selectors.worklist.pages import (
    PAGE_SIZE,
    Sorting,
    Wanted,
    WorkList,
    group_questions,
    group_values,
    groups_from,
    urgent_count,
    work_list,
)
from scheduling.selectors.worklist.rows import MISSING, ORDER, Booking, WorkRow, days_until

__all__ = [
    "MISSING",
    "ORDER",
    "PAGE_SIZE",
    "Booking",
    "Sorting",
    "Wanted",
    "WorkList",
    "WorkRow",
    "days_until",
    "group_questions",
    "group_values",
    "groups_from",
    "urgent_count",
    "work_list",
]
