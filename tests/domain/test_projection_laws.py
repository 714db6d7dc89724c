"""Laws that hold for every pump, whatever the arithmetic: more dose is never later, and their like.

They need no oracle, so they also see a mistake that the projection and the simulator share.
"""

import copy
import datetime as dt
import itertools
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.domain.simulator.clock import DAY, WEEKDAYS, when
from tests.domain.simulator.program import Record
from tests.domain.strategies import (
    ZONES_WITHOUT_CLOCK_CHANGES,
    as_written,
    date_times,
    decimals,
    flows,
    iso,
    moments,
    records,
)
from tests.domain.test_projection_against_simulator import forecast

WALKED = ("low_reservoir_on", "empty_on")
RESULTS = (
    *WALKED,
    "high_flow",
    "mean_use",
    "limits",
    "limited_by",
    "must_refill_by",
    "target_visit_on",
    "latest_visit_on",
)
VISITS = ("target_visit_on", "latest_visit_on")
DOSES = ("dose", "dose_per_hour", "flow_ml_per_day")

factors = decimals("1", "1.5", 2)


def is_certain(result: Record) -> bool:
    return bool(result["status"] == "ok")


def certain(record: Record) -> Record:
    """The result, for records whose dates are all certain; others are put back."""
    result = forecast(record)
    assume(is_certain(result))
    return result


def all_dates(result: Record) -> dict[str, str]:
    """Every walked date of a result by its place."""
    dates = {name: result[name] for name in WALKED}
    for walk in ("high_flow", "mean_use"):
        dates |= {f"{walk}.{name}": result[walk][name] for name in WALKED if result[walk]}
    return dates


def assert_none_later(changed: Record, original: Record) -> None:
    before = all_dates(original)
    for name, day in all_dates(changed).items():
        assert day <= before[name], f"{name} moved from {before[name]} to {day}"
    for name in ("must_refill_by", *VISITS):
        assert changed[name] <= original[name], f"{name} moved later"


def scaled(node: Any, factor: Decimal) -> Any:
    """The program with every dose and flow in it times a factor."""
    if isinstance(node, list):
        return [scaled(item, factor) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: as_written(Decimal(value) * factor) if key in DOSES else scaled(value, factor)
        for key, value in node.items()
    }


def local_day(record: Record, text: str) -> dt.date:
    return when(text, ZoneInfo(record["timezone"])).on


def with_fill(record: Record, **values: Any) -> Record:
    return {**record, "fill": {**record["fill"], **values}}


def with_pump(record: Record, **values: Any) -> Record:
    return {**record, "pump": {**record["pump"], **values}}


def with_limits(record: Record, **values: Any) -> Record:
    return {**record, "limits": {**record["limits"], **values}}


# --- the drug -----------------------------------------------------------------------------------------


@given(records(with_readings=False), factors)
def test_more_dose_is_never_later(record: Record, factor: Decimal) -> None:
    more = {**record, "program": scaled(record["program"], factor)}
    assert_none_later(certain(more), certain(record))


@given(records(with_readings=False), st.data())
def test_more_dose_in_one_program_alone_is_never_later(record: Record, data: st.DataObject) -> None:
    which = data.draw(st.integers(0, len(record["program"]) - 1))
    program = list(record["program"])
    program[which] = scaled(program[which], data.draw(factors))
    assert_none_later(certain({**record, "program": program}), certain(record))


@given(records(with_readings=False), st.integers(1, 3))
def test_a_higher_bolus_limit_is_never_later(record: Record, extra: int) -> None:
    more = copy.deepcopy(record)
    for entry in more["program"]:
        if "patient_bolus" in entry:
            entry["patient_bolus"]["max_per_day"] += extra
    before, after = certain(record), certain(more)
    for name in WALKED:
        assert after[name] <= before[name]
    assert after["mean_use"] == before["mean_use"]


