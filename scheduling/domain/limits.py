"""The limits of a refill date: each by its own rule, the earliest binds.

Day limits are calendar days from the fill's local date. A mixture takes its shortest member's stability; the
pharmacy's stated days override the catalogue. Sources: docs/reference/projection.md, "Limits".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from clinic.domain.catalogue import Stability
from scheduling.domain.case import DrugInFill, PumpCase
from scheduling.domain.findings import LimitKind
from scheduling.domain.pump import Pump

NEW_PUMP_DAYS = 30
DAYS_AFTER_REPLACEMENT_SIGNAL = 90


@dataclass(frozen=True, slots=True)
class MemberStability:
    """How long one drug of the mixture may stay in the pump, in days; None: not known."""

    member: DrugInFill
    days: int | None
    rule: Stability | None = None


def is_first_fill(case: PumpCase) -> bool:
    """As stated; else true when no previous fill is known and the fill is within 30 days of the implant."""
    stated = case.fill.is_first_fill
    if stated is not None:
        return stated
    implanted_on = case.pump.implanted_on
    if case.previous is not None or implanted_on is None:
        return False
    return (case.fill_on - implanted_on).days <= NEW_PUMP_DAYS


def stabilities(case: PumpCase) -> tuple[MemberStability, ...]:
    """Each drug's longest time in the pump, in the order of the mixture."""
    drugs = case.fill.drugs
    if len(drugs) == 1:
        return (_stability(drugs[0], frozenset(), case),)
    keys = frozenset(member.drug.key for member in drugs)
    return tuple(_stability(member, keys - {member.drug.key}, case) for member in drugs)


def _stability(member: DrugInFill, beside: frozenset[str], case: PumpCase) -> MemberStability:
    if member.stability_days is not None:
        return MemberStability(member, member.stability_days)
    rule = member.drug.longest_time_in_pump(
        is_first_fill=is_first_fill(case), is_diluted=member.is_diluted is not False, beside=beside
    )
    return MemberStability(member, None if rule is None else rule.days, rule)


def stability_limit(case: PumpCase, members: Iterable[MemberStability]) -> date | None:
    """The fill's date plus the shortest member's days; None when any member's is not known."""
    shortest: int | None = None
    for member in members:
        if member.days is None:
            return None
        shortest = member.days if shortest is None else min(shortest, member.days)
    return None if shortest is None else case.fill_on + timedelta(days=shortest)


def end_of_service(pump: Pump) -> date | None:
    """The earliest of the stated date, the replacement signal + 90 days, the implant + service life."""
    ends = [] if pump.end_of_service_on is None else [pump.end_of_service_on]
    if pump.replacement_signal_on is not None:
        ends.append(pump.replacement_signal_on + timedelta(days=DAYS_AFTER_REPLACEMENT_SIGNAL))
    if pump.implanted_on is not None and pump.service_life_years is not None:
        ends.append(years_after(pump.implanted_on, pump.service_life_years))
    return min(ends, default=None)


def years_after(day: date, years: int) -> date:
    """The same day so many years on; 29 February falls back to the 28th, never forward."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def limits_of(
    case: PumpCase, *, low_reservoir_on: date | None, stability_on: date | None
) -> dict[LimitKind, date]:
    """Every limit there is, in the order of LimitKind (which decides a tie)."""
    limits: dict[LimitKind, date] = {}
    if low_reservoir_on is not None:
        limits[LimitKind.LOW_RESERVOIR] = low_reservoir_on
    if stability_on is not None:
        limits[LimitKind.STABILITY] = stability_on
    if case.limits.max_interval_days is not None:
        limits[LimitKind.INTERVAL] = case.fill_on + timedelta(days=case.limits.max_interval_days)
    service_ends = end_of_service(case.pump)
    if service_ends is not None:
        limits[LimitKind.END_OF_SERVICE] = service_ends
    if case.limits.printed_on is not None:
        limits[LimitKind.PRINTED_DATE] = case.limits.printed_on
    return limits


def binding(limits: Mapping[LimitKind, date]) -> LimitKind | None:
    """The earliest limit; on a tie the first in the order of LimitKind."""
    return min(limits, key=lambda kind: limits[kind], default=None)
