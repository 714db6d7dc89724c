"""Between which days a visit that loses its time may be placed anew, and by when it should be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from scheduling.domain.case import ClinicRules
from scheduling.domain.visits import latest_visit, open_day_at_or_before, target_visit

EARLY_REFILL_DAYS = 14
GRACE_DAYS = 14
"""How long after its last safe day a time is still looked for, where nothing says when it would be too late."""
LATE_REFILL_DAYS = 7
DAYS_WITHOUT_DEADLINE = 28


@dataclass(frozen=True, slots=True)
class RefillDue:
    """The forecast of the pump that a visit refills. In review ``must_refill_by`` is None."""

    must_refill_by: date | None
    certain_by: date | None = None


@dataclass(frozen=True, slots=True)
class Purpose:
    """An open follow-up, other than the refill, that a visit serves."""

    target_on: date
    latest_on: date


@dataclass(frozen=True, slots=True)
class Bounds:
    """The first day, the last safe day (None: none binds), the last day that is looked at at all."""

    earliest_on: date
    latest_on: date | None
    last_on: date


def bounds_of(
    booked_on: date, *, refill: RefillDue | None, purposes: Sequence[Purpose], rules: ClinicRules
) -> Bounds:
    """The bounds of a visit booked on ``booked_on``; ``rules`` already know the days to be closed.

    A refill's last day is its *must refill by*, unless it was booked after that: then the next week. A pump in
    review is wanted at once, and no later than what is still certain, or than it was booked.
    """
    found = [] if refill is None else [_of_refill(booked_on, refill, rules)]
    if purposes:
        found.append(_of_purposes(booked_on, purposes, rules))
    if not found:
        return Bounds(date.min, None, booked_on + timedelta(days=DAYS_WITHOUT_DEADLINE))
    return Bounds(
        earliest_on=min(booked_on, max(each.earliest_on for each in found)),
        latest_on=min(each.latest_on for each in found if each.latest_on is not None),
        last_on=found[0].last_on,
    )


def _of_refill(booked_on: date, refill: RefillDue, rules: ClinicRules) -> Bounds:
    must_by = refill.must_refill_by
    if must_by is None:
        latest_on = open_day_at_or_before(refill.certain_by or booked_on, rules)
        return Bounds(date.min, latest_on, max(latest_on, booked_on) + timedelta(days=GRACE_DAYS))
    return Bounds(
        earliest_on=target_visit(must_by, rules) - timedelta(days=EARLY_REFILL_DAYS),
        latest_on=latest_visit(must_by, rules),
        last_on=must_by if must_by >= booked_on else booked_on + timedelta(days=LATE_REFILL_DAYS),
    )


def _of_purposes(booked_on: date, purposes: Sequence[Purpose], rules: ClinicRules) -> Bounds:
    latest_on = open_day_at_or_before(min(each.latest_on for each in purposes), rules)
    return Bounds(
        earliest_on=max(each.target_on for each in purposes),
        latest_on=latest_on,
        last_on=max(latest_on, booked_on) + timedelta(days=GRACE_DAYS),
    )
