"""From the record's facts to the projection's case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from clinic.domain.catalogue import Catalogue, Drug
from clinic.domain.quantities import MassUnit
from clinic.selectors.facts import ClinicFacts, DrugFacts, FillFacts, ImplantFacts, ProgramFacts
from scheduling.domain.case import (
    Bridge,
    CaseError,
    ClinicRules,
    ContinuousDose,
    ContinuousFlow,
    Delivery,
    DrugInFill,
    Event,
    EventKind,
    Fill,
    Limits,
    PatientBolus,
    Previous,
    Program,
    Pump,
    PumpCase,
    Reading,
    Step,
    Stopped,
    WeekPattern,
    When,
    pump_of_model,
)
from scheduling.domain.engine import project
from scheduling.domain.local_time import instant_of
from scheduling.domain.schedule import days_between

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MG = Decimal(1000)
FLOW_STEP = Decimal("1e-12")
_FIRST_FILL = {"yes": True, "no": False}
BEARS_ON_DATE = frozenset(kind.value for kind in EventKind)


@dataclass(frozen=True, slots=True)
class Setting:
    """What all cases of one clinic share on one day."""

    as_of: date
    zone: ZoneInfo
    rules: ClinicRules
    catalogue: Catalogue
    max_interval_days: int | None
    known_drugs: dict[tuple[object, ...], DrugInFill] = field(default_factory=dict, compare=False)
    """Drugs in fills met before: a clinic uses few concentrations, thousands of times."""


def setting_of(facts: ClinicFacts, *, catalogue: Catalogue, now: datetime) -> Setting:
    """The clinic's rules, and its local date at ``now``."""
    zone = ZoneInfo(facts.time_zone)
    rules = ClinicRules(
        target_margin_days=facts.target_margin_days,
        latest_margin_days=facts.latest_margin_days,
        open_weekdays=frozenset(facts.open_weekdays),
        closed_on=facts.closed_on,
        high_flow_binds=facts.does_high_flow_bind,
    )
    return Setting(
        as_of=now.astimezone(zone).date(),
        zone=zone,
        rules=rules,
        catalogue=catalogue,
        max_interval_days=facts.max_interval_days,
    )


def case_of(facts: ImplantFacts, setting: Setting) -> PumpCase | None:
    """The case of one implant, or None while it has never been filled.

    Raises CaseError when the record contradicts itself; the field is named in the words of the file format.
    """
    if not facts.fills:
        return None
    fill, older = facts.fills[-1], facts.fills[:-1]
    pump = _pump(facts, setting)
    programs = _programs(facts, setting.zone)
    previous = _previous(older[-1], fill, pump, programs, setting) if older else None
    return PumpCase(
        as_of=setting.as_of,
        zone=setting.zone,
        pump=pump,
        fill=_fill(fill, setting),
        programs=programs,
        bridge=_bridge(fill),
        previous=previous,
        events=_events(facts),
        readings=_readings(facts, fill),
        limits=_limits(facts, fill, setting),
        rules=setting.rules,
    )


def _pump(facts: ImplantFacts, setting: Setting) -> Pump:
    model = setting.catalogue.pump_model(facts.pump_model_key)
    if model is None:
        raise CaseError("pump.model", f"{facts.pump_model_key} is not in the catalogue")
    signals = [event.occurred_on for event in facts.events if event.kind == "replacement_signal"]
    return pump_of_model(
        model,
        threshold_ml=facts.threshold_ml,
        constant_flow_ml_per_day=facts.constant_flow_ml_per_day,
        implanted_on=facts.implanted_on,
        end_of_service_on=facts.end_of_service_on,
        replacement_signal_on=min(signals, default=None),
    )


def _fill(fill: FillFacts, setting: Setting) -> Fill:
    beyond_use = [drug.beyond_use_on for drug in fill.drugs if drug.beyond_use_on is not None]
    return Fill(
        at=fill.filled_at or fill.filled_on,
        volume_ml=fill.fill_volume_ml,
        drugs=tuple(_drug(drug, setting) for drug in fill.drugs),
        is_first_fill=_FIRST_FILL.get(fill.first_fill),
        beyond_use_on=min(beyond_use, default=None),
    )


def _drug(row: DrugFacts, setting: Setting) -> DrugInFill:
    key = (row.drug_key, row.concentration, row.concentration_unit, row.stability_days, row.is_diluted)
    known = setting.known_drugs.get(key)
    if known is None:
        known = setting.known_drugs[key] = DrugInFill(
            drug=setting.catalogue.drug(row.drug_key) or Drug(key=row.drug_key),
            concentration_mcg_per_ml=in_mcg(row.concentration, row.concentration_unit),
            stability_days=row.stability_days,
            is_diluted=row.is_diluted,
            shown_in=mass_unit(row.concentration_unit),
        )
    return known


