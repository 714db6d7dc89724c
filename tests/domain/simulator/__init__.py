"""A pump walked hour by hour: the slow, plain oracle that the projection is compared with.

It reads one record in the JSON of the `forecast` command and follows the drug out of the reservoir in steps
of at most one hour, each step cut where anything changes. It shares no code with the projection, keeps
every quantity a Fraction, and has no formula for "when": it looks whether the level was passed in this
step. It reads well-formed records only; refusing the others is not its business.
"""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from zoneinfo import ZoneInfo

from tests.domain.simulator.clock import EPOCH, local_date, start_of, when
from tests.domain.simulator.limits import LIMIT_ORDER, list_limits, visit_before
from tests.domain.simulator.program import (
    Record,
    Version,
    exact,
    lay_out,
    mcg,
    read_version,
)
from tests.domain.simulator.walk import Pump, Reading, Walked, ml_per_hour, walk

PUMPS: dict[str, dict[str, str]] = {
    "synchromed-ii-20": {"reservoir_ml": "20", "accuracy_percent": "14.5", "service_life_years": "7"},
    "synchromed-ii-40": {"reservoir_ml": "40", "accuracy_percent": "14.5", "service_life_years": "7"},
}


def _pump_values(record: Record) -> Record:
    given = record["pump"]
    return {"threshold_ml": "2", **PUMPS.get(given.get("model", ""), {}), **given}


def _read_versions(record: Record, pump: Record, zone: ZoneInfo) -> list[Version]:
    entries = record.get("program", [])
    if not entries and "constant_flow_ml_per_day" in pump:
        flow = pump["constant_flow_ml_per_day"]
        entries = [{"from": record["fill"]["at"], "flow_ml_per_day": flow}]
    return [read_version(entry, zone) for entry in entries]


def read_pump(record: Record) -> Pump | None:
    """The record as the walk needs it; None without a program at the fill."""
    zone, values, fill_in = ZoneInfo(record["timezone"]), _pump_values(record), record["fill"]
    fill = when(fill_in["at"], zone)
    course = lay_out(_read_versions(record, values, zone), fill, zone)
    if course is None:
        return None
    primary, bridge = fill_in["drugs"][0], record.get("bridge")
    ahead = (EPOCH + dt.timedelta(seconds=int(fill.at * 3600 // 1))).astimezone(zone).utcoffset()
    assert ahead is not None
    return Pump(
        fill=fill,
        fill_ml=exact(fill_in["volume_ml"]),
        threshold_ml=exact(values["threshold_ml"]),
        mcg_per_ml=mcg(primary["concentration"], primary["unit"]),
        course=course,
        clock_ahead=Fraction(int(ahead.total_seconds()), 3600),
        old_ml=exact(bridge["old_volume_ml"]) if bridge else Fraction(0),
        old_mcg_per_ml=mcg(bridge["old_concentration"], bridge["unit"]) if bridge else Fraction(1),
        as_of=max(fill.at, start_of(dt.date.fromisoformat(record["as_of"]), zone)),
    )


def _newest_reading(record: Record, pump: Pump, zone: ZoneInfo) -> Reading | None:
    """The last reading; one dated only by the day of the fill was taken at the fill."""
    readings = [
        Reading(max(pump.fill.at, when(entry["at"], zone).at), exact(entry["reservoir_ml"]))
        for entry in record.get("readings", [])
    ]
    return max(readings, key=lambda reading: reading.at, default=None)


def _dates(seen: Walked, zone: ZoneInfo) -> dict[str, str]:
    assert seen.low_at is not None
    assert seen.empty_at is not None
    return {
        "low_reservoir_on": local_date(seen.low_at, zone).isoformat(),
        "empty_on": local_date(seen.empty_at, zone).isoformat(),
    }


def _is_stopped(pump: Pump) -> bool:
    last = pump.course.starts[-1][1]
    at_as_of = [version for since, version in pump.course.starts if since <= pump.as_of][-1]
    return last.is_stopped or at_as_of.is_stopped


def _flow_at_as_of(pump: Pump, seen: Walked) -> Fraction | None:
    """mL per day at `as_of`; None for a pattern where it leaves room for reading."""
    running = pump.course.running(pump.as_of)
    if not any(version.varies() for version in running):
        return seen.ml_per_hour_at[pump.as_of] * 24
    if len(running) > 1 or len(set(running[0].days)) > 1 or pump.old_ml:
        return None
    parts = [
        ml_per_hour(running[0], step, pump.mcg_per_ml, "most") * (step.end - step.start)
        for step in running[0].days[0]
    ]
    return sum(parts, Fraction(0))


def simulate(record: Record) -> Record:
    """Walk the pump of one record and say what the contract says about it.

    Dates are ISO texts, quantities Fractions. `stops` names the stops that the walk itself shows
    (`no_program`, `stopped`); with one of them nothing else is given.
    """
    pump, zone = read_pump(record), ZoneInfo(record["timezone"])
    if pump is None:
        return {"stops": {"no_program"}}
    if _is_stopped(pump):
        return {"stops": {"stopped"}}
    values, reading, one = _pump_values(record), _newest_reading(record, pump, zone), Fraction(1)
    looks = [pump.as_of] + ([reading.at] if reading else [])
    by_the_fill = walk(pump, "most", one, None, looks)
    rebase = reading if reading and reading.ml < by_the_fill.ml_at[reading.at] else None
    nominal = walk(pump, "most", one, rebase, looks) if rebase else by_the_fill
    high = walk(pump, "most", one + exact(values.get("accuracy_percent", 0)) / 100, rebase, looks)
    has_bolus = any(version.has_bolus for _, version in pump.course.starts)
    mean = walk(pump, "mean", one, None, looks) if has_bolus else by_the_fill
    assert by_the_fill.low_at is not None
    assert nominal.low_at is not None
    assert nominal.empty_at is not None
    low_on = local_date(nominal.low_at, zone)
    limits = list_limits(record, values, pump.fill.on, low_on)
    must = min(limits.values())
    clinic = record.get("clinic", {})
    return {
        "stops": set(),
        **_dates(nominal, zone),
        "high_flow": _dates(high, zone),
        "mean_use": _dates(mean, zone) if has_bolus else None,
        "remaining_ml": nominal.ml_at[pump.as_of],
        "flow_ml_per_day": _flow_at_as_of(pump, nominal),
        "limits": {name: day.isoformat() for name, day in limits.items()},
        "limited_by": next(name for name in LIMIT_ORDER if limits.get(name) == must),
        "must_refill_by": must.isoformat(),
        "target_visit_on": visit_before(must, clinic.get("target_margin_days", 10), clinic).isoformat(),
        "latest_visit_on": visit_before(must, clinic.get("latest_margin_days", 3), clinic).isoformat(),
        "days_of_reserve": (nominal.empty_at - nominal.low_at) / 24,
        "days_to_empty": (nominal.empty_at - start_of(dt.date.fromisoformat(record["as_of"]), zone)) / 24,
        "days_to_low_by_the_fill": (by_the_fill.low_at - pump.fill.at) / 24,
        "days_to_low": (nominal.low_at - pump.fill.at) / 24,
        "reading_differs": reading is not None
        and not by_the_fill.ml_at[reading.at] - 2 <= reading.ml <= mean.ml_at[reading.at] + 2,
    }
