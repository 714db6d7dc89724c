"""Rows of a register that come in together: as if each came alone, at the price of a few."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.domain.register import RegisterRow
from clinic.models import (
    Clinic,
    Consent,
    ContactPoint,
    Fill,
    FillDrug,
    Implant,
    Patient,
    ProgramVersion,
    User,
)
from clinic.services.register_rows import RowOutcome
from scheduling.models import FollowUp, Forecast, ImportedPump
from scheduling.services import care_plan
from scheduling.services.register_rows import bring_in, in_turns
from tests.factories import House, make_clinic
from tests.imports import rows_of, source_of
from tests.plans import forget_sizes
from tests.register_files import register_row

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
SLIP = {"filled_on": "2026-11-18", "dose": "3000"}


@pytest.fixture
def house() -> House:
    return make_clinic(now=NOW)


def together(
    clinic: Clinic, person: User, rows: Sequence[RegisterRow], *, is_trial: bool = False
) -> list[RowOutcome]:
    return bring_in(
        clinic=clinic,
        rows=rows,
        actor_id=person.id,
        now=NOW,
        source=None if is_trial else source_of(person),
        consent_channels=frozenset({"email", "sms"}),
    )


def new_rows(count: int, **cells: str) -> list[RegisterRow]:
    return [
        register_row(**({"email": f"{each['mrn']}@example.org"} | each | cells)) for each in rows_of(count)
    ]


def told(outcomes: Sequence[RowOutcome]) -> list[str]:
    return [outcome.fault.column if outcome.fault else outcome.result.value for outcome in outcomes]


def stored(clinic: Clinic) -> dict[str, list[Any]]:
    """What the clinic's record and plans say, without the numbers of the rows."""
    of = "implant__serial"
    asked: tuple[tuple[type[Any], tuple[str, ...]], ...] = (
        (Patient, ("mrn", "last_name", "first_name", "birth_date", "language", "notes", "created_at")),
        (
            ContactPoint,
            ("patient__mrn", "kind", "value", "dialable", "is_preferred", "is_active", "time_zone"),
        ),
        (Consent, ("patient__mrn", "channel", "topic", "is_granted", "wording")),
        (Implant, ("serial", "patient__mrn", "pump_model__key", "implanted_on", "threshold_ml")),
        (Fill, (of, "filled_on", "fill_volume_ml", "printed_refill_on", "note", "recorded_at")),
        (FillDrug, (f"fill__{of}", "position", "drug__key", "concentration", "concentration_unit")),
        (ProgramVersion, (of, "starts_on", "kind", "dose", "dose_unit")),
        (Forecast, (of, "status", "must_refill_by", "target_visit_on", "findings")),
        (FollowUp, (of, "row_key", "target_on", "latest_on", "state")),
        (ImportedPump, (of, "waits")),
    )
    return {
        model.__name__: sorted(map(str, model.objects.filter(clinic=clinic).values_list(*names)))
        for model, names in asked
    }


def varied() -> list[RegisterRow]:
    plain = {"phone": "+1 202 555 0100", "language": "es"}
    return [
        register_row(**cells)
        for cells in (
            {"mrn": "B2", "pump_serial": "x9", **plain},
            {"mrn": "A1", "pump_serial": "y8", "email": "", "phone": "", "threshold_ml": "4"},
            {"mrn": "A3", "pump_serial": "a7", "printed_refill_on": "2027-01-10", "notes": "mornings"},
            {"mrn": "C4", "pump_serial": "q6", "concentration_1": "2", "unit_1": "mg/mL", "dose": "310"},
        )
    ]


def test_together_the_record_is_as_if_they_had_come_alone(house: House) -> None:
    outsider = house.outsider
    made = together(house.clinic, house.administrator, varied())
    alone = [together(house.elsewhere, outsider, [row])[0] for row in varied()]
    assert told(made) == ["created"] * 4
    assert [(each.result, each.columns) for each in made] == [(each.result, each.columns) for each in alone]
    here, there = stored(house.clinic), stored(house.elsewhere)
    assert here == there
    assert len(here["Consent"]) == 6  # of three who can be reached, by both ways
    assert all(here.values()), here


