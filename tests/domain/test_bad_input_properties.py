"""Junk in any place of a record: an error that names the place, or a review; never an exception."""

import copy
import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scheduling.domain.forecast_file import forecast_record
from tests.domain.simulator.program import Record
from tests.domain.strategies import records

TODAY = dt.date(2026, 11, 21)
Path = tuple[str | int, ...]
NUMBERS = {
    "reservoir_ml",
    "threshold_ml",
    "accuracy_percent",
    "volume_ml",
    "concentration",
    "dose",
    "dose_per_hour",
    "flow_ml_per_day",
    "hours",
    "max_per_day",
    "mean_per_day",
    "old_volume_ml",
    "old_concentration",
    "stability_days",
    "max_interval_days",
    "target_margin_days",
    "latest_margin_days",
    "service_life_years",
}
DATES = {"at", "from", "as_of", "implanted_on", "end_of_service_on", "replacement_signal_on", "printed_on"}

NOT_NUMBERS: tuple[Any, ...] = (
    "NaN",
    "sNaN",
    "Infinity",
    "-Infinity",
    float("nan"),
    float("inf"),
    Decimal("NaN"),
    Decimal("sNaN"),
    Decimal("-Infinity"),
    "1e300",
    1e300,
    Decimal("1e300"),
    "1e-300",
    "1e999999999",
    10**400,
    "-1",
    -5,
    "",
    " ",
    "ten",
    "1,5",
    "0x10",
    "1_000",
    "١٢",
    True,
    False,
    None,
    [],
    {},
    ["1"],
    {"value": "1"},
    "9" * 5000,
    "0." + "3" * 5000,
)
NOT_DATES: tuple[Any, ...] = (
    "0001-01-01",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31",
    "9999-12-31T23:59:59-12:00",
    "2026-02-30",
    "2026-13-01",
    "20260101",
    "2026-W01-1",
    "2026-01-01T10:00",
    "01.02.2026",
    "today",
    "",
    "-",
    "2026-01-01\n",
    "2026-01-01T10:00:00+25:00",
    "2026-01-01T10:00:00Z; drop",
    20260101,
    1.5,
    True,
    None,
    [],
    {},
    "2" * 10_000,
)


def deep(depth: int) -> Any:
    """Lists in lists in lists."""
    nested: Any = []
    for _ in range(depth):
        nested = [nested]
    return nested


junk = st.one_of(
    st.sampled_from(NOT_NUMBERS),
    st.sampled_from(NOT_DATES),
    st.sampled_from(
        (deep(5), deep(400), "x" * 100_000, "\x00", "\ud800", b"bytes", object, {1: 2}, {None: None})
    ),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.decimals(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    ),
)


def places(node: Any, at: Path = ()) -> Iterator[Path]:
    """Every place of a record, the whole of it first."""
    yield at
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from places(value, (*at, key))


def changed(record: Record, place: Path, value: Any) -> Any:
    """The record with one place replaced."""
    if not place:
        return value
    copied = copy.deepcopy(record)
    node: Any = copied
    for key in place[:-1]:
        node = node[key]
    node[place[-1]] = value
    return copied


def name_of(place: Path) -> str:
    """The last word of the place: a list's items go by the list's name."""
    return [key for key in place if isinstance(key, str)][-1]


def answer(record: Any) -> Record:
    result = forecast_record(record, today=TODAY)
    assert result["status"] in {"ok", "review", "error"}
    if result["status"] != "ok":
        for name in ("must_refill_by", "limited_by", "target_visit_on", "latest_visit_on"):
            assert result.get(name) is None
    json.dumps(result, allow_nan=False)
    return result


def complaint(result: Record) -> str:
    """What the result says is wrong."""
    assert result["status"] == "error", result
    return " ".join(result["reasons"])


@given(records(), st.data())
def test_any_junk_in_any_place_gets_an_answer_and_a_long_one_is_cut(
    record: Record, data: st.DataObject
) -> None:
    place = data.draw(st.sampled_from(list(places(record))))
    result = answer(changed(record, place, data.draw(junk)))
    assert len(json.dumps(result)) < 20_000


@pytest.mark.parametrize("too_long", ["x" * 201, "x" * 100_000, 10**200, 10**4000])
def test_an_id_that_is_too_long_is_an_error_that_names_it(too_long: object) -> None:
    result = answer({"id": too_long})
    assert result["id"] is None
    assert "id" in complaint(result)


