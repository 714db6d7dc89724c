"""Records for the `forecast` command, drawn at random: what clinics enter, and the corners of it.

Every record is well-formed and free of known stops, so that its dates can be compared. The nasty part is on
purpose: zones that skip midnight, levels reached exactly then, changes of clock, leap days, broken bridges.
"""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.domain.simulator import read_pump
from tests.domain.simulator.clock import DAY, WEEKDAYS, start_of
from tests.domain.simulator.program import Record, exact
from tests.domain.simulator.walk import level_at

ZONES_WITHOUT_CLOCK_CHANGES = ("UTC", "Asia/Kolkata", "Asia/Tokyo", "America/Phoenix", "Asia/Kathmandu")
ZONES_WITH_CLOCK_CHANGES = (
    "America/Chicago",
    "America/New_York",
    "Europe/Berlin",
    "Europe/Dublin",
    "Australia/Lord_Howe",  # half an hour
    "Antarctica/Troll",  # two hours
    "America/St_Johns",  # until 2011 at one minute past midnight
    "Pacific/Auckland",
    "Africa/Casablanca",  # four changes a year
    "Pacific/Apia",  # left out 30 December 2011
)
ZONES_THAT_SKIP_MIDNIGHT = (
    "America/Sao_Paulo", "Asia/Beirut", "Africa/Cairo", "America/Asuncion", "America/Havana",
    "America/Santiago", "Atlantic/Azores", "Asia/Tehran",
)  # fmt: skip
CLOCK_CHANGES = (
    ("America/Chicago", "2026-03-08"), ("America/Chicago", "2026-11-01"), ("Europe/Berlin", "2027-03-28"),
    ("Australia/Lord_Howe", "2024-10-06"), ("America/Sao_Paulo", "2018-11-04"),
    ("America/Sao_Paulo", "2018-02-18"), ("Asia/Beirut", "2022-03-27"), ("Africa/Cairo", "2024-04-26"),
    ("Africa/Cairo", "2024-11-01"), ("America/St_Johns", "2010-11-07"), ("Pacific/Apia", "2011-12-30"),
    ("Asia/Tehran", "2021-03-22"), ("America/Havana", "2025-03-09"),
)  # fmt: skip
STRENGTHS = {
    "baclofen": (("500", "mcg/mL"), ("1000", "mcg/mL"), ("2000", "mcg/mL"), ("2", "mg/mL")),
    "morphine": (("10", "mg/mL"), ("25", "mg/mL"), ("25000", "mcg/mL")),
    "ziconotide": (("25", "mcg/mL"), ("100", "mcg/mL"), ("20", "mcg/mL")),
}
ADDED = (
    {"drug": "bupivacaine", "concentration": "7.5", "unit": "mg/mL"},
    {"drug": "clonidine", "concentration": "100", "unit": "mcg/mL", "stability_days": 35},
)
HAIRS_ML = (Fraction(0), Fraction(0), Fraction(1, 10**12), Fraction(-1, 10**12))
# Flows whose 24th part is a short decimal, so that a level at any hour can be written down.
ROUND_FLOWS = ("0.12", "0.24", "0.3", "0.36", "0.45", "0.6", "0.9", "1.2")


def iso(day: dt.date) -> str:
    return day.isoformat()


def decimals(low: str, high: str, places: int) -> st.SearchStrategy[Decimal]:
    """Decimals of so many places, both ends included."""
    unit = Decimal(1).scaleb(-places)
    return st.integers(int(Decimal(low) / unit), int(Decimal(high) / unit)).map(lambda n: n * unit)


def as_written(value: Decimal | Fraction) -> str:
    """The number as a person writes it."""
    number = value if isinstance(value, Decimal) else Decimal(value.numerator) / Decimal(value.denominator)
    return f"{number.normalize():f}"


def is_short_decimal(value: Fraction) -> bool:
    """Whether the contract can carry the number: no more than 12 digits after the point."""
    return (value * 10**12).denominator == 1 and abs(value) < 10**12


