"""What a second person re-enters, and whether it is the same: never what it is.

The names of fields are said where something differs; values stay here. Amounts are compared exactly, in mcg and mL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from clinic.selectors.facts import ImplantFacts, ProgramFacts
from scheduling.services.cases import in_mcg
from scheduling.services.standing import Beside

DOSE, FLOW, FLEX, STOPPED, NONE = "dose", "flow", "flex", "stopped", ""
HOURS = Decimal(24)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which values are asked for, without any of them."""

    drugs: int
    program: str
    """How the pump runs: ``dose``, ``flow``, ``flex``, ``stopped``; empty where it runs at its own flow."""
    days: tuple[tuple[str, ...], ...] = ()
    """Of a flex program the groups of weekdays; what each day holds is asked for."""
    is_by_flow: bool = False
    """Whether what a day of a flex program holds is asked for in mL, not in mass."""
    has_bolus: bool = False
    has_threshold: bool = False
    has_day: bool = False
    """Whether the day of the fill is asked for."""


@dataclass(frozen=True, slots=True)
class Reentered:
    """What the second person entered. ``values`` by field, amounts in mcg and mL; drugs as (key, mcg/mL)."""

    drugs: Sequence[tuple[str, Decimal]]
    values: Mapping[str, Decimal | int | str | None] = field(default_factory=dict)


def asked_of(facts: ImplantFacts, beside: Beside, *, of_import: bool = False) -> Asked:
    """What is asked about these facts: all that the refill date rests on.

    Of an import also what is not news at the bedside: the day of the fill, and a threshold of the pump's own.
    """
    program = facts.programs[-1] if facts.programs and facts.constant_flow_ml_per_day is None else None
    kind = NONE if program is None else _kind(program)
    return Asked(
        drugs=len(facts.fills[-1].drugs) if facts.fills else 0,
        program=kind,
        days=tuple(tuple(group["on"]) for group in program.pattern or ()) if program else (),
        is_by_flow=program is not None and _is_by_flow(program),
        has_bolus=program is not None and program.bolus_dose is not None,
        has_threshold=_has_other_threshold(facts, beside) or (of_import and facts.threshold_ml is not None),
        has_day=of_import,
    )


def differing(facts: ImplantFacts, asked: Asked, given: Reentered) -> list[str]:
    """The fields in which what was re-entered is not what is recorded; empty when all is the same."""
    wrong = _differing_drugs(facts, given)
    for name, expected in _expected(facts, asked).items():
        if given.values.get(name) != expected:
            wrong.append(name)
    return wrong


def _has_other_threshold(facts: ImplantFacts, beside: Beside) -> bool:
    return beside.stood is not None and beside.stood.entered.threshold_ml != facts.threshold_ml


def _differing_drugs(facts: ImplantFacts, given: Reentered) -> list[str]:
    recorded = {
        drug.drug_key: in_mcg(drug.concentration, drug.concentration_unit) for drug in facts.fills[-1].drugs
    }
    primary = facts.fills[-1].drugs[0].drug_key if facts.fills[-1].drugs else ""
    wrong, seen = [], set()
    for number, (key, concentration) in enumerate(given.drugs, start=1):
        if key not in recorded or key in seen or (number == 1) != (key == primary):
            wrong.append(f"drugs.{number}.drug")
        elif recorded[key] != concentration:
            wrong.append(f"drugs.{number}.concentration")
        seen.add(key)
    return wrong


def _expected(facts: ImplantFacts, asked: Asked) -> dict[str, Decimal | int | str | None]:
    expected: dict[str, Decimal | int | str | None] = {"fill_volume_ml": facts.fills[-1].fill_volume_ml}
    if asked.has_day:
        expected["filled_on"] = facts.fills[-1].filled_on.isoformat()
    if asked.has_threshold:
        expected["threshold_ml"] = facts.threshold_ml
    if not asked.program:
        return expected
    program = facts.programs[-1]
    expected["is_stopped"] = "yes" if asked.program == STOPPED else "no"
    if asked.program == DOSE and program.dose is not None:
        expected["dose"] = in_mcg(program.dose, program.dose_unit)
    elif asked.program == FLOW:
        expected["flow_ml_per_day"] = program.flow_ml_per_day
    elif asked.program == FLEX:
        for number, group in enumerate(program.pattern or (), start=1):
            expected[f"days.{number}"] = _of_a_day(group["steps"])
    if program.bolus_dose is not None:
        expected["bolus_dose"] = in_mcg(program.bolus_dose, program.bolus_unit)
        expected["bolus_max_per_day"] = program.bolus_max_per_day
    return expected


def _kind(program: ProgramFacts) -> str:
    if program.kind == STOPPED:
        return STOPPED
    if program.pattern is not None:
        return FLEX
    return FLOW if program.flow_ml_per_day is not None else DOSE


def _is_by_flow(program: ProgramFacts) -> bool:
    steps = [step for group in program.pattern or () for step in group["steps"]]
    return any(step.get("dose_per_hour") is None for step in steps)


def _of_a_day(steps: Sequence[Mapping[str, Any]]) -> Decimal:
    """What one day of a pattern gives: mcg, or mL where the steps are flows."""
    total = Decimal(0)
    for step in steps:
        hours = Decimal(step["hours"])
        if step.get("dose_per_hour") is not None:
            total += hours * in_mcg(Decimal(step["dose_per_hour"]), step["unit"])
        else:
            total += hours * Decimal(step["flow_ml_per_day"]) / HOURS
    return total