@given(records(), st.data())
def test_junk_in_several_places_at_once_gets_an_answer(record: Record, data: st.DataObject) -> None:
    broken: Any = record
    for _ in range(data.draw(st.integers(2, 4))):
        inner = [place for place in places(broken) if place]
        if inner:
            broken = changed(broken, data.draw(st.sampled_from(inner)), data.draw(junk))
    answer(broken)


@given(records(), st.sampled_from(NOT_NUMBERS), st.data())
def test_what_is_not_a_number_is_an_error_that_names_the_field(
    record: Record, value: Any, data: st.DataObject
) -> None:
    fields = [place for place in places(record) if place and place[-1] in NUMBERS]
    place = data.draw(st.sampled_from(fields))
    assume(value is not None)
    assert name_of(place) in complaint(answer(changed(record, place, value)))


@given(records(), st.sampled_from(NOT_DATES), st.data())
def test_what_is_not_a_date_is_an_error_that_names_the_field(
    record: Record, value: Any, data: st.DataObject
) -> None:
    fields = [place for place in places(record) if place and place[-1] in DATES]
    place = data.draw(st.sampled_from(fields))
    assume(value is not None)
    result = answer(changed(record, place, value))
    if value not in ("0001-01-01", "9999-12-31") and not str(value).startswith(("0001-", "9999-")):
        assert name_of(place) in complaint(result)


@given(records(), st.text("abz09_ -.é\"'µ", min_size=1, max_size=12), st.data())
def test_an_unknown_key_is_refused_by_name(record: Record, key: str, data: st.DataObject) -> None:
    objects = [(), *[place for place in places(record) if isinstance(_at(record, place), dict)]]
    place = data.draw(st.sampled_from(objects))
    strange = f"x{key}"
    assert strange in complaint(answer(changed(record, (*place, strange), "1"))).replace("\\", "")


def _at(record: Record, place: Path) -> Any:
    node: Any = record
    for key in place:
        node = node[key]
    return node


@given(records(), st.data())
def test_a_field_left_out_is_an_error_that_names_it_or_has_a_default(
    record: Record, data: st.DataObject
) -> None:
    inner = [place for place in places(record) if place and isinstance(place[-1], str)]
    place = data.draw(st.sampled_from(inner))
    shorter = copy.deepcopy(record)
    del _at(shorter, place[:-1])[place[-1]]
    answer(shorter)


@pytest.mark.parametrize("needed", ["pump", "fill"])
@given(record=records())
def test_what_a_record_cannot_do_without_is_named(needed: str, record: Record) -> None:
    del record[needed]
    assert needed in complaint(answer(record))


@pytest.mark.parametrize(
    "whole",
    [None, True, 5, 1.5, "text", b"bytes", [], {}, [[]], deep(400), {"id": deep(400)}, {"id": "\ud800"}],
    ids=lambda value: str(value)[:20],
)
def test_what_is_not_a_record_at_all_gets_an_answer(whole: Any) -> None:
    assert answer(whole)["status"] == "error"


@given(records())
def test_a_record_without_a_word_of_the_pump_or_its_program_is_never_given_a_date(record: Record) -> None:
    assert answer({**record, "program": []})["status"] in {"review", "error"}


@given(
    records(),
    st.sampled_from(("Mars/Olympus", "../../etc/passwd", "/etc/localtime", "", "UTC\x00", "utc ", 5)),
)
def test_a_zone_that_is_none_is_an_error(record: Record, zone: Any) -> None:
    assert "timezone" in complaint(answer({**record, "timezone": zone}))


EXTREMES = (
    "999999999999",
    "0.000000000001",
    "999999999999.999999999999",
    "0",
    "0.5",
    "1",
    "3652059",
    0,
    1,
    10**11,
)


@given(records(), st.data())
def test_the_largest_and_smallest_numbers_that_can_be_written_get_an_answer(
    record: Record, data: st.DataObject
) -> None:
    fields = [place for place in places(record) if place and place[-1] in NUMBERS]
    for place in data.draw(st.lists(st.sampled_from(fields), min_size=1, max_size=3)):
        record = changed(record, place, data.draw(st.sampled_from(EXTREMES)))
    answer(record)