flows = st.one_of(
    st.sampled_from(ROUND_FLOWS).map(Decimal), decimals("0.15", "1.5", 2), decimals("0.11", "2.2", 3)
)


@dataclass(frozen=True)
class Setting:
    """What the parts of one record have in common."""

    zone: ZoneInfo
    filled_on: dt.date
    mcg_per_ml: Fraction
    is_bridged: bool

    def day(self, after: int) -> dt.date:
        return self.filled_on + after * DAY


@st.composite
def zones_and_days(draw: st.DrawFn) -> tuple[str, dt.date]:
    """A zone and the date of a fill; half of them with a clock change or a leap day on the way."""
    zone, day = draw(
        st.one_of(
            st.tuples(
                st.sampled_from(
                    ZONES_WITHOUT_CLOCK_CHANGES + ZONES_WITH_CLOCK_CHANGES + ZONES_THAT_SKIP_MIDNIGHT
                ),
                st.dates(dt.date(2008, 1, 1), dt.date(2032, 12, 31)),
            ),
            st.sampled_from(CLOCK_CHANGES).flatmap(
                lambda pair: st.tuples(
                    st.just(pair[0]),
                    st.integers(-1, 60).map(lambda n: dt.date.fromisoformat(pair[1]) - n * DAY),
                )
            ),
            st.tuples(
                st.sampled_from(("UTC", "America/Chicago")),
                st.integers(0, 60).map(lambda n: dt.date(2028, 2, 29) - n * DAY),
            ),
        )
    )
    return zone, day


@st.composite
def date_times(draw: st.DrawFn, zone: ZoneInfo, day: dt.date) -> str:
    """An instant of that local date, with the zone's offset or in UTC."""
    seconds = draw(st.one_of(st.integers(0, 95).map(lambda n: n * 900), st.integers(0, 86_399)))
    first = dt.datetime.fromtimestamp(float(start_of(day, zone) * 3600), zone)
    moment = (first.astimezone(dt.UTC) + dt.timedelta(seconds=seconds)).astimezone(zone)
    if moment.date() != day:
        moment = first
    if draw(st.integers(0, 3)) == 0:
        moment = moment.astimezone(dt.UTC)
    return moment.isoformat()


def moments(zone: ZoneInfo, day: dt.date) -> st.SearchStrategy[str]:
    """A date or an instant of it, as a record gives it."""
    return st.one_of(st.just(iso(day)), st.just(iso(day)), date_times(zone, day))


def _dose(setting: Setting, flow: Decimal) -> Record:
    mcg = exact(flow) * setting.mcg_per_ml
    return {"dose": as_written(mcg), "unit": "mcg/day"}


@st.composite
def _steps(draw: st.DrawFn, setting: Setting, base: Decimal, is_dosed: bool) -> list[Record]:
    quarters = sorted(draw(st.sets(st.integers(1, 95), max_size=3)))
    edges = [0, *quarters, 96]
    steps = []
    for start, end in itertools.pairwise(edges):
        flow = base * draw(st.sampled_from((Decimal(1), Decimal("0.5"), Decimal("1.5"), Decimal("2"))))
        hours = as_written(Decimal(end - start) / 4)
        if is_dosed:
            mcg_per_hour = exact(flow) * setting.mcg_per_ml / 24
            rounded = max(Fraction(1, 1000), Fraction(round(mcg_per_hour * 1000), 1000))
            steps.append({"hours": hours, "dose_per_hour": as_written(rounded), "unit": "mcg/h"})
        else:
            steps.append({"hours": hours, "flow_ml_per_day": as_written(flow)})
    return steps