@pytest.mark.parametrize("is_trial", [False, True])
def test_many_rows_ask_as_many_questions_as_few(house: House, is_trial: bool) -> None:
    together(house.elsewhere, house.outsider, new_rows(1))  # what a process asks once
    asked = []
    for rows in (new_rows(30)[:3], new_rows(60)[30:]):
        with CaptureQueriesContext(connection) as seen:
            outcomes = together(house.clinic, house.administrator, rows, is_trial=is_trial)
        assert set(told(outcomes)) == {"created"}
        asked.append(len(seen))
    assert asked[1] <= asked[0] <= 130


def test_one_that_only_the_record_can_refuse_does_not_stop_the_others(house: House) -> None:
    known = register_row()
    together(house.clinic, house.administrator, [known])
    before = stored(house.clinic)
    rows = new_rows(4)
    rows.insert(2, register_row(**SLIP))
    outcomes = together(house.clinic, house.administrator, rows)
    assert told(outcomes) == ["created", "created", "dose", "created", "created"]
    after = stored(house.clinic)
    assert set(before["Fill"]) < set(after["Fill"])
    assert len(after["Fill"]) == len(after["Forecast"]) == len(before["Fill"]) + 4
    assert ImportedPump.objects.filter(waits=True).count() == 5


def test_a_trial_of_many_says_the_same_and_leaves_no_trace(house: House) -> None:
    together(house.clinic, house.administrator, [register_row()])
    before = stored(house.clinic)
    rows = [*new_rows(3), register_row(**SLIP)]
    trial = together(house.clinic, house.administrator, rows, is_trial=True)
    assert stored(house.clinic) == before
    assert {each.implant_id for each in trial if each.fault is None} == {None}
    real = together(house.clinic, house.administrator, rows)
    assert [(each.result, each.columns, each.fault) for each in trial] == [
        (each.result, each.columns, each.fault) for each in real
    ]


def test_one_that_breaks_something_nobody_foresaw_is_refused_alone(house: House) -> None:
    rows = new_rows(7)
    rows[3] = replace(rows[3], last_name="x" * 300)
    assert told(together(house.clinic, house.administrator, rows)) == [
        *["created"] * 3,
        "mrn",
        *["created"] * 3,
    ]
    assert Implant.objects.count() == Forecast.objects.count() == 6


def test_rows_that_tell_one_after_the_other_do_not_come_together(house: House) -> None:
    rows = [
        *new_rows(2),
        register_row(mrn="REG000001", pump_serial="other"),
        register_row(mrn="M7", pump_serial="OTHER"),
        register_row(mrn="M8", pump_serial="z"),
    ]
    turns = [[row.mrn for row in turn] for turn in in_turns(rows, lambda row: row)]
    assert turns == [["REG000001", "REG000002"], ["REG000001"], ["M7", "M8"]]
    many = list(in_turns(new_rows(250), lambda row: row))
    assert [len(turn) for turn in many] == [100, 100, 50]


def test_what_is_planned_is_sought_by_its_key_and_not_among_all_of_the_clinic(house: House) -> None:
    """So the tenth thousand of a register costs what the first did."""
    pumps = 40
    together(house.clinic, house.nurse, new_rows(pumps))
    rows = FollowUp.objects.for_clinic(house.clinic.id).filter(implant__serial=new_rows(1)[0].pump_serial)
    keys = list(rows.values_list("patient_id", "row_key", "anchor_key", "occurrence"))[:3]
    number = FollowUp.objects.for_clinic(house.clinic.id).count()
    forget_sizes("scheduling_followup")
    before = _read_of_follow_ups()
    found = care_plan._rows(care_plan._BY_KEY, [*care_plan._columns(keys), house.clinic.id])
    assert len(found) == len(keys)
    # In a table as small as this the server may look by another part of the key: one row of each pump, but never all.
    assert _read_of_follow_ups() - before <= len(keys) * pumps < number


def _read_of_follow_ups() -> int:
    """Rows that this transaction has read so far."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'scheduling_followup'"
        )
        number: int = cursor.fetchone()[0]
        return number
