"""The lines of the reasons that follow the volume: programs, bridge, walk, reading, crossings."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import groupby, pairwise

from clinic.domain.quantities import MassUnit, in_unit
from clinic.domain.register.reasons import gettext_noop as _
from scheduling.domain.case import PumpCase
from scheduling.domain.figures import plain
from scheduling.domain.local_time import date_of, is_whole_day
from scheduling.domain.model import Leg, Model
from scheduling.domain.program import ContinuousDose, ContinuousFlow, Program, Step, Stopped, WeekPattern
from scheduling.domain.projection import Dates, Projection
from scheduling.domain.rates import bolus_flow, flow_of
from scheduling.domain.reason_texts import (
    WEEKDAYS,
    Phrase,
    Phrases,
    Reason,
    ReasonCode,
    ReasonValue,
    phrase,
    reason,
)


def walk_reasons(case: PumpCase, projection: Projection) -> Iterator[Reason]:
    """From the programs to the days the threshold and 0 mL are reached; the walk only where it is certain."""
    model = Model(case)
    yield from _programs(model)
    if projection.low_reservoir_on is None:
        return
    yield from _bridge(model)
    yield from _walk(model)
    yield from _crossings(model, projection)
    yield from _beside(case, projection)


def _programs(model: Model) -> Iterator[Reason]:
    case = model.case
    if case.pump.constant_flow_ml_per_day is not None:
        yield reason(ReasonCode.CONSTANT_FLOW, flow=case.pump.constant_flow_ml_per_day)
        return
    if model.schedule.at_fill is not None:
        yield from _program(model, model.schedule.at_fill, case.fill_on)
    for change in model.schedule.changes:
        since = date_of(change.program.starts, case.zone)
        yield from _program(model, change.program, since)
        if is_whole_day(change.program.starts):
            yield reason(ReasonCode.CHANGE_DAY, on=since)


def _program(model: Model, program: Program, since: ReasonValue) -> Iterator[Reason]:
    primary = model.case.fill.primary
    concentration = primary.concentration_mcg_per_ml
    delivery = program.delivery
    if isinstance(delivery, Stopped):
        yield reason(ReasonCode.STOPPED, since=since)
    elif isinstance(delivery, ContinuousFlow):
        yield reason(ReasonCode.PLAIN_FLOW, since=since, flow=delivery.flow_ml_per_day)
    elif isinstance(delivery, ContinuousDose):
        unit = primary.shown_in
        yield reason(
            ReasonCode.DOSE_FLOW,
            since=since,
            dose=in_unit(delivery.dose_mcg_per_day, unit),
            unit=unit.value,
            concentration=in_unit(concentration, unit),
            flow=flow_of(program, concentration).flat,
        )
    else:
        yield from _pattern(delivery, program, since, concentration, primary.shown_in)
    bolus = program.patient_bolus
    if bolus is not None:
        yield reason(
            ReasonCode.BOLUS,
            maximum=bolus.max_per_day,
            dose=in_unit(bolus.dose_mcg, bolus.shown_in),
            unit=bolus.shown_in.value,
            flow=bolus_flow(bolus, bolus.max_per_day, concentration),
        )


def _pattern(
    pattern: WeekPattern, program: Program, since: ReasonValue, concentration: Decimal, unit: MassUnit
) -> Iterator[Reason]:
    flow = flow_of(program, concentration)
    days = sorted(range(7), key=lambda day: pattern.days.index(pattern.days[day]))
    for steps, group in groupby(days, key=lambda day: pattern.days[day]):
        weekdays = list(group)
        yield reason(
            ReasonCode.PATTERN_FLOW,
            since=since,
            days=Phrases(tuple(phrase(WEEKDAYS[day]) for day in weekdays), " ")
            if len(weekdays) < 7
            else phrase(_("every day")),
            steps=Phrases(tuple(_step(step, unit) for step in steps), " + "),
            flow=flow.on_weekday(weekdays[0]),
        )


def _step(step: Step, unit: MassUnit) -> Phrase:
    if step.dose_mcg_per_hour is not None:
        dose = in_unit(step.dose_mcg_per_hour, unit)
        return phrase(_("{hours} h × {dose} {unit}/h"), hours=step.hours, dose=dose, unit=unit.value)
    assert step.flow_ml_per_day is not None  # noqa: S101 - Step holds exactly one of the two
    return phrase(_("{hours} h at {flow} mL/day"), hours=step.hours, flow=step.flow_ml_per_day)


def _bridge(model: Model) -> Iterator[Reason]:
    bridge, old_ml = model.case.bridge, model.start.old_drug_ml
    if bridge is None or not old_ml:
        return
    ends = model.nominal.reach(model.start, old_ml)
    until = model.date_at(ends)
    if ends is None or until is None:
        return
    first = model.nominal.phases[0].rates[0].bridged
    unit = model.case.fill.primary.shown_in
    yield reason(
        ReasonCode.BRIDGE,
        old_ml=old_ml,
        concentration=in_unit(bridge.old_concentration_mcg_per_ml, unit),
        unit=unit.value,
        flow=first.on_weekday(model.case.fill_on.weekday()),
        until=until,
        days=ends,
    )


def _walk(model: Model) -> Iterator[Reason]:
    legs = model.legs(Fraction(1))
    for number, leg in enumerate(legs):
        if number:
            yield from _reading(model)
        yield from _leg(model, leg)
    if len(legs) == 1:
        yield from _reading(model)


def _leg(model: Model, leg: Leg) -> Iterator[Reason]:
    """One line for each stretch at one program; a leg to empty ends at the threshold."""
    low = model.nominal.reach(leg.start, leg.volume_ml - model.threshold_ml)
    until = leg.until if low is None else min(low, leg.until)
    corners = {leg.start.at, until, *(phase.start for phase in model.nominal.phases)}
    if leg.start.old_drug_ml:
        corners.add(model.nominal.reach(leg.start, leg.start.old_drug_ml) or until)
    marks = sorted(corner for corner in corners if leg.start.at <= corner <= until)
    for begin, end in pairwise(marks):
        used_before, _ = model.nominal.used(leg.start, begin)
        used, _ = model.nominal.used(leg.start, end)
        gone = used - used_before
        begins_on, ends_on = model.date_at(begin), model.date_at(end)
        if begins_on is not None and ends_on is not None:
            yield reason(
                ReasonCode.WALK,
                start=begins_on,
                end=ends_on,
                days=end - begin,
                used_ml=gone,
                flow=gone / (end - begin),
                left_ml=leg.volume_ml - used,
            )


def _reading(model: Model) -> Iterator[Reason]:
    rebase = model.rebase
    if rebase is not None:
        yield reason(
            ReasonCode.READING_COUNTS if rebase.applies else ReasonCode.READING_AGREES,
            reading_ml=rebase.reading_ml,
            on=date_of(rebase.reading.at, model.case.zone),
            modelled_ml=rebase.least_ml,
        )


def _crossings(model: Model, projection: Projection) -> Iterator[Reason]:
    crossing = model.crossing()
    for moment, on, volume, what in (
        (crossing.low, projection.low_reservoir_on, model.threshold_ml, _("low reservoir")),
        (crossing.empty, projection.empty_on, Fraction(0), _("empty")),
    ):
        if moment is not None and on is not None:
            yield reason(ReasonCode.CROSSING, volume_ml=volume, on=on, what=phrase(what), days=moment)
    days_to_empty = projection.days_to_empty
    if projection.remaining_ml is None or days_to_empty is None:
        return
    if days_to_empty <= 0:
        yield reason(ReasonCode.EMPTY_SINCE, on=projection.as_of, days=plain(-days_to_empty, places=1))
    else:
        yield reason(
            ReasonCode.REMAINING,
            on=projection.as_of,
            remaining_ml=projection.remaining_ml,
            days=plain(days_to_empty, places=1),
        )


def _beside(case: PumpCase, projection: Projection) -> Iterator[Reason]:
    percent = case.pump.accuracy_percent
    if percent is not None and projection.high_flow is not None:
        yield from _dates(ReasonCode.HIGH_FLOW, projection.high_flow, percent=percent)
    if projection.mean_use is not None:
        yield from _dates(ReasonCode.MEAN_USE, projection.mean_use)


def _dates(code: ReasonCode, dates: Dates, **values: ReasonValue) -> Iterator[Reason]:
    if dates.low_reservoir_on is not None and dates.empty_on is not None:
        yield reason(code, low_on=dates.low_reservoir_on, empty_on=dates.empty_on, **values)
