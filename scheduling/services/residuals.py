"""What each refill should have found, and what it did find."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from clinic.selectors.facts import FillFacts, ImplantFacts
from scheduling.domain.local_time import instant_of
from scheduling.domain.residual import ResidualCheck, residual_check
from scheduling.domain.schedule import days_between
from scheduling.services.cases import Setting, case_of
from scheduling.services.outlook import Outlook


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the reservoir should hold at this refill; ``check`` is None until a residual is entered."""

    expected_ml: Fraction
    since: date
    days: Fraction
    fill_volume_ml: Decimal
    flow_ml_per_day: Decimal
    check: ResidualCheck | None


@dataclass(frozen=True, slots=True)
class Found:
    """One refill at which a residual was found, against what was expected (None: not known)."""

    filled_on: date
    residual_ml: Decimal
    expectation: Expectation | None


def expectation_of(outlook: Outlook) -> Expectation | None:
    """What the cycle before the newest fill should have left; None without such a cycle or its program."""
    case = outlook.case
    if case is None or case.previous is None or len(outlook.facts.fills) < 2:
        return None
    previous, fill = case.previous, outlook.facts.fills[-1]
    if previous.flow_ml_per_day is None:
        return None
    days = days_between(instant_of(previous.fill_at, case.zone), case.fill_instant)
    programmed = Fraction(previous.flow_ml_per_day) * days
    check = None
    if fill.residual_ml is not None:
        check = residual_check(
            fill_volume_ml=previous.fill_volume_ml,
            programmed_ml=programmed,
            residual_ml=fill.residual_ml,
            reservoir_ml=case.pump.reservoir_ml,
        )
    return Expectation(
        expected_ml=max(Fraction(0), Fraction(previous.fill_volume_ml) - programmed),
        since=outlook.facts.fills[-2].filled_on,
        days=days,
        fill_volume_ml=previous.fill_volume_ml,
        flow_ml_per_day=previous.flow_ml_per_day,
        check=check,
    )


def residual_trend(outlook: Outlook) -> list[Found]:
    """Every refill among the outlook's fills at which a residual was found, oldest first."""
    return found_residuals(outlook.facts, outlook.setting)


def found_residuals(facts: ImplantFacts, setting: Setting) -> list[Found]:
    """Every refill among the facts' fills at which a residual was found, oldest first."""
    return [
        Found(fill.filled_on, fill.residual_ml, _expected_at(facts, setting, facts.fills[: number + 1]))
        for number, fill in enumerate(facts.fills)
        if number and fill.residual_ml is not None
    ]


def _expected_at(facts: ImplantFacts, setting: Setting, fills: list[FillFacts]) -> Expectation | None:
    """The expectation as it stood at the last of these fills; what came later does not bear on it."""
    as_it_was = replace(facts, fills=fills, readings=[], events=[])
    try:
        return expectation_of(Outlook(as_it_was, setting, case=case_of(as_it_was, setting)))
    except Exception:  # one contradiction of the record must not hide the other refills
        return None