@lru_cache(maxsize=32)
def mass_unit(unit: str) -> MassUnit:
    """The unit of mass in ``mcg/mL``, ``mg/day`` and the like."""
    try:
        return MassUnit(unit.partition("/")[0])
    except ValueError:
        raise CaseError("unit", f"{unit} is not a unit of mass") from None


def in_mcg(amount: Decimal, unit: str) -> Decimal:
    """An amount in mcg, mcg/mL, mcg/day or mcg/h from one in that unit or its mg counterpart."""
    return amount if mass_unit(unit) is MassUnit.MICROGRAM else amount * MG


def _programs(facts: ImplantFacts, zone: ZoneInfo) -> tuple[Program, ...]:
    """In the order in which they ran, whichever was entered first."""
    programs = [_program(row) for row in facts.programs]
    if len(programs) > 1:
        programs.sort(key=lambda program: instant_of(program.starts, zone))
    return tuple(programs)


def _program(row: ProgramFacts) -> Program:
    bolus = None
    if row.bolus_dose is not None and row.bolus_max_per_day is not None:
        bolus = PatientBolus(
            dose_mcg=in_mcg(row.bolus_dose, row.bolus_unit),
            max_per_day=Decimal(row.bolus_max_per_day),
            mean_per_day=row.bolus_mean_per_day,
            shown_in=MassUnit(row.bolus_unit),
        )
    return Program(starts=row.starts_at or row.starts_on, delivery=_delivery(row), patient_bolus=bolus)


def _delivery(row: ProgramFacts) -> Delivery:
    if row.kind == "stopped":
        return Stopped()
    if row.pattern is not None:
        return week_pattern(row.pattern)
    if row.flow_ml_per_day is not None:
        return ContinuousFlow(row.flow_ml_per_day)
    if row.dose is None:
        raise CaseError("program.dose", "is missing")
    return ContinuousDose(in_mcg(row.dose, row.dose_unit), shown_in=mass_unit(row.dose_unit))


def week_pattern(pattern: Sequence[dict[str, Any]]) -> WeekPattern:
    """The stored pattern (the shape of the forecast file's ``days``) as seven days of steps, Monday first."""
    days: dict[str, tuple[Step, ...]] = {}
    for group in pattern:
        steps = tuple(_step(step) for step in group["steps"])
        for day in group["on"]:
            if day in days:
                raise CaseError("program.days.on", f"names {day} twice")
            days[day] = steps
    if set(days) != set(WEEKDAYS):
        raise CaseError("program.days.on", "must cover each weekday exactly once")
    return WeekPattern(tuple(days[day] for day in WEEKDAYS))


def _step(step: dict[str, Any]) -> Step:
    dose, flow = step.get("dose_per_hour"), step.get("flow_ml_per_day")
    return Step(
        hours=Decimal(step["hours"]),
        dose_mcg_per_hour=None if dose is None else in_mcg(Decimal(dose), step["unit"]),
        flow_ml_per_day=None if flow is None else Decimal(flow),
    )


def _bridge(fill: FillFacts) -> Bridge | None:
    if fill.bridge_old_volume_ml is None or fill.bridge_old_concentration is None:
        return None
    return Bridge(fill.bridge_old_volume_ml, in_mcg(fill.bridge_old_concentration, fill.bridge_old_unit))


def _events(facts: ImplantFacts) -> tuple[Event, ...]:
    return tuple(
        Event(EventKind(event.kind), event.occurred_at or event.occurred_on)
        for event in facts.events
        if event.kind in BEARS_ON_DATE
    )


def _is_of_this_fill(when: When, day: date, fill: FillFacts) -> bool:
    if isinstance(when, datetime) and fill.filled_at is not None:
        return when >= fill.filled_at
    return day >= fill.filled_on


def _readings(facts: ImplantFacts, fill: FillFacts) -> tuple[Reading, ...]:
    return tuple(
        Reading(row.read_at or row.read_on, row.reservoir_ml)
        for row in facts.readings
        if row.reservoir_ml is not None and _is_of_this_fill(row.read_at or row.read_on, row.read_on, fill)
    )


def _limits(facts: ImplantFacts, fill: FillFacts, setting: Setting) -> Limits:
    """The shorter of the clinic's and the patient's interval; the newest printout since the fill."""
    intervals = [days for days in (facts.max_interval_days, setting.max_interval_days) if days is not None]
    return Limits(max_interval_days=min(intervals, default=None), printed_on=_printed_on(facts, fill))


