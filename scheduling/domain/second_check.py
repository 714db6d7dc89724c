"""What a second person must confirm before it may move a refill date later, and what is in effect until then.

The record takes every fact at once; what waits is the effect of some of them on dates. Pure: the same facts, the same
standing dates and the same signatures give the same dates in effect, in whatever order they came.
Rule and worked cases: docs/reference/projection.md, "Second check".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from scheduling.domain.case import PumpCase
from scheduling.domain.findings import FindingCode, LimitKind
from scheduling.domain.local_time import start_of_day
from scheduling.domain.projection import Projection, Status
from scheduling.domain.schedule import days_between
from scheduling.domain.visits import latest_visit, target_visit

LATER_DAYS = 3
"""So many days later a date may move by one person's entry; counted from the dates that stood, so steps add up."""
EMERGENCY = timedelta(hours=72)
MISMATCHES_UNTIL_MATTER = 2
LEAST_REASON_LETTERS = 10


class CheckReason(StrEnum):
    """Why a second person is needed."""

    DRUG = "drug"
    CONCENTRATION = "concentration"
    OVERRIDE = "override"
    LATER = "later"
    IMPORT = "import"


OVERRIDES = frozenset(
    {
        FindingCode.OVERFILL,
        FindingCode.FLOW_OUT_OF_RANGE,
        FindingCode.IMPLAUSIBLE_INTERVAL,
        FindingCode.UNIT_SLIP,
        FindingCode.MISSING_BRIDGE,
        FindingCode.RESIDUAL_EXCEEDS_FILL,
        FindingCode.DRUG_MISMATCH,
    }
)
"""Stops over what somebody entered: saved all the same, they are soft limits overridden."""


@dataclass(frozen=True, slots=True)
class RefillDates:
    """The dates that everything else hangs on; None where not certain."""

    must_refill_by: date | None = None
    limited_by: LimitKind | None = None
    low_reservoir_on: date | None = None
    empty_on: date | None = None
    empty_at: datetime | None = None


Mixture = tuple[tuple[str, Decimal], ...]
"""Drug key and mcg/mL, the primary drug first."""


@dataclass(frozen=True, slots=True)
class InPump:
    """What is compared: the mixture, and the soft limits that are overridden."""

    mixture: Mixture
    overrides: frozenset[str] = frozenset()


def overrides_of(projection: Projection) -> frozenset[str]:
    """The soft limits that the entries behind a projection override."""
    return frozenset(each.code.value for each in projection.findings if each.code in OVERRIDES)


def reasons_for(
    stood: InPump | None, now: InPump, *, dates: RefillDates, measured_from: Iterable[RefillDates]
) -> frozenset[CheckReason]:
    """Why ``now`` needs a second person before its ``dates`` may be later; empty when it does not.

    ``stood`` is what was in the pump when nothing waited (None: nothing ever stood, so nothing can have changed), and
    ``measured_from`` the dates that would hold without the change.
    """
    reasons = set()
    if stood is not None and stood.mixture != now.mixture:
        reasons.add(_mixture_reason(stood.mixture, now.mixture))
    if now.overrides - (stood.overrides if stood else frozenset()):
        reasons.add(CheckReason.OVERRIDE)
    if is_later(dates, measured_from):
        reasons.add(CheckReason.LATER)
    return frozenset(reasons)


def _mixture_reason(old: Mixture, new: Mixture) -> CheckReason:
    is_other_drug = [drug for drug, _ in old[:1]] != [drug for drug, _ in new[:1]] or set(dict(old)) != set(
        dict(new)
    )
    return CheckReason.DRUG if is_other_drug else CheckReason.CONCENTRATION


def is_later(dates: RefillDates, measured_from: Iterable[RefillDates]) -> bool:
    """Whether the refill date is more than LATER_DAYS after the earliest of those it is measured from."""
    known = [each.must_refill_by for each in measured_from if each.must_refill_by is not None]
    if dates.must_refill_by is None or not known:
        return False
    return dates.must_refill_by > min(known) + timedelta(days=LATER_DAYS)