@st.composite
def _pattern(draw: st.DrawFn, setting: Setting, base: Decimal) -> Record:
    group_of = draw(st.lists(st.integers(0, 2), min_size=7, max_size=7))
    if draw(st.booleans()):
        group_of = [0, 0, 0, 0, 0, 1, 1]
    is_dosed = setting.is_bridged or draw(st.booleans())
    days = []
    for group in sorted(set(group_of)):
        names = [name for name, of in zip(WEEKDAYS, group_of, strict=True) if of == group]
        days.append({"on": names, "steps": draw(_steps(setting, base, is_dosed))})
    return {"days": days}


@st.composite
def _bolus(draw: st.DrawFn, setting: Setting, base: Decimal) -> Record:
    most = draw(st.integers(0, 6))
    mcg = exact(base) * setting.mcg_per_ml * draw(st.sampled_from((Fraction(1, 20), Fraction(1, 10))))
    return {
        "dose": as_written(mcg),
        "unit": "mcg",
        "max_per_day": most,
        "mean_per_day": as_written(draw(decimals("0", str(most), 1))),
    }


@st.composite
def _version(draw: st.DrawFn, setting: Setting, since: str) -> Record:
    flow = draw(flows)
    if setting.is_bridged:  # twice as strong and half as much must still be a flow that a pump can give
        flow = max(flow, Decimal("0.25"))
    kind = draw(st.sampled_from(("dose", "dose", "flow", "pattern")))
    if kind == "pattern":
        body = draw(_pattern(setting, flow))
    elif kind == "flow" and not setting.is_bridged:
        body = {"flow_ml_per_day": as_written(flow)}
    else:
        body = _dose(setting, flow)
    if draw(st.integers(0, 4)) == 0:
        body["patient_bolus"] = draw(_bolus(setting, flow))
    return {"from": since, **body}


@st.composite
def _programs(draw: st.DrawFn, setting: Setting) -> list[Record]:
    first_on = setting.day(-draw(st.one_of(st.just(0), st.integers(1, 400))))
    first = iso(first_on) if first_on == setting.filled_on else draw(moments(setting.zone, first_on))
    program = [draw(_version(setting, first))]
    later: list[int] = sorted(draw(st.sets(st.integers(1, 70), max_size=draw(st.integers(0, 3)))))
    are_neighbours = draw(st.booleans())
    if later and are_neighbours:
        later = [later[0] + n for n in range(len(later))]
    changes = [draw(moments(setting.zone, setting.day(after))) for after in later]
    program.extend(draw(_version(setting, since)) for since in changes)
    if first_on < setting.filled_on and draw(st.integers(0, 3)) == 0:
        program.insert(1, draw(_version(setting, iso(setting.filled_on))))
    return program


@st.composite
def _fill(draw: st.DrawFn, zone: ZoneInfo, day: dt.date, reservoir_ml: int) -> Record:
    name = draw(st.sampled_from(("baclofen", "baclofen", "morphine", "ziconotide")))
    concentration, unit = draw(st.sampled_from(STRENGTHS[name]))
    primary: Record = {"drug": name, "concentration": concentration, "unit": unit}
    if name == "ziconotide":
        primary["diluted"] = draw(st.booleans())
    if draw(st.integers(0, 3)) == 0:
        primary["stability_days"] = draw(st.integers(7, 400))
    lowest = Decimal("0.6") * reservoir_ml
    volume = draw(st.one_of(st.just(Decimal(reservoir_ml)), decimals(str(lowest), str(reservoir_ml), 2)))
    return {
        "at": draw(moments(zone, day)),
        "volume_ml": as_written(volume),
        "first_fill": draw(st.integers(0, 5)) == 0,
        "drugs": [primary, *draw(st.lists(st.sampled_from(ADDED), max_size=1))],
    }