@given(records(with_readings=False), decimals("0.01", "10", 2))
def test_more_volume_is_never_earlier(record: Record, less_ml: Decimal) -> None:
    volume = Decimal(record["fill"]["volume_ml"]) - less_ml
    assume(volume > 0)
    assert_none_later(certain(with_fill(record, volume_ml=as_written(volume))), certain(record))


@given(records(), decimals("0.01", "5", 2))
def test_a_higher_threshold_is_never_later_and_leaves_the_empty_date(record: Record, more: Decimal) -> None:
    higher = with_pump(record, threshold_ml=as_written(Decimal(record["pump"]["threshold_ml"]) + more))
    before, after = certain(record), certain(higher)
    assert_none_later(after, before)
    assert after["empty_on"] == before["empty_on"]


@given(records())
def test_the_threshold_comes_before_empty_and_high_flow_before_nominal_and_mean_use_after(
    record: Record,
) -> None:
    result = certain(record)
    for walk in (result, result["high_flow"], result["mean_use"] or result):
        assert walk["low_reservoir_on"] <= walk["empty_on"]
    for name in WALKED:
        assert result["high_flow"][name] <= result[name]
        assert (result["mean_use"] or result)[name] >= result[name]


@given(records(), decimals("0", "10", 1))
def test_a_less_accurate_pump_is_never_later_and_leaves_the_nominal_dates(
    record: Record, more: Decimal
) -> None:
    accuracy = Decimal(record["pump"].get("accuracy_percent", "14.5"))
    less_sure = with_pump(record, accuracy_percent=as_written(accuracy + more))
    before, after = certain(with_pump(record, accuracy_percent=as_written(accuracy))), certain(less_sure)
    for name in WALKED:
        assert after["high_flow"][name] <= before["high_flow"][name]
    assert {name: after[name] for name in WALKED} == {name: before[name] for name in WALKED}


@given(records(with_readings=False), st.data())
def test_a_lower_reading_is_never_later_and_a_higher_one_changes_no_date(
    record: Record, data: st.DataObject
) -> None:
    before = certain(record)
    ml = data.draw(decimals("0.1", "20", 1))
    at = data.draw(st.integers(1, 90).map(lambda n: dt.date.fromisoformat(record["as_of"]) - n * DAY))
    assume(at > local_day(record, record["fill"]["at"]))
    after = certain({**record, "readings": [{"at": iso(at), "reservoir_ml": as_written(ml)}]})
    for name in WALKED:
        assert after[name] <= before[name]


# --- the program --------------------------------------------------------------------------------------


@given(records(), st.data())
def test_one_more_boundary_with_the_same_rate_changes_nothing(record: Record, data: st.DataObject) -> None:
    program = record["program"]
    which = data.draw(st.integers(0, len(program) - 1))
    since = local_day(record, program[which]["from"]) + DAY
    until = dt.date(2040, 1, 1)
    if which + 1 < len(program):
        until = local_day(record, program[which + 1]["from"]) - DAY
    assume(since < until)
    on = data.draw(st.dates(since, min(until - DAY, since + 200 * DAY)))
    again = {**program[which], "from": data.draw(moments(ZoneInfo(record["timezone"]), on))}
    split = {**record, "program": [*program[: which + 1], again, *program[which + 1 :]]}
    before, after = certain(record), certain(split)
    assert {name: after[name] for name in RESULTS} == {name: before[name] for name in RESULTS}


@given(records(with_readings=False), st.data())
def test_a_change_known_by_its_day_only_is_never_later_than_at_any_hour_of_it(
    record: Record, data: st.DataObject
) -> None:
    zone, filled_on = ZoneInfo(record["timezone"]), local_day(record, record["fill"]["at"])
    first = {**record["program"][0], "from": iso(filled_on - 5 * DAY)}
    on = filled_on + data.draw(st.integers(2, 40)) * DAY
    change = scaled(record["program"][-1], data.draw(decimals("0.5", "2", 1)))

    def changed(since: str) -> Record:
        return certain({**record, "program": [first, {**change, "from": since}]})

    some_hour = data.draw(date_times(zone, on))
    assert_none_later(changed(iso(on)), changed(some_hour))