def earliest(dates: Iterable[RefillDates]) -> RefillDates:
    """Date by date the earliest that is known; the limit is that of the earliest refill date."""
    all_dates = list(dates)
    binding = min(
        (each for each in all_dates if each.must_refill_by is not None),
        key=lambda each: each.must_refill_by or date.max,
        default=RefillDates(),
    )
    return RefillDates(
        must_refill_by=binding.must_refill_by,
        limited_by=binding.limited_by,
        low_reservoir_on=_least(each.low_reservoir_on for each in all_dates),
        empty_on=_least(each.empty_on for each in all_dates),
        empty_at=min((each.empty_at for each in all_dates if each.empty_at is not None), default=None),
    )


def _least(days: Iterable[date | None]) -> date | None:
    return min((day for day in days if day is not None), default=None)


def stands(before: RefillDates | None, after: RefillDates) -> RefillDates:
    """The dates a later one is measured from, after a change within one cycle that needed no check.

    Earlier dates stand at once. A date later within LATER_DAYS does not, or many small steps would pass; nor does
    doubt (no date), which must not become a way round.
    """
    if before is None or before.must_refill_by is None:
        return after
    if after.must_refill_by is None or after.must_refill_by > before.must_refill_by:
        return before
    return after


def in_emergency(dates: RefillDates, allowed: RefillDates) -> RefillDates:
    """What is in effect while one person acts alone: what the act let through, and no more."""
    return earliest((dates, allowed)) if is_later(dates, [allowed]) else dates


def dates_of(projection: Projection, case: PumpCase) -> RefillDates:
    """The dates of a projection."""
    return RefillDates(
        must_refill_by=projection.must_refill_by,
        limited_by=projection.limited_by,
        low_reservoir_on=projection.low_reservoir_on,
        empty_on=projection.empty_on,
        empty_at=empty_at(case, projection),
    )


def empty_at(case: PumpCase, projection: Projection) -> datetime | None:
    """The instant the reservoir is empty, to the second below; the start of that day once it has passed."""
    if projection.empty_on is None:
        return None
    if projection.days_to_empty is not None and projection.days_to_empty > 0:
        return case.as_of_instant + timedelta(seconds=int(projection.days_to_empty * 86_400))
    return start_of_day(projection.empty_on, case.zone)


def held(case: PumpCase, projection: Projection, dates: RefillDates) -> Projection:
    """The projection with ``dates`` in effect, none of them later than its own.

    In review it stays in review: what is held binds as one more limit that is certain.
    """
    must, kind = dates.must_refill_by, dates.limited_by
    limits = _with_limit(projection.limits, kind, must)
    changed = replace(
        projection,
        limits=limits,
        low_reservoir_on=dates.low_reservoir_on,
        empty_on=dates.empty_on,
        days_to_empty=_days_to(case, dates.empty_at, projection),
        days_of_reserve=projection.days_of_reserve if dates.empty_on == projection.empty_on else None,
        high_flow=None,  # of what waits: beside an earlier date it would mislead
        mean_use=None,
    )
    if projection.status is Status.REVIEW or must is None:
        return changed
    return replace(
        changed,
        must_refill_by=must,
        limited_by=kind,
        target_visit_on=target_visit(must, case.rules),
        latest_visit_on=latest_visit(must, case.rules),
    )


def _with_limit(
    limits: Mapping[LimitKind, date], kind: LimitKind | None, day: date | None
) -> Mapping[LimitKind, date]:
    if kind is None or day is None:
        return limits
    found = {**limits, kind: min(day, limits.get(kind, day))}
    return {each: found[each] for each in LimitKind if each in found}


def _days_to(case: PumpCase, at: datetime | None, projection: Projection) -> Fraction | None:
    if at is None or at == empty_at(case, projection):
        return projection.days_to_empty
    return days_between(case.as_of_instant, at)
