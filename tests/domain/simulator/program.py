"""Which program runs when: the `program` of a record, laid out from the fill on."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.domain.simulator.clock import DAY, WEEKDAYS, Hours, When, start_of, when

Record = dict[str, Any]
MCG_IN = {"mcg": Fraction(1), "mg": Fraction(1000)}


def exact(number: Any) -> Fraction:
    """The number as written, exactly."""
    return Fraction(Decimal(str(number)))


@dataclass(frozen=True)
class Step:
    """One stretch of the pump's day: from/to in hours after its midnight, and what it gives per hour."""

    start: Fraction
    end: Fraction
    mcg_per_hour: Fraction | None
    ml_per_hour: Fraction | None


@dataclass(frozen=True)
class Version:
    """One program as it runs from an instant on; `days` has the steps of Monday to Sunday."""

    since: When
    days: tuple[tuple[Step, ...], ...]
    most_bolus_mcg_per_hour: Fraction
    mean_bolus_mcg_per_hour: Fraction
    is_stopped: bool
    has_bolus: bool

    def varies(self) -> bool:
        return any(len(steps) > 1 for steps in self.days) or len(set(self.days)) > 1


def mcg(amount: Any, unit: str) -> Fraction:
    return exact(amount) * MCG_IN[unit.split("/")[0]]


def _steps(entries: list[Record]) -> tuple[Step, ...]:
    steps, start = [], Fraction(0)
    for entry in entries:
        end = start + exact(entry["hours"])
        if "flow_ml_per_day" in entry:
            steps.append(Step(start, end, None, exact(entry["flow_ml_per_day"]) / 24))
        else:
            steps.append(Step(start, end, mcg(entry["dose_per_hour"], entry["unit"]), None))
        start = end
    assert start == 24, "the steps of a day fill 24 hours"
    return tuple(steps)


def read_version(entry: Record, zone: ZoneInfo) -> Version:
    """One entry of `program`."""
    whole_day = (Fraction(0), Fraction(24))
    days: tuple[tuple[Step, ...], ...]
    if entry.get("stopped"):
        days = ((Step(*whole_day, None, Fraction(0)),),) * 7
    elif "dose" in entry:
        days = ((Step(*whole_day, mcg(entry["dose"], entry["unit"]) / 24, None),),) * 7
    elif "flow_ml_per_day" in entry:
        days = ((Step(*whole_day, None, exact(entry["flow_ml_per_day"]) / 24),),) * 7
    else:
        by_name = {name: _steps(pattern["steps"]) for pattern in entry["days"] for name in pattern["on"]}
        days = tuple(by_name[name] for name in WEEKDAYS)
    bolus = entry.get("patient_bolus")
    most = mean = Fraction(0)
    if bolus is not None:
        most = mcg(bolus["dose"], bolus["unit"]) * exact(bolus["max_per_day"]) / 24
        mean = mcg(bolus["dose"], bolus["unit"]) * exact(bolus["mean_per_day"]) / 24
    return Version(when(entry["from"], zone), days, most, mean, bool(entry.get("stopped")), bolus is not None)


@dataclass(frozen=True)
class Course:
    """Which program runs when, from the fill on; `overlaps` are days that also run the program before."""

    starts: tuple[tuple[Hours, Version], ...]
    overlaps: tuple[tuple[Hours, Hours, Version], ...]

    def running(self, instant: Hours) -> list[Version]:
        current = [version for since, version in self.starts if since <= instant][-1]
        return [current] + [old for since, until, old in self.overlaps if since <= instant < until]

    def boundaries(self) -> set[Hours]:
        return {since for since, _ in self.starts} | {edge for pair in self.overlaps for edge in pair[:2]}


def lay_out(versions: list[Version], fill: When, zone: ZoneInfo) -> Course | None:
    """The course of the programs after the fill; None when the fill is before the first of them."""
    in_order = sorted(versions, key=lambda version: version.since.at)
    at_fill = [v for v in in_order if v.since.at <= fill.at or v.since.on == fill.on]
    if not at_fill:
        return None
    starts, overlaps, before = [(fill.at, at_fill[-1])], [], at_fill[-1]
    for version in in_order[len(at_fill) :]:
        starts.append((version.since.at, version))
        if version.since.is_only_a_date:
            overlaps.append((version.since.at, start_of(version.since.on + DAY, zone), before))
        before = version
    return Course(tuple(starts), tuple(overlaps))
