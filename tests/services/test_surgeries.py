"""Operations: planned, moved, called off, done when the pump is recorded."""

from __future__ import annotations

from datetime import date, timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction

from clinic.changes import announce_members, announce_patients
from clinic.domain.checks import RecordError
from clinic.domain.entries import SurgeryEntry
from clinic.models import Patient, Surgery
from clinic.selectors.surgeries import get_surgery, surgeries_of
from clinic.services.patients import record_death
from clinic.services.surgeries import cancel_surgery, move_surgery, plan_surgery
from tests.factories import House, make_clinic, make_fill, make_implant, make_patient


def plan(house: House, patient: Patient, *, on: date | None = None, **values: Any) -> Surgery:
    entry = SurgeryEntry(planned_on=on or house.today + timedelta(days=20), **values)
    return plan_surgery(
        clinic=house.clinic, patient_ref=patient.ref, entry=entry, actor_id=house.nurse.id, now=house.now
    )


def move(house: House, surgery: Surgery, on: date) -> Surgery:
    return move_surgery(
        clinic=house.clinic,
        surgery_ref=surgery.ref,
        entry=SurgeryEntry(planned_on=on),
        actor_id=house.nurse.id,
        now=house.now,
    )


def cancel(house: House, surgery: Surgery, reason: str = "infection") -> Surgery:
    return cancel_surgery(
        clinic=house.clinic, surgery_ref=surgery.ref, reason=reason, actor_id=house.nurse.id, now=house.now
    )


def test_an_operation_is_planned_and_moved(house: House, patient: Patient) -> None:
    surgery = plan(house, patient)
    assert move(house, surgery, house.today).planned_on == house.today
    assert [found.id for found in surgeries_of(clinic_id=house.clinic.id, patient_id=patient.id)] == [
        surgery.id
    ]


@pytest.mark.parametrize(("days", "words"), [(-1, "has passed"), (731, "two years")])
def test_a_day_that_cannot_be_is_refused(house: House, patient: Patient, days: int, words: str) -> None:
    with pytest.raises(RecordError, match=words) as refused:
        plan(house, patient, on=house.today + timedelta(days=days))
    assert refused.value.field == "planned_on"
    assert not Surgery.objects.exists()


def test_a_patient_has_one_open_operation(house: House, patient: Patient) -> None:
    first = plan(house, patient)
    with pytest.raises(RecordError, match="already"):
        plan(house, patient)
    cancel(house, first)
    assert plan(house, patient).id != first.id


def test_an_unknown_purpose_is_refused(house: House, patient: Patient) -> None:
    with pytest.raises(RecordError, match="choices"):
        plan(house, patient, purpose="tea")


def test_somebody_who_died_is_not_operated(house: House, patient: Patient) -> None:
    record_death(
        clinic=house.clinic,
        patient_ref=patient.ref,
        died_on=house.today,
        actor_id=house.nurse.id,
        now=house.now,
    )
    with pytest.raises(RecordError, match="died"):
        plan(house, patient)


def test_calling_off_needs_a_reason_and_is_final(house: House, patient: Patient) -> None:
    surgery = plan(house, patient)
    with pytest.raises(RecordError, match="why"):
        cancel(house, surgery, reason=" ")
    assert cancel(house, surgery).cancel_reason == "infection"
    with pytest.raises(RecordError, match="no longer open"):
        cancel(house, surgery)
    with pytest.raises(RecordError, match="no longer open"):
        move(house, surgery, house.today)


def test_recording_the_pump_closes_the_operation(house: House, patient: Patient) -> None:
    surgery = plan(house, patient)
    implant = make_implant(house, patient, implanted_on=house.today)
    surgery.refresh_from_db()
    assert surgery.implant_id == implant.id
    with pytest.raises(RecordError, match="no longer open"):
        move(house, surgery, house.today)


def test_a_revision_is_not_closed_by_another_pump(house: House, patient: Patient) -> None:
    surgery = plan(house, patient, purpose="revision")
    make_implant(house, patient, implanted_on=house.today)
    surgery.refresh_from_db()
    assert surgery.implant_id is None


def test_another_clinic_finds_no_operation(house: House, patient: Patient) -> None:
    surgery = plan(house, patient)
    assert get_surgery(clinic_id=house.elsewhere.id, surgery_ref=surgery.ref) is None
    with pytest.raises(Surgery.DoesNotExist):
        cancel_surgery(
            clinic=house.elsewhere,
            surgery_ref=surgery.ref,
            reason="?",
            actor_id=house.outsider.id,
            now=house.now,
        )


@pytest.mark.django_db(transaction=True)
def test_a_change_is_announced_inside_its_transaction() -> None:
    house = make_clinic()
    with pytest.raises(RuntimeError):
        announce_patients(clinic_id=house.clinic.id, patient_ids=[1], now=house.now)
    with pytest.raises(RuntimeError):
        announce_members(clinic_id=house.clinic.id, now=house.now)


@pytest.mark.django_db(transaction=True)
def test_a_death_and_a_refill_at_once_do_not_block_each_other_for_good() -> None:
    """Both write about the same pump, one from the patient's side and one from the pump's."""
    house = make_clinic()
    patient = make_patient(house)
    implant = make_implant(house, patient)
    died = {
        "clinic": house.clinic,
        "patient_ref": patient.ref,
        "died_on": house.today,
        "actor_id": house.nurse.id,
        "now": house.now,
    }

    def die() -> None:
        try:
            record_death(**died)
        finally:
            connection.close()

    with transaction.atomic():
        make_fill(house, implant)
        other = Thread(target=die)
        other.start()
        other.join(timeout=0.5)
    other.join(timeout=20)
    assert not other.is_alive()
    patient.refresh_from_db()
    assert patient.died_on == house.today