@given(flows, st.integers(1, 40), st.sampled_from(WEEKDAYS))
def test_a_pattern_that_is_the_same_on_all_days_is_a_continuous_flow(
    flow: Decimal, thirds: int, odd_day: str
) -> None:
    base = {
        "id": "p",
        "as_of": "2026-03-02",
        "timezone": "America/Chicago",
        "pump": {"model": "synchromed-ii-20", "threshold_ml": "2"},
        "fill": {
            "at": "2026-03-02",
            "volume_ml": "20",
            "drugs": [{"drug": "baclofen", "concentration": "2000", "unit": "mcg/mL"}],
        },
    }
    half = as_written(Decimal(thirds) / 4)
    rest = as_written(24 - Decimal(thirds) / 4)
    step = {"flow_ml_per_day": as_written(flow)}
    days = [
        {"on": [odd_day], "steps": [{"hours": half, **step}, {"hours": rest, **step}]},
        {"on": [day for day in WEEKDAYS if day != odd_day], "steps": [{"hours": "24", **step}]},
    ]
    pattern = forecast({**base, "program": [{"from": "2026-03-02", "days": days}]})
    continuous = forecast({**base, "program": [{"from": "2026-03-02", **step}]})
    assert {name: pattern[name] for name in RESULTS} == {name: continuous[name] for name in RESULTS}


# --- time ---------------------------------------------------------------------------------------------


def moved(node: Any, by: dt.timedelta) -> Any:
    """The record with every date and date-time in it moved."""
    if isinstance(node, dict):
        return {key: moved(value, by) for key, value in node.items()}
    if isinstance(node, list):
        return [moved(item, by) for item in node]
    if isinstance(node, str) and node[4:5] == "-" and node[:4].isdigit():
        if len(node) == 10:
            return (dt.date.fromisoformat(node) + by).isoformat()
        return (dt.datetime.fromisoformat(node) + by).isoformat()
    return node


@given(records(zone_names=ZONES_WITHOUT_CLOCK_CHANGES), st.integers(-300, 300))
def test_weeks_later_everything_is_weeks_later_where_clocks_never_change(record: Record, weeks: int) -> None:
    record = copy.deepcopy(record)
    record["pump"].pop("implanted_on", None)  # its service life is in years, which are not weeks
    by = dt.timedelta(weeks=weeks)
    here, there = certain(record), certain(moved(record, by))
    assert {name: there[name] for name in RESULTS} == {name: moved(here[name], by) for name in RESULTS}


@given(records(with_readings=False), st.integers(1, 60))
def test_what_remains_only_falls_and_no_date_moves_as_days_go_by(record: Record, days: int) -> None:
    as_of = dt.date.fromisoformat(record["as_of"])
    record = with_pump(record, end_of_service_on=iso(as_of + 1000 * DAY))
    record["pump"].pop("implanted_on", None)
    record["pump"].pop("replacement_signal_on", None)
    today, later = certain(record), certain({**record, "as_of": iso(as_of + days * DAY)})
    assert Decimal(later["remaining_ml"]) <= Decimal(today["remaining_ml"])
    assert Decimal(later["days_to_empty"]) <= Decimal(today["days_to_empty"])
    assert {name: later[name] for name in RESULTS} == {name: today[name] for name in RESULTS}


# --- limits and visits --------------------------------------------------------------------------------


@given(records(), st.integers(1, 400), st.integers(1, 400))
def test_one_more_limit_is_never_later(record: Record, interval_days: int, printed_after: int) -> None:
    filled_on = local_day(record, record["fill"]["at"])
    free = {**record, "limits": {}}
    printed = with_limits(free, printed_on=iso(filled_on + printed_after * DAY))
    both = with_limits(printed, max_interval_days=interval_days)
    results = [certain(free), certain(printed), certain(both)]
    for fewer, more in itertools.pairwise(results):
        assert more["must_refill_by"] <= fewer["must_refill_by"]
        assert more["limits"].items() >= fewer["limits"].items()


