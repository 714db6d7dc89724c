"""What is planned before an operation: it moves with it, ends with it, and a night does not forget it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from clinic.domain.entries import SurgeryEntry
from clinic.models import Patient, Surgery
from clinic.services.patients import record_death
from clinic.services.surgeries import cancel_surgery, move_surgery, plan_surgery
from scheduling.models import FollowUp
from scheduling.services.sweeps import run_everything
from tests.factories import House, make_clinic, make_implant, make_patient

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_clinic(now=NOW)


def days(number: int) -> date:
    return TODAY + timedelta(days=number)


def planned_operation(house: House, patient: Patient, ahead: int = 40) -> Surgery:
    return plan_surgery(
        clinic=house.clinic,
        patient_ref=patient.ref,
        entry=SurgeryEntry(planned_on=days(ahead)),
        actor_id=house.nurse.id,
        now=NOW,
    )


def before_surgery(patient: Patient) -> dict[str, FollowUp]:
    found = FollowUp.objects.filter(patient=patient, implant=None)
    return {row.row_key: row for row in found}


def test_a_planned_operation_moves_with_its_follow_ups_and_takes_them_along_when_called_off(
    house: House,
) -> None:
    patient = make_patient(house)
    surgery = planned_operation(house, patient)
    items = before_surgery(patient)
    assert len(items) == 7
    assert items["ride_and_helper"].latest_on == days(37)
    done = FollowUp.objects.filter(pk=items["medical_evaluation"].pk)
    done.update(state="done", closed_at=NOW, closing_reason="seen")
    move_surgery(
        clinic=house.clinic,
        surgery_ref=surgery.ref,
        entry=SurgeryEntry(planned_on=days(50)),
        actor_id=house.nurse.id,
        now=NOW,
    )
    moved = before_surgery(patient)
    assert moved["ride_and_helper"].latest_on == days(47)
    assert moved["medical_evaluation"].latest_on == items["medical_evaluation"].latest_on
    cancel_surgery(
        clinic=house.clinic, surgery_ref=surgery.ref, reason="fever", actor_id=house.nurse.id, now=NOW
    )
    after = {key: (row.state, row.ended_because) for key, row in before_surgery(patient).items()}
    assert after.pop("medical_evaluation") == ("done", "")
    assert set(after.values()) == {("ended", "anchor")}


def test_the_pump_that_is_put_in_sets_the_day_and_leaves_what_is_open_before_it(house: House) -> None:
    patient = make_patient(house)
    planned_operation(house, patient, ahead=10)
    make_implant(house, patient, implanted_on=TODAY)
    fasting = before_surgery(patient)["fasting"]
    assert (fasting.state, fasting.anchored_on, fasting.latest_on) == ("open", TODAY, days(-1))


def test_a_death_ends_what_is_planned_before_an_operation(house: House) -> None:
    patient = make_patient(house)
    planned_operation(house, patient)
    record_death(
        clinic=house.clinic, patient_ref=patient.ref, died_on=TODAY, actor_id=house.nurse.id, now=NOW
    )
    ended = {(row.state, row.ended_because) for row in before_surgery(patient).values()}
    assert ended == {("ended", "death")}


def test_a_night_plans_for_patients_who_have_no_pump_yet(house: House) -> None:
    patient = make_patient(house)
    planned_operation(house, patient)
    FollowUp.objects.filter(patient=patient).update(target_on=days(-3))
    run_everything(now=NOW)
    assert before_surgery(patient)["fasting"].target_on == days(39)
