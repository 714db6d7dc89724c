"""Rows of one register that cannot all be true are all refused, each with the other's line."""

import pytest

from clinic.domain.register import Conflicts, read_register, row_from_json, row_to_json
from tests.register_files import AS_OF, SAMPLE, register, register_row


def faults(*rows: dict[str, str]) -> list[tuple[int, str, str]]:
    read = list(read_register(register(*rows), as_of=AS_OF))
    conflicts = Conflicts(read)
    return [(row.line, fault.column, str(fault.reason)) for row in read for fault in conflicts.faults_of(row)]


def test_two_patients_with_one_mrn_are_both_refused() -> None:
    found = faults({}, {"last_name": "Ode", "pump_serial": "NGV2H"}, {"mrn": "M3", "pump_serial": "NGV3H"})
    assert found == [
        (2, "mrn", "line 3 names another patient with this MRN"),
        (3, "mrn", "line 2 names another patient with this MRN"),
    ]


def test_one_serial_number_on_two_patients_refuses_both() -> None:
    found = faults({}, {"mrn": "M2", "pump_serial": "ngv1h"})
    assert [(line, column) for line, column, _ in found if column == "pump_serial"] == [
        (2, "pump_serial"),
        (3, "pump_serial"),
    ]


def test_two_accounts_of_one_fill_are_both_refused() -> None:
    assert [(line, column) for line, column, _ in faults({}, {"dose": "310"})] == [
        (2, "filled_on"),
        (3, "filled_on"),
    ]


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"pump_serial": "NGV2H", "dose": "310"},
        {"filled_on": "2026-06-01", "dose": "280"},
        {"last_name": "BERG", "pump_serial": "NGV2H"},
    ],
)
def test_a_repeated_row_a_second_pump_and_an_older_fill_are_no_conflict(other: dict[str, str]) -> None:
    assert faults({}, other) == []


def test_a_row_refused_for_another_reason_still_shows_the_conflict() -> None:
    found = faults({"dose": "NaN"}, {"last_name": "Ode", "pump_serial": "NGV2H"})
    assert [(line, column) for line, column, _ in found] == [(2, "mrn"), (3, "mrn")]


def test_the_sample_holds_no_conflicts() -> None:
    conflicts = Conflicts(read_register(SAMPLE, as_of=AS_OF))
    assert not any(conflicts.faults_of(row) for row in read_register(SAMPLE, as_of=AS_OF))


def test_a_row_survives_being_stored() -> None:
    row = register_row(notes="a\nb", threshold_ml="0", max_interval_days="90", dose="0,5")
    assert row_from_json(row_to_json(row)) == row
    assert row_from_json(row_to_json(register_row())) == register_row()
