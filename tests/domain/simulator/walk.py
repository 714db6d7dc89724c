"""The walk itself: the drug leaves the reservoir, hour by hour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, NamedTuple

from tests.domain.simulator.clock import Hours, When
from tests.domain.simulator.program import Course, Step, Version

Use = Literal["most", "mean"]
GIVE_UP_AFTER_HOURS = 24 * 366 * 60


@dataclass(frozen=True)
class Reading:
    at: Hours
    ml: Fraction


@dataclass(frozen=True)
class Pump:
    """Everything the walk needs."""

    fill: When
    fill_ml: Fraction
    threshold_ml: Fraction
    mcg_per_ml: Fraction
    course: Course
    clock_ahead: Fraction  # hours the pump's clock is ahead of UTC, for ever that of the fill
    old_ml: Fraction
    old_mcg_per_ml: Fraction
    as_of: Hours


@dataclass
class Walked:
    """What one walk saw."""

    low_at: Hours | None = None
    empty_at: Hours | None = None
    ml_at: dict[Hours, Fraction] = field(default_factory=dict)
    ml_per_hour_at: dict[Hours, Fraction] = field(default_factory=dict)


def _step_at(version: Version, instant: Hours, pump: Pump) -> tuple[Step, Hours]:
    """The step of the pump's day that runs at the instant, and the instant at which it ends."""
    clock = instant + pump.clock_ahead
    days_since_epoch, hour = clock // 24, clock % 24
    steps = version.days[int(days_since_epoch + 3) % 7]  # 1970-01-01 was a Thursday
    for step in steps:
        if step.start <= hour < step.end:
            return step, instant + step.end - hour
    raise AssertionError("no step at this hour")


def ml_per_hour(version: Version, step: Step, mcg_per_ml: Fraction, use: Use) -> Fraction:
    basal = step.ml_per_hour if step.mcg_per_hour is None else step.mcg_per_hour / mcg_per_ml
    assert basal is not None
    bolus = version.most_bolus_mcg_per_hour if use == "most" else version.mean_bolus_mcg_per_hour
    return basal + bolus / mcg_per_ml


class Stretch(NamedTuple):
    """A piece of time, an hour at most, in which nothing changes; rates with the new and the old drug."""

    start: Hours
    end: Hours
    ml_per_hour: Fraction
    bridge_ml_per_hour: Fraction


def _rates_from(now: Hours, pump: Pump, use: Use) -> tuple[Fraction, Fraction, list[Hours]]:
    """mL per hour of the new and of the old drug from now on, and where a pattern's step ends."""
    rates, bridge_rates, ends = [], [], []
    for version in pump.course.running(now):
        step = version.days[0][0]
        if version.varies():
            step, step_end = _step_at(version, now, pump)
            ends.append(step_end)
        rates.append(ml_per_hour(version, step, pump.mcg_per_ml, use))
        if pump.old_ml:
            bridge_rates.append(ml_per_hour(version, step, pump.old_mcg_per_ml, use))
    return max(rates), max(bridge_rates, default=Fraction(0)), ends


def stretches(pump: Pump, use: Use, factor: Fraction, looks: list[Hours]) -> Iterator[Stretch]:
    """The time from the fill on, hour by hour, cut wherever a rate may change or somebody looks."""
    edges = sorted(edge for edge in pump.course.boundaries() | set(looks) if edge > pump.fill.at)
    now, hour_end = pump.fill.at, pump.fill.at + 1
    give_up_at = pump.fill.at + GIVE_UP_AFTER_HOURS
    while now < give_up_at:
        rate, bridge_rate, ends = _rates_from(now, pump, use)
        rate, bridge_rate = rate * factor, bridge_rate * factor
        same_until = min([edge for edge in edges if edge > now] + ends, default=give_up_at)
        while now < same_until:
            end = min(hour_end, same_until)
            yield Stretch(now, end, rate, bridge_rate)
            now = end
            if now == hour_end:
                hour_end += 1


def bridged(
    parts: Iterator[Stretch], pump: Pump, reading: Reading | None
) -> Iterator[tuple[Hours, Hours, Fraction]]:
    """The same time as (start, end, mL per hour), the old drug leaving first at its own rate.

    A reading that replaces the level says how much has left, so also how much of the old drug.
    """
    old_ml = pump.old_ml
    for part in parts:
        start = part.start
        if reading and start == reading.at:
            old_ml = max(Fraction(0), pump.old_ml - (pump.fill_ml - reading.ml))
        if old_ml > 0:
            leaves = part.bridge_ml_per_hour * (part.end - start)
            if leaves < old_ml:
                old_ml -= leaves
                yield start, part.end, part.bridge_ml_per_hour
                continue
            gone_at = start + old_ml / part.bridge_ml_per_hour
            yield start, gone_at, part.bridge_ml_per_hour
            start, old_ml = gone_at, Fraction(0)
        if start < part.end:
            yield start, part.end, part.ml_per_hour


def walk(pump: Pump, use: Use, factor: Fraction, reading: Reading | None, looks: list[Hours]) -> Walked:
    """Follow the drug out of the reservoir until it is empty; a reading, if any, replaces the level.

    `looks` are the instants whose level is wanted, the reading's among them.
    """
    seen, ml, to_come = Walked(), pump.fill_ml, sorted(set(looks))
    for start, end, rate in bridged(stretches(pump, use, factor, to_come), pump, reading):
        if reading and start == reading.at:
            ml = reading.ml
            seen.low_at = seen.low_at if ml <= pump.threshold_ml else None
            seen.empty_at = seen.empty_at if ml <= 0 else None
        if to_come and start == to_come[0]:
            seen.ml_at[start], seen.ml_per_hour_at[start] = ml, rate
            to_come = to_come[1:]
        after = ml - rate * (end - start)
        if seen.low_at is None and ml <= pump.threshold_ml:
            seen.low_at = start
        elif seen.low_at is None and after <= pump.threshold_ml:
            seen.low_at = start + (ml - pump.threshold_ml) / rate
        if seen.empty_at is None and after <= 0:
            seen.empty_at = start + ml / rate if rate else start
        ml = max(after, Fraction(0))
        if seen.empty_at is not None and not to_come:
            break
    return seen


def level_at(pump: Pump, instant: Hours, factor: Fraction = Fraction(1)) -> Fraction:
    """The mL in the reservoir at one instant by the fill alone, boluses at their most."""
    ml, parts = pump.fill_ml, stretches(pump, "most", factor, [instant])
    for start, end, rate in bridged(parts, pump, None):
        if start >= instant:
            break
        ml -= rate * (end - start)
    return max(ml, Fraction(0))
