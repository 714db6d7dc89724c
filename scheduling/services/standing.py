"""The dates that stand and what is in effect beside them, for one pump's facts: reads no table, writes none.

A stored forecast and a page's outlook both come through ``judge``, so what is in effect does not depend on where a
fact came from: a page, an import, the admin, a shell or SQL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import product
from typing import Any

from clinic.selectors.facts import DrugFacts, FillFacts, ImplantFacts, ProgramFacts
from scheduling.domain.case import CaseError, PumpCase
from scheduling.domain.engine import project
from scheduling.domain.findings import LimitKind
from scheduling.domain.fingerprint import fingerprint
from scheduling.domain.projection import Projection
from scheduling.domain.second_check import (
    CheckReason,
    InPump,
    Mixture,
    RefillDates,
    dates_of,
    earliest,
    held,
    in_emergency,
    overrides_of,
    reasons_for,
    stands,
)
from scheduling.services.cases import Setting, case_of, in_mcg


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


@dataclass(frozen=True, slots=True)
class Stood:
    """The stored dates that stand of one pump."""

    fill_id: int
    filled_on: date
    dates: RefillDates
    in_pump: Mapping[str, Any]
    fingerprint: str

    @property
    def entered(self) -> Entered:
        """What was in the pump; read when something has changed, which is seldom."""
        return entered_from_json(self.in_pump)


@dataclass(frozen=True, slots=True)
class Emergency:
    """One person's act that is still in effect: for one fill, and no later than it let through."""

    fill_id: int
    allowed: RefillDates


@dataclass(frozen=True, slots=True)
class Beside:
    """What is stored about one pump's dates beside its facts."""

    stood: Stood | None = None
    emergency: Emergency | None = None
    signed: frozenset[str] = frozenset()
    """The inputs for which a second person has signed."""
    chain: Mapping[int, int] = field(default_factory=dict)
    """Which fill each correction corrects."""


