"""Which rows of a register may come in, and which column is named when one may not."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.domain.register import RefusedRow
from clinic.domain.seed import SEED
from scheduling.domain.register_case import Judge, JudgedRow, judge_register
from tests.register_files import AS_OF, EXPECTED, EXPECTED_COLUMNS, SAMPLE, register

JUDGE = Judge(AS_OF, ZoneInfo("America/Chicago"), SEED)


def judged(*rows: dict[str, str]) -> list[JudgedRow | RefusedRow]:
    return list(judge_register(register(*rows), JUDGE))


def only(**cells: str) -> JudgedRow | RefusedRow:
    (row,) = judged(cells)
    return row


def test_the_sample_is_refused_exactly_where_expected() -> None:
    rows = list(judge_register(SAMPLE, JUDGE))
    assert len(rows) == EXPECTED["rows"]
    assert {row.line: row.column for row in rows if isinstance(row, RefusedRow)} == EXPECTED_COLUMNS


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/Sao_Paulo"])
def test_the_zone_changes_no_verdict_on_the_sample(zone: str) -> None:
    rows = judge_register(SAMPLE, Judge(AS_OF, ZoneInfo(zone), SEED))
    assert {row.line: row.column for row in rows if isinstance(row, RefusedRow)} == EXPECTED_COLUMNS


def test_a_good_row_has_its_dates() -> None:
    row = only()
    assert isinstance(row, JudgedRow)
    assert not row.needs_review
    assert row.projection.must_refill_by == date(2027, 3, 30)


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"pump_model": "acme-9000"}, "pump_model", "not a pump model"),
        ({"drug_1": "unobtainium"}, "drug_1", "not a drug"),
        (
            {"drug_2": "unobtainium", "concentration_2": "1", "unit_2": "mg/mL"},
            "drug_2",
            "not a drug",
        ),
        ({"fill_volume_ml": "55"}, "fill_volume_ml", "more than the reservoir"),
        ({"dose": "", "dose_unit": ""}, "dose", "missing"),
        (
            {"drug_1": "morphine", "concentration_1": "25", "unit_1": "mg/mL", "dose": "9.6"},
            "dose_unit",
            "exchanged",
        ),
        ({"dose_unit": "mg/day"}, "dose_unit", "exchanged"),
        ({"concentration_1": "2", "dose": "400"}, "dose_unit", "exchanged"),
        ({"unit_1": "mg/mL", "dose": "400", "dose_unit": "mg/day"}, "unit_1", "exchanged"),
        ({"dose": "48000"}, "dose", "outside"),
        ({"dose": "14000"}, "dose", "under 7 days"),
        ({"fill_volume_ml": "2,5"}, "fill_volume_ml", "under 7 days"),
        ({"threshold_ml": "39.5"}, "threshold_ml", "under 7 days"),
    ],
)
def test_a_row_that_the_arithmetic_refuses_names_its_column(
    cells: dict[str, str], column: str, reason: str
) -> None:
    row = only(**cells)
    assert isinstance(row, RefusedRow), row
    assert (row.column, reason in str(row.reason)) == (column, True), str(row.reason)


@pytest.mark.parametrize(
    "cells",
    [
        {
            "drug_1": "clonidine",
            "concentration_1": "0.5",
            "unit_1": "mg/mL",
            "dose": "0.1",
            "dose_unit": "mg/day",
        },
        {"implanted_on": "2012-01-01"},
        {"pump_model": "isomed-35", "fill_volume_ml": "35", "dose": "", "dose_unit": ""},
    ],
)
def test_other_stops_come_in_for_review(cells: dict[str, str]) -> None:
    row = only(**cells)
    assert isinstance(row, JudgedRow), row
    assert row.needs_review


def test_the_first_fault_in_the_registers_order_is_named_whoever_found_it() -> None:
    bad = {"pump_model": "acme-9000", "fill_volume_ml": "55", "dose": "NaN"}
    row = only(**bad)
    assert isinstance(row, RefusedRow)
    assert row.column == "pump_model"
    row = only(fill_volume_ml="55", dose="NaN")
    assert isinstance(row, RefusedRow)
    assert row.column == "fill_volume_ml"


def test_conflicting_rows_are_refused_and_the_others_are_not() -> None:
    rows = judged({}, {"last_name": "Ode", "pump_serial": "NGV2H"}, {"mrn": "M3", "pump_serial": "NGV3H"})
    assert [getattr(row, "column", "in") for row in rows] == ["mrn", "mrn", "in"]


def test_names_of_the_catalogue_are_told_in_its_own_words() -> None:
    row = only(pump_model=" SynchroMed-II-40 ", drug_1="BACLOFEN")
    assert isinstance(row, JudgedRow)
    assert (row.row.pump_model, row.row.drugs[0].drug) == ("synchromed-ii-40", "baclofen")


CELLS = st.fixed_dictionaries(
    {},
    optional={
        "fill_volume_ml": st.sampled_from(["0", "1", "40", "40,5", "NaN", "1e300", "999"]),
        "concentration_1": st.sampled_from(["0.0001", "2000", "999999", "inf", "2,000"]),
        "dose": st.sampled_from(["0", "0.000001", "300", "999999", "-1", ""]),
        "dose_unit": st.sampled_from(["mg/day", "ug/d", "mL/day", ""]),
        "threshold_ml": st.sampled_from(["", "0", "2", "40", "99"]),
        "max_interval_days": st.sampled_from(["", "1", "90", "3650"]),
        "printed_refill_on": st.sampled_from(["", "2026-10-01", "2199-12-31", "9999-12-31"]),
        "implanted_on": st.sampled_from(["1900-01-01", "2026-10-01", "2199-01-01"]),
        "filled_on": st.sampled_from(["1900-01-01", "2026-11-20", "2026-11-21"]),
        "birth_date": st.sampled_from(["1900-01-01", "2026-11-20"]),
        "drug_1": st.sampled_from(["baclofen", "ziconotide", "clonidine", "bupivacaine", "water"]),
        "pump_model": st.sampled_from([*SEED.pump_models, "acme"]),
        "unit_1": st.sampled_from(["mg/mL", "%", "mcg/mL"]),
    },
)


@given(st.lists(CELLS, min_size=1, max_size=4))
@settings(max_examples=200, deadline=None)
def test_every_row_is_judged_whatever_it_states(rows: list[dict[str, str]]) -> None:
    for line, row in enumerate(judged(*rows), start=2):
        if isinstance(row, RefusedRow):
            assert row.line == line
            assert str(row.reason)
        else:
            assert row.row.line == line