@st.composite
def _pump(draw: st.DrawFn, reservoir_ml: int, as_of: dt.date) -> Record:
    threshold = as_written(draw(st.one_of(st.just(Decimal(2)), decimals("0", "4", 2))))
    if draw(st.booleans()):
        pump: Record = {"model": f"synchromed-ii-{reservoir_ml}", "threshold_ml": threshold}
    else:
        accuracy = as_written(
            draw(st.one_of(st.sampled_from((Decimal(0), Decimal(3))), decimals("0", "20", 1)))
        )
        pump = {"reservoir_ml": str(reservoir_ml), "threshold_ml": threshold, "accuracy_percent": accuracy}
    if draw(st.booleans()):
        leap_day = dt.date((as_of.year - 2) // 4 * 4, 2, 29)
        some_day = st.integers(500, 2400).map(lambda age_days: as_of - age_days * DAY)
        pump["implanted_on"] = iso(draw(some_day | st.just(leap_day)))
        pump["service_life_years"] = draw(st.integers(7, 12))
    if draw(st.integers(0, 3)) == 0:
        pump["end_of_service_on"] = iso(as_of + draw(st.integers(1, 500)) * DAY)
    if draw(st.integers(0, 4)) == 0:
        pump["replacement_signal_on"] = iso(as_of - draw(st.integers(0, 88)) * DAY)
    return pump


@st.composite
def _clinic(draw: st.DrawFn, setting: Setting) -> Record:
    clinic: Record = {}
    if draw(st.booleans()):
        latest = draw(st.integers(0, 10))
        clinic["latest_margin_days"] = latest
        clinic["target_margin_days"] = latest + draw(st.integers(0, 14))
    if draw(st.integers(0, 2)) == 0:
        names = draw(st.sets(st.sampled_from(WEEKDAYS), min_size=1))
        clinic["open_weekdays"] = sorted(names, key=WEEKDAYS.index)
    if draw(st.integers(0, 1)) == 0:
        start, length = draw(st.integers(5, 120)), draw(st.integers(1, 20))
        clinic["closed_on"] = [iso(setting.day(start + n)) for n in range(length)]
    return clinic


@st.composite
def _limits(draw: st.DrawFn, setting: Setting) -> Record:
    limits: Record = {}
    if draw(st.integers(0, 3)) == 0:
        limits["max_interval_days"] = draw(st.integers(7, 200))
    if draw(st.integers(0, 3)) == 0:
        limits["printed_on"] = iso(setting.day(draw(st.integers(7, 200))))
    return limits


@st.composite
def _hit_midnight(draw: st.DrawFn, record: Record) -> Record:
    """The record with its threshold or its volume moved so that a walk reaches it exactly at a midnight.

    Or a hair before or after it: the last digit that a record can hold is worth less than a microsecond.
    """
    pump, zone = read_pump(record), ZoneInfo(record["timezone"])
    assert pump is not None
    aim_at = start_of(pump.fill.on + draw(st.integers(8, 60)) * DAY, zone)
    is_high, aims_at_empty = draw(st.booleans()), draw(st.booleans())
    accuracy = exact(record["pump"].get("accuracy_percent", "14.5")) if is_high else Fraction(0)
    level = level_at(pump, aim_at, 1 + accuracy / 100) + draw(st.sampled_from(HAIRS_ML))
    if aims_at_empty and is_short_decimal(level) and 0 < level < pump.fill_ml - pump.threshold_ml - 1:
        volume = as_written(pump.fill_ml - level)
        return {**record, "fill": {**record["fill"], "volume_ml": volume}}
    if is_short_decimal(level) and 0 < level < pump.fill_ml:
        return {**record, "pump": {**record["pump"], "threshold_ml": as_written(level)}}
    return record


@st.composite
def _readings(draw: st.DrawFn, record: Record) -> list[Record]:
    """Up to two readings between the fill and `as_of`, near the model or far from it."""
    pump, zone = read_pump(record), ZoneInfo(record["timezone"])
    assert pump is not None
    last = dt.date.fromisoformat(record["as_of"])
    span = (last - pump.fill.on).days
    readings = []
    for after in draw(st.sets(st.integers(0, span), min_size=1, max_size=2)):
        on = pump.fill.on + after * DAY
        at = iso(on) if on in {last, pump.fill.on} else draw(moments(zone, on))
        level = level_at(pump, max(pump.fill.at, start_of(on, zone)))
        near = round(level, 2) + exact(draw(st.sampled_from(("-3", "-2", "-0.5", "0", "0.5", "2", "3"))))
        ml = max(near, Fraction(0)) if draw(st.booleans()) else exact(draw(decimals("0.1", "20", 1)))
        readings.append({"at": at, "reservoir_ml": as_written(min(ml, pump.fill_ml))})
    return readings


@st.composite
def records(
    draw: st.DrawFn,
    *,
    zone_names: tuple[str, ...] | None = None,
    with_readings: bool = True,
    with_bridge: bool = True,
    with_hits: bool = True,
) -> Record:
    """One pump of which every date is certain."""
    name, day = draw(zones_and_days())
    name = draw(st.sampled_from(zone_names)) if zone_names else name
    reservoir_ml, zone = draw(st.sampled_from((20, 20, 40))), ZoneInfo(name)
    if start_of(day, zone) == start_of(day + DAY, zone):
        day += DAY  # a date that the zone left out
    fill = draw(_fill(zone, day, reservoir_ml))
    primary = fill["drugs"][0]
    mcg_per_ml = exact(primary["concentration"]) * (1000 if primary["unit"] == "mg/mL" else 1)
    setting = Setting(zone, day, mcg_per_ml, with_bridge and draw(st.integers(0, 4)) == 0)
    as_of = setting.day(draw(st.one_of(st.just(0), st.integers(0, 90))))
    record: Record = {
        "id": "pump-1",
        "as_of": iso(as_of),
        "timezone": name,
        "pump": draw(_pump(reservoir_ml, as_of)),
        "fill": fill,
        "program": draw(_programs(setting)),
        "clinic": draw(_clinic(setting)),
        "limits": draw(_limits(setting)),
    }
    if setting.is_bridged:
        old = draw(st.sampled_from((Fraction(1, 2), Fraction(2), Fraction(3, 4)))) * mcg_per_ml
        record["bridge"] = {
            "old_volume_ml": as_written(draw(decimals("0.05", "0.6", 2))),
            "old_concentration": as_written(old),
            "unit": "mcg/mL",
        }
    if with_hits and draw(st.integers(0, 2)) == 0:
        record = draw(_hit_midnight(record))
    if with_readings and draw(st.integers(0, 2)) == 0:
        record["readings"] = draw(_readings(record))
    return record


@st.composite
def records_with_a_pause(draw: st.DrawFn) -> Record:
    """A pump that was stopped for some days and runs again before `as_of`."""
    record: Record = draw(records(with_readings=False))
    pump = read_pump(record)
    assert pump is not None
    stop_after = draw(st.integers(1, 10))
    again_after = stop_after + draw(st.integers(1, 10))
    as_of = pump.fill.on + (again_after + draw(st.integers(2, 30))) * DAY
    running: Any = record["program"][0]
    zone = ZoneInfo(record["timezone"])
    stopped = {"from": draw(moments(zone, pump.fill.on + stop_after * DAY)), "stopped": True}
    again = {**running, "from": draw(moments(zone, pump.fill.on + again_after * DAY))}
    kept = {key: value for key, value in record["pump"].items() if not key.endswith("_on")}
    return {**record, "as_of": iso(as_of), "pump": kept, "program": [running, stopped, again]}


@st.composite
def records_of_constant_flow(draw: st.DrawFn) -> Record:
    """A pump without a program, which gives the same for ever."""
    record: Record = draw(records(with_readings=False, with_bridge=False, with_hits=False))
    pump = {
        "reservoir_ml": "40",
        "accuracy_percent": "5",
        "constant_flow_ml_per_day": as_written(draw(flows)),
    }
    return {**record, "pump": pump, "program": []}