NOTHING = Beside()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is in effect. ``projection`` is that, ``full`` what the record alone would give.

    ``reasons``: why a second person is needed; empty when nothing waits. ``stands``: the dates that stand from now on,
    None where they stay as they were.
    """

    case: PumpCase
    projection: Projection
    full: Projection
    fingerprint: str
    reasons: frozenset[CheckReason] = frozenset()
    is_emergency: bool = False
    is_signed: bool = False
    stands: Stood | None = None

    @property
    def is_held(self) -> bool:
        """Whether any date is another than the record alone would give."""
        return self.projection is not self.full


def judge(facts: ImplantFacts, setting: Setting, case: PumpCase, beside: Beside) -> Judgement:
    """What is in effect for these facts: never later than what stood while a second person is missing.

    A function of the facts, the dates that stand and the signatures, so it may run again at any time.
    """
    full, mark, stood = project(case), fingerprint(case), beside.stood
    if stood is not None and stood.fingerprint == mark:
        return Judgement(case, full, full, mark)
    dates, now = dates_of(full, case), entered_of(facts, full)
    emergency = beside.emergency
    is_emergency = emergency is not None and _is_this_fill(facts, emergency.fill_id, beside.chain)
    if stood is None:
        reasons = reasons_for(None, _in_pump(now), dates=dates, measured_from=())
        is_signed = mark in beside.signed
        stand = _stood(facts, now, dates, mark) if is_signed or not reasons else None
        return Judgement(
            case,
            full,
            full,
            mark,
            frozenset() if stand else reasons,
            is_emergency=is_emergency and not stand,
            is_signed=is_signed,
            stands=stand,
        )
    same_cycle, before = is_same_cycle(facts, stood, beside.chain), stood.entered
    without = [] if same_cycle else list(_without(facts, setting, before))
    reasons = reasons_for(
        _in_pump(before),
        _in_pump(now),
        dates=dates,
        measured_from=[stood.dates] if same_cycle else without,
    )
    if not reasons or mark in beside.signed:
        kept = stands(stood.dates, dates) if same_cycle and not reasons else dates
        stand = _stood(facts, now, kept, mark)
        return Judgement(case, full, full, mark, is_signed=bool(reasons), stands=stand)
    if emergency is not None and is_emergency:
        in_effect = in_emergency(dates, emergency.allowed)
    else:
        if same_cycle:
            without = [stood.dates, *_without(facts, setting, before)]
        in_effect = earliest([dates, *without])
    projection = full if in_effect == dates else held(case, full, in_effect)
    return Judgement(case, projection, full, mark, reasons, is_emergency)


def is_same_cycle(facts: ImplantFacts, stood: Stood, chain: Mapping[int, int]) -> bool:
    """Whether the fill in the pump is the one that stood, or a correction of it, or none after it."""
    return facts.fills[-1].filled_on <= stood.filled_on or _is_this_fill(facts, stood.fill_id, chain)


def _is_this_fill(facts: ImplantFacts, fill_id: int, chain: Mapping[int, int]) -> bool:
    here: int | None = facts.fills[-1].fill_id
    while here is not None and here != fill_id:
        here = chain.get(here)
    return here is not None


def entered_of(facts: ImplantFacts, projection: Projection) -> Entered:
    """What the facts say is in the pump."""
    fill = facts.fills[-1]
    return Entered(
        drugs=fill.drugs,
        programs=_since(facts.programs, fill.filled_on),
        threshold_ml=facts.threshold_ml,
        constant_flow_ml_per_day=facts.constant_flow_ml_per_day,
        max_interval_days=facts.max_interval_days,
        end_of_service_on=facts.end_of_service_on,
        overrides=overrides_of(projection),
    )


def mixture_of(drugs: list[DrugFacts]) -> Mixture:
    """The primary drug first, the others in an order of their own: only the first place means anything."""
    parts = [(drug.drug_key, in_mcg(drug.concentration, drug.concentration_unit)) for drug in drugs]
    return (*parts[:1], *sorted(parts[1:]))


def _in_pump(entered: Entered) -> InPump:
    return InPump(mixture_of(entered.drugs), entered.overrides)


def _since(programs: list[ProgramFacts], day: date) -> list[ProgramFacts]:
    """The programs that matter from a fill on: the last before its day, and all from it."""
    before = [program for program in programs if program.starts_on < day]
    return before[-1:] + [program for program in programs if program.starts_on >= day]


def _stood(facts: ImplantFacts, entered: Entered, dates: RefillDates, mark: str) -> Stood:
    fill = facts.fills[-1]
    return Stood(fill.fill_id, fill.filled_on, dates, entered_to_json(entered), mark)


def _without(facts: ImplantFacts, setting: Setting, old: Entered) -> Iterator[RefillDates]:
    """The dates this fill would give with what stood in place of what waits, each way of mixing the two.

    Another primary drug has doses of its own: old and new are then not mixed. What cannot be worked out so holds
    nothing back.
    """
    fill = facts.fills[-1]
    cautious = _cautious(facts, old)
    drugs = [fill.drugs, old.drugs] if mixture_of(fill.drugs) != mixture_of(old.drugs) else [fill.drugs]
    day = fill.filled_on
    is_other_program = _since(facts.programs, day) != _since(old.programs, day)
    programs = [facts.programs, old.programs] if is_other_program else [facts.programs]
    pairs = list(product(drugs, programs))
    if _primary(fill.drugs) != _primary(old.drugs):
        pairs = [(drugs[0], programs[0]), (drugs[-1], programs[-1])]
    for mixture, running in pairs:
        if mixture is fill.drugs and running is facts.programs and cautious is facts:
            continue
        found = _dates(_as_if(cautious, fill, mixture, running), setting)
        if found is not None:
            yield found


def _primary(drugs: list[DrugFacts]) -> str:
    return drugs[0].drug_key if drugs else ""


def _cautious(facts: ImplantFacts, old: Entered) -> ImplantFacts:
    """The pump's own values, the less favourable of old and new; the facts themselves where they are the same."""
    values: dict[str, Any] = {
        "threshold_ml": _worse(facts.threshold_ml, old.threshold_ml, max),
        "constant_flow_ml_per_day": _worse(facts.constant_flow_ml_per_day, old.constant_flow_ml_per_day, max),
        "max_interval_days": _worse(facts.max_interval_days, old.max_interval_days, min),
        "end_of_service_on": _worse(facts.end_of_service_on, old.end_of_service_on, min),
    }
    changed = {name: value for name, value in values.items() if getattr(facts, name) != value}
    return replace(facts, **changed) if changed else facts


def _worse(new: Any, old: Any, choose: Any) -> Any:
    known = [value for value in (new, old) if value is not None]
    return choose(known) if known else None


def _as_if(
    facts: ImplantFacts, fill: FillFacts, drugs: list[DrugFacts], programs: list[ProgramFacts]
) -> ImplantFacts:
    """The same fill, judged alone: what it is compared with is another question."""
    is_first = fill.first_fill or ("no" if len(facts.fills) > 1 else "")
    changed = replace(fill, drugs=drugs, first_fill=is_first)
    if drugs is not fill.drugs:
        changed = replace(
            changed, bridge_old_volume_ml=None, bridge_old_concentration=None, bridge_old_unit=""
        )
    return replace(facts, fills=[changed], programs=programs)


def _dates(facts: ImplantFacts, setting: Setting) -> RefillDates | None:
    try:
        case = case_of(facts, setting)
    except CaseError:
        return None
    return None if case is None else dates_of(project(case), case)


# --- Stored forms -----------------------------------------------------------------------------------------


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


__all__ = [
    "NOTHING",
    "Beside",
    "Emergency",
    "Entered",
    "Judgement",
    "Stood",
    "dates_from_json",
    "dates_to_json",
    "entered_from_json",
    "entered_of",
    "entered_to_json",
    "is_same_cycle",
    "judge",
    "mixture_of",
]
