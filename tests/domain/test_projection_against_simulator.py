"""The projection and the hour-by-hour simulator agree on every date of every pump that can be drawn."""

import datetime as dt
import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings

from scheduling.domain.forecast_file import forecast_record
from tests.domain.simulator import simulate
from tests.domain.simulator.clock import WEEKDAYS
from tests.domain.simulator.program import Record
from tests.domain.strategies import records, records_of_constant_flow, records_with_a_pause

DATES = (
    "low_reservoir_on",
    "empty_on",
    "high_flow",
    "mean_use",
    "limits",
    "limited_by",
    "must_refill_by",
    "target_visit_on",
    "latest_visit_on",
)
PLACES = {"remaining_ml": 4, "flow_ml_per_day": 4, "days_of_reserve": 1, "days_to_empty": 1}
SHORTEST_INTERVAL_DAYS = 7


def forecast(record: Record) -> Record:
    return forecast_record(record, today=dt.date.fromisoformat(record["as_of"]))


def is_rounded(shown: str, true: Fraction, places: int) -> bool:
    return abs(Fraction(Decimal(shown)) - true) <= Fraction(1, 2 * 10**places)


def codes(result: Record) -> set[str]:
    return {finding["code"] for finding in result["findings"]}


def assert_agree(record: Record) -> None:
    result, truth = forecast(record), simulate(record)
    story = json.dumps(record, indent=1, default=str)
    if truth["days_to_low_by_the_fill"] < SHORTEST_INTERVAL_DAYS:
        assert "implausible_interval" in codes(result), story
    if truth["days_to_low"] < SHORTEST_INTERVAL_DAYS and "implausible_interval" in codes(result):
        assert result["status"] == "review", story
        assert result["limits"].items() < truth["limits"].items(), story
        return
    assert result["status"] == "ok", f"{result}\n{story}"
    assert_never_later(result, truth, story)
    assert {name: result[name] for name in DATES} == {name: truth[name] for name in DATES}, story
    for name, places in PLACES.items():
        if truth[name] is not None and (name != "days_to_empty" or truth[name] > 0):
            assert is_rounded(result[name], truth[name], places), f"{name} {truth[name]}\n{story}"
    assert ("reading_differs" in codes(result)) == truth["reading_differs"], story


def assert_never_later(result: Record, truth: Record, story: str) -> None:
    """The deadly direction, by itself: a date after the true one."""
    for name in ("low_reservoir_on", "empty_on", "must_refill_by", "target_visit_on", "latest_visit_on"):
        assert result[name] <= truth[name], f"{name} is late: {story}"
    for name, day in truth["high_flow"].items():
        assert result["high_flow"][name] <= day, f"{name} of high flow is late: {story}"
    for name, day in truth["limits"].items():
        assert result["limits"][name] <= day, f"limit {name} is late: {story}"


def one_pump(filled_on: str, volume_ml: str, strength: str, *program: Record, **more: Any) -> Record:
    """A pump in the words of the format, filled with baclofen."""
    drug = {"drug": "baclofen", "concentration": strength, "unit": "mcg/mL"}
    pump = {"reservoir_ml": "40", "threshold_ml": "2", "accuracy_percent": "14.5"}
    return {
        "id": "one",
        "as_of": filled_on,
        "timezone": more.pop("timezone", "UTC"),
        "pump": pump | more.pop("pump", {}),
        "fill": {"at": filled_on, "volume_ml": volume_ml, "first_fill": False, "drugs": [drug]},
        "program": [{"from": filled_on} | entry for entry in program],
        **more,
    }


def daily(mcg: str, **more: Any) -> Record:
    return {"dose": mcg, "unit": "mcg/day", **more}


def flat(ml_per_day: str) -> list[Record]:
    return [{"hours": "24", "flow_ml_per_day": ml_per_day}]


def bridge(volume_ml: str, strength: str) -> Record:
    return {"old_volume_ml": volume_ml, "old_concentration": strength, "unit": "mcg/mL"}


FLEX = [
    {"hours": hours, "dose_per_hour": dose, "unit": "mcg/h"}
    for hours, dose in (("6", "10"), ("8", "12"), ("10", "8"))
]
WORKWEEK = {
    "days": [{"on": WEEKDAYS[:5], "steps": flat("0.30")}, {"on": WEEKDAYS[5:], "steps": flat("0.45")}]
}


@pytest.mark.parametrize(
    ("record", "low_on", "empty_on"),
    [
        (one_pump("2026-01-05", "40", "2000", daily("300")), "2026-09-15", "2026-09-28"),
        (
            one_pump("2026-03-02", "20", "500", daily("175"), timezone="America/Chicago"),
            "2026-04-22",
            "2026-04-28",
        ),
        (
            one_pump("2026-05-04", "20", "500", daily("200"), bridge=bridge("0.30", "1000")),
            "2026-06-18",
            "2026-06-23",
        ),
        (
            one_pump("2026-01-12", "40", "2000", daily("400"), daily("520") | {"from": "2026-02-26"}),
            "2026-06-17",
            "2026-06-25",
        ),
        (one_pump("2026-03-02", "20", "500", WORKWEEK), "2026-04-24", "2026-04-29"),
        (
            one_pump("2026-02-10", "20", "2000", {"days": [{"on": WEEKDAYS, "steps": FLEX}]}),
            "2026-07-12",
            "2026-07-29",
        ),
    ],
    ids=["steady", "clock-change", "bridge", "raised", "weekdays", "flex"],
)
def test_the_simulator_itself_gives_dates_worked_out_by_hand(
    record: Record, low_on: str, empty_on: str
) -> None:
    seen = simulate(record)
    assert (seen["low_reservoir_on"], seen["empty_on"]) == (low_on, empty_on)


@settings(max_examples=settings().max_examples * 4)
@given(records())
def test_every_date_is_that_of_a_pump_walked_hour_by_hour(record: Record) -> None:
    assert_agree(record)


@given(records_with_a_pause())
def test_a_pump_that_was_stopped_for_days_and_runs_again_is_dated_like_the_walk(record: Record) -> None:
    assert_agree(record)


@given(records_of_constant_flow())
def test_a_pump_of_constant_flow_needs_no_program(record: Record) -> None:
    assert_agree(record)


def test_a_reading_of_nothing_leaves_the_high_flow_dates_that_were_already_past() -> None:
    """Found by the search: the empty date of the high flow moved later, to the day of the reading."""
    record = one_pump("2026-03-02", "20", "500", daily("150"))
    record |= {"as_of": "2026-05-04", "readings": [{"at": "2026-05-03", "reservoir_ml": "0"}]}
    assert forecast(record)["high_flow"] == {"low_reservoir_on": "2026-04-23", "empty_on": "2026-04-29"}
    assert_agree(record)