def _printed_on(facts: ImplantFacts, fill: FillFacts) -> date | None:
    """The date on the newest printout; among those of one day whose order is not known, the earliest."""
    printouts = [
        (row.read_on, row.read_at, row.printed_refill_on)
        for row in facts.readings
        if row.printed_refill_on is not None
        and _is_of_this_fill(row.read_at or row.read_on, row.read_on, fill)
    ]
    if fill.printed_refill_on is not None:
        printouts.append((fill.filled_on, fill.filled_at, fill.printed_refill_on))
    last_day = max((day for day, _, _ in printouts), default=None)
    of_last_day = [(at, printed) for day, at, printed in printouts if day == last_day]
    last_at = max((at for at, _ in of_last_day if at is not None), default=None)
    return min((printed for at, printed in of_last_day if at is None or at == last_at), default=None)


def _previous(
    older: FillFacts, fill: FillFacts, pump: Pump, programs: tuple[Program, ...], setting: Setting
) -> Previous:
    """The cycle before this fill, with the flow its own programs gave (None where that is not known).

    What was in the pump is known even so: a change of drug or of concentration is judged without a flow.
    """
    primary = _drug(older.drugs[0], setting)
    running = _in_force(programs, fill.filled_on, setting.zone)
    flow = _mean_flow(older, fill, pump, programs, setting)
    delivery = running.delivery if running else None
    is_always_even = running is None and pump.constant_flow_ml_per_day is not None
    return Previous(
        fill_at=older.filled_at or older.filled_on,
        fill_volume_ml=older.fill_volume_ml,
        flow_ml_per_day=flow,
        residual_ml=fill.residual_ml,
        drug=primary.drug,
        # A pump of constant flow gives the same volume at any concentration: no bridge is asked for.
        concentration_mcg_per_ml=None if is_always_even else primary.concentration_mcg_per_ml,
        dose_mcg_per_day=delivery.dose_mcg_per_day if isinstance(delivery, ContinuousDose) else None,
    )


def _day(when: When, zone: ZoneInfo) -> date:
    return when.astimezone(zone).date() if isinstance(when, datetime) else when


def _in_force(programs: Sequence[Program], before: date, zone: ZoneInfo) -> Program | None:
    """The program that ran last before a day: a change made at the refill belongs to the next cycle."""
    started = [program for program in programs if _day(program.starts, zone) < before]
    return started[-1] if started else None


def _mean_flow(
    older: FillFacts, fill: FillFacts, pump: Pump, programs: tuple[Program, ...], setting: Setting
) -> Decimal | None:
    """What the pump was programmed to give, mL/day, from one fill to the next."""
    ran = tuple(program for program in programs if _day(program.starts, setting.zone) < fill.filled_on)
    if _runs_evenly(ran, older, setting.zone):
        return _even_flow(ran[-1].delivery, older)
    if not ran:
        return None
    cycle = PumpCase(
        as_of=fill.filled_on,
        zone=setting.zone,
        pump=pump,
        fill=_fill(older, setting),
        programs=ran,
        bridge=_bridge(older),
    )
    projection = project(cycle)
    days = days_between(cycle.fill_instant, cycle.as_of_instant)
    if projection.remaining_ml and days:
        return _positive((Fraction(older.fill_volume_ml) - projection.remaining_ml) / days)
    return _positive(projection.flow_ml_per_day)


def _runs_evenly(ran: Sequence[Program], older: FillFacts, zone: ZoneInfo) -> bool:
    """Whether one unchanging program without boluses ran from the older fill on (nearly every pump)."""
    if not ran or older.bridge_old_volume_ml is not None:
        return False
    last = ran[-1]
    return (
        _day(last.starts, zone) <= older.filled_on
        and last.patient_bolus is None
        and isinstance(last.delivery, ContinuousDose | ContinuousFlow)
    )


def _even_flow(delivery: Delivery, older: FillFacts) -> Decimal | None:
    if isinstance(delivery, ContinuousFlow):
        return delivery.flow_ml_per_day
    if not isinstance(delivery, ContinuousDose):
        return None
    primary = older.drugs[0]
    return _positive(delivery.dose_mcg_per_day / in_mcg(primary.concentration, primary.concentration_unit))


def _positive(flow: Fraction | Decimal | None) -> Decimal | None:
    """To 12 decimals: residuals are judged to a hundredth of a millilitre, and no date rests on this."""
    if flow is None or flow <= 0:
        return None
    if isinstance(flow, Fraction):
        flow = Decimal(flow.numerator) / Decimal(flow.denominator)
    return flow.quantize(FLOW_STEP) or None