@given(records())
def test_the_earliest_limit_binds_and_a_tie_is_named_in_the_order_of_the_format(record: Record) -> None:
    result = certain(record)
    order = ("low_reservoir", "stability", "interval", "end_of_service", "printed_date")
    assert result["must_refill_by"] == min(result["limits"].values())
    binding = [name for name in order if result["limits"].get(name) == result["must_refill_by"]]
    assert result["limited_by"] == binding[0]
    assert result["limits"]["low_reservoir"] == result["low_reservoir_on"]


@given(records(), st.data())
def test_a_visit_is_the_last_open_day_that_keeps_its_margin(record: Record, data: st.DataObject) -> None:
    must = dt.date.fromisoformat(certain({**record, "clinic": {}})["must_refill_by"])
    closed = {must - n * DAY for n in data.draw(st.sets(st.integers(-2, 30)))}
    open_weekdays = data.draw(st.sets(st.sampled_from(WEEKDAYS), min_size=1))
    margins = {
        "target_visit_on": data.draw(st.integers(0, 20)),
        "latest_visit_on": data.draw(st.integers(0, 9)),
    }
    assume(margins["target_visit_on"] >= margins["latest_visit_on"])
    clinic = {
        "open_weekdays": sorted(open_weekdays),
        "closed_on": [iso(day) for day in sorted(closed)],
        "target_margin_days": margins["target_visit_on"],
        "latest_margin_days": margins["latest_visit_on"],
    }
    result = certain({**record, "clinic": clinic})

    def is_open(day: dt.date) -> bool:
        return WEEKDAYS[day.weekday()] in open_weekdays and day not in closed

    for name, margin in margins.items():
        visit, last = dt.date.fromisoformat(result[name]), must - margin * DAY
        assert visit <= last
        assert is_open(visit)
        assert not any(is_open(last - n * DAY) for n in range((last - visit).days))


# --- the function -------------------------------------------------------------------------------------


@given(records())
def test_the_same_record_gives_the_same_result_and_is_left_as_it_was(record: Record) -> None:
    untouched = copy.deepcopy(record)
    assert forecast(record) == forecast(record)
    assert record == untouched


def _rewritten(node: Any) -> Any:
    """The same numbers in another spelling: trailing zeros, and as JSON numbers read by Decimal."""
    if isinstance(node, dict):
        return {
            key: Decimal(value + (".00" if "." not in value else "00"))
            if isinstance(value, str) and len(value) < 9 and value.replace(".", "", 1).isdigit()
            else _rewritten(value)
            for key, value in node.items()
        }
    return [_rewritten(item) for item in node] if isinstance(node, list) else node


@given(records())
def test_the_spelling_of_a_number_does_not_matter(record: Record) -> None:
    plain, spelt = forecast(record), forecast(_rewritten(record))
    assert {name: spelt[name] for name in RESULTS} == {name: plain[name] for name in RESULTS}


@given(records())
def test_a_dose_in_milligrams_is_the_dose_in_micrograms(record: Record) -> None:
    assume(all("days" not in entry for entry in record["program"]))

    def in_mg(node: Any) -> Any:
        if isinstance(node, list):
            return [in_mg(item) for item in node]
        if not isinstance(node, dict):
            return node
        other = {"mcg/day": "mg/day", "mcg": "mg", "mcg/mL": "mg/mL"}.get(node.get("unit", ""))
        if other is None:
            return {key: in_mg(value) for key, value in node.items()}
        amounts = {"dose", "concentration", "old_concentration"}
        return {
            key: as_written(Decimal(value) / 1000) if key in amounts else in_mg(value)
            for key, value in node.items()
        } | {"unit": other}

    here, there = certain(record), certain(in_mg(record))
    assert {name: there[name] for name in RESULTS} == {name: here[name] for name in RESULTS}
