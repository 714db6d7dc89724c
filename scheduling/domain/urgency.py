"""How urgent a pump is: its group on the work list and its place in it.

Groups: emergency when the day of running empty has come; overdue when ``must_refill_by`` has; at risk when
the latest safe visit day has passed, or the booked visit is after it; due from 14 days before the target;
review when a date is in doubt; else later. Within a group: fewest days to empty first, then the graver drug.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from fractions import Fraction

from clinic.domain.catalogue import Hazard
from scheduling.domain.case import ClinicRules
from scheduling.domain.findings import LimitKind
from scheduling.domain.projection import Projection, Status
from scheduling.domain.visits import next_open_day

DUE_BEFORE_TARGET_DAYS = 14
_FAR_AWAY = Fraction(10**6)


class WorkGroup(IntEnum):
    """The groups of the work list, most urgent first."""

    EMERGENCY = 0
    OVERDUE = 1
    AT_RISK = 2
    DUE = 3
    REVIEW = 4
    LATER = 5


@dataclass(frozen=True, slots=True)
class Deadlines:
    """What the group depends on; a stored forecast row holds the same.

    In review ``must_refill_by`` and the visit days are None and ``certain_by``, the earliest limit that is
    still certain, stands in for the worst of it: the true date is never later.
    """

    is_in_review: bool
    empty_on: date | None
    must_refill_by: date | None
    latest_visit_on: date | None
    target_visit_on: date | None
    certain_by: date | None = None


def deadlines_of(projection: Projection) -> Deadlines:
    """The deadlines of a fresh projection."""
    return Deadlines(
        is_in_review=projection.status is Status.REVIEW,
        empty_on=projection.empty_on,
        must_refill_by=projection.must_refill_by,
        latest_visit_on=projection.latest_visit_on,
        target_visit_on=projection.target_visit_on,
        certain_by=min(projection.limits.values(), default=None),
    )


def work_group(deadlines: Deadlines, *, today: date, visit_on: date | None = None) -> WorkGroup:
    """The group on ``today``, given the day of the booked refill visit (None: nothing booked).

    A pump in review is an emergency all the same when its empty date is certain and has come, and overdue
    when a certain limit has.
    """
    if deadlines.empty_on is not None and today >= deadlines.empty_on:
        return WorkGroup.EMERGENCY
    if deadlines.is_in_review or deadlines.must_refill_by is None:
        is_overdue = deadlines.certain_by is not None and today >= deadlines.certain_by
        return WorkGroup.OVERDUE if is_overdue else WorkGroup.REVIEW
    if today >= deadlines.must_refill_by:
        return WorkGroup.OVERDUE
    latest, target = deadlines.latest_visit_on, deadlines.target_visit_on
    if latest is not None and (today > latest or (visit_on is not None and visit_on > latest)):
        return WorkGroup.AT_RISK
    if target is not None and today >= target - timedelta(days=DUE_BEFORE_TARGET_DAYS):
        return WorkGroup.DUE
    return WorkGroup.LATER


def review_by(limits: Mapping[LimitKind, date], *, today: date, rules: ClinicRules) -> date:
    """When a pump in review must be looked at: its earliest certain limit, at the latest the next working day."""
    return min([next_open_day(today, rules), *limits.values()])


def urgency_key(
    group: WorkGroup, *, days_to_empty: Fraction | None, hazard: Hazard, acts_by: date | None
) -> tuple[int, Fraction, int, date]:
    """Sorts the work list: group, then days to empty (not known: last), then the graver drug, then the date."""
    return (
        group,
        _FAR_AWAY if days_to_empty is None else days_to_empty,
        -hazard,
        date.max if acts_by is None else acts_by,
    )
