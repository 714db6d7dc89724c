"""The dates that stand and what is in effect beside them, for one pump's facts: reads no table, writes none.

A stored forecast and a page's outlook both come through ``judge``, so what is in effect does not depend on where a
fact came from: a page, an import, the admin, a shell or SQL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import product
from typing import Any

from clinic.selectors.facts import DrugFacts, FillFacts, ImplantFacts, ProgramFacts
from scheduling.domain.case import CaseError, PumpCase
from scheduling.domain.engine import project
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
from scheduling.services.entered import Entered, entered_from_json, entered_to_json


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
class Imported:
    """What an import brought that nobody has checked yet. ``fingerprint`` is of the inputs that it left behind.

    ``is_first``: nothing stood before it, so what stands is the import's own. ``is_emergency``: one person alone has
    put the import into effect.
    """

    fill_id: int
    fingerprint: str | None = None
    is_first: bool = False
    is_emergency: bool = False


@dataclass(frozen=True, slots=True)
class Beside:
    """What is stored about one pump's dates beside its facts."""

    stood: Stood | None = None
    emergency: Emergency | None = None
    imported: tuple[Imported, ...] = ()
    signed: frozenset[str] = frozenset()
    """The inputs for which a second person has signed."""
    chain: Mapping[int, int] = field(default_factory=dict)
    """Which fill each correction corrects."""


NOTHING = Beside()
_IMPORT = frozenset({CheckReason.IMPORT})


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
    is_signed = mark in beside.signed
    waits = _IMPORT if rests_on_import(facts, mark, beside) and not is_signed else frozenset()
    is_alone = bool(waits) and any(each.is_emergency and each.fingerprint == mark for each in beside.imported)
    emergency = beside.emergency
    is_emergency = emergency is not None and _is_this_fill(facts, emergency.fill_id, beside.chain)
    if stood is not None and stood.fingerprint == mark:
        return Judgement(case, full, full, mark, waits, is_alone)
    dates, now = dates_of(full, case), entered_of(facts, full)
    if stood is None:
        own = reasons_for(None, _in_pump(now), dates=dates, measured_from=())
        stand = _stood(facts, now, dates, mark) if is_signed or not own else None
        left = frozenset() if is_signed else own | waits
        is_in_effect = bool(left) and (is_alone or is_emergency)
        return Judgement(case, full, full, mark, left, is_in_effect, is_signed=is_signed, stands=stand)
    same_cycle, before = is_same_cycle(facts, stood, beside.chain), stood.entered
    without = [] if same_cycle else list(_without(facts, setting, before))
    measured_from = [stood.dates] if same_cycle else without
    reasons = waits | reasons_for(_in_pump(before), _in_pump(now), dates=dates, measured_from=measured_from)
    if not reasons or is_signed:
        kept = stands(stood.dates, dates) if same_cycle and not reasons else dates
        stand = _stood(facts, now, kept, mark)
        return Judgement(case, full, full, mark, is_signed=bool(reasons), stands=stand)
    if is_alone:
        in_effect = dates
    elif emergency is not None and is_emergency:
        in_effect = in_emergency(dates, emergency.allowed)
    else:
        # A refill by an import is in doubt as a whole, so what stood before it stays; one by hand begins anew.
        kept_dates = [stood.dates] if same_cycle or waits else []
        without = without or list(_without(facts, setting, before))
        in_effect = earliest([dates, *kept_dates, *without])
    projection = full if in_effect == dates else held(case, full, in_effect)
    return Judgement(case, projection, full, mark, reasons, is_alone or is_emergency)


def rests_on_import(facts: ImplantFacts, mark: str, beside: Beside) -> bool:
    """Whether what is in the pump came by an import that nobody has checked.

    What stood before an import is not its own: going back to it, or a refill by hand, leaves the import behind.
    """
    stood = beside.stood
    return any(
        stood is None
        or each.is_first
        or (mark != stood.fingerprint and _is_this_fill(facts, each.fill_id, beside.chain))
        for each in beside.imported
    )


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


__all__ = [
    "NOTHING",
    "Beside",
    "Emergency",
    "Imported",
    "Judgement",
    "Stood",
    "entered_of",
    "is_same_cycle",
    "judge",
    "mixture_of",
]
