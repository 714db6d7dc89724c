"""What stood in a pump and the dates it gave, and their stored forms: numbers as text, exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from clinic.selectors.facts import DrugFacts, ProgramFacts
from scheduling.domain.findings import LimitKind
from scheduling.domain.second_check import RefillDates


@dataclass(frozen=True, slots=True)
class Entered:
    """What stood in the pump: enough to work out the dates that would hold without what waits."""

    drugs: list[DrugFacts]
    programs: list[ProgramFacts]
    threshold_ml: Decimal | None
    constant_flow_ml_per_day: Decimal | None
    max_interval_days: int | None
    end_of_service_on: date | None
    overrides: frozenset[str] = frozenset()


def entered_to_json(entered: Entered) -> dict[str, Any]:
    """As ``StandingDates.in_pump`` keeps it: numbers as text, exactly."""
    return {
        "drugs": [
            [d.drug_key, str(d.concentration), d.concentration_unit, d.is_diluted, d.stability_days]
            for d in entered.drugs
        ],
        "programs": [
            [
                p.starts_on.isoformat(),
                p.starts_at.isoformat() if p.starts_at else None,
                p.kind,
                _text(p.dose),
                p.dose_unit,
                _text(p.flow_ml_per_day),
                p.pattern,
                _text(p.bolus_dose),
                p.bolus_unit,
                p.bolus_max_per_day,
                _text(p.bolus_mean_per_day),
            ]
            for p in entered.programs
        ],
        "threshold_ml": _text(entered.threshold_ml),
        "constant_flow_ml_per_day": _text(entered.constant_flow_ml_per_day),
        "max_interval_days": entered.max_interval_days,
        "end_of_service_on": entered.end_of_service_on.isoformat() if entered.end_of_service_on else None,
        "overrides": sorted(entered.overrides),
    }


def entered_from_json(stored: Mapping[str, Any]) -> Entered:
    ends = stored["end_of_service_on"]
    return Entered(
        drugs=[
            DrugFacts(key, Decimal(concentration), unit, is_diluted, stability_days, None)
            for key, concentration, unit, is_diluted, stability_days in stored["drugs"]
        ],
        programs=[_program(row) for row in stored["programs"]],
        threshold_ml=_number(stored["threshold_ml"]),
        constant_flow_ml_per_day=_number(stored["constant_flow_ml_per_day"]),
        max_interval_days=stored["max_interval_days"],
        end_of_service_on=date.fromisoformat(ends) if ends else None,
        overrides=frozenset(stored["overrides"]),
    )


def _program(row: list[Any]) -> ProgramFacts:
    return ProgramFacts(
        starts_on=date.fromisoformat(row[0]),
        starts_at=datetime.fromisoformat(row[1]) if row[1] else None,
        kind=row[2],
        dose=_number(row[3]),
        dose_unit=row[4],
        flow_ml_per_day=_number(row[5]),
        pattern=row[6],
        bolus_dose=_number(row[7]),
        bolus_unit=row[8],
        bolus_max_per_day=row[9],
        bolus_mean_per_day=_number(row[10]),
    )


def dates_to_json(dates: RefillDates) -> dict[str, str | None]:
    return {
        "must_refill_by": dates.must_refill_by.isoformat() if dates.must_refill_by else None,
        "limited_by": dates.limited_by.value if dates.limited_by else None,
        "low_reservoir_on": dates.low_reservoir_on.isoformat() if dates.low_reservoir_on else None,
        "empty_on": dates.empty_on.isoformat() if dates.empty_on else None,
        "empty_at": dates.empty_at.isoformat() if dates.empty_at else None,
    }


def dates_from_json(stored: Mapping[str, str | None]) -> RefillDates:
    days = {
        name: date.fromisoformat(value) if (value := stored[name]) else None
        for name in ("must_refill_by", "low_reservoir_on", "empty_on")
    }
    kind, at = stored["limited_by"], stored["empty_at"]
    return RefillDates(
        **days,
        limited_by=LimitKind(kind) if kind else None,
        empty_at=datetime.fromisoformat(at) if at else None,
    )


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
