"""Telephone calls: what is refused and where, what counts, who is to be called back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from clinic.domain.checks import RecordError
from clinic.models import Patient
from clinic.services.patients import record_death
from scheduling.domain.call_entries import CallEntry
from scheduling.models import Anchor, CallAttempt, FollowUp, Mode
from scheduling.selectors.calls import call_backs, calls_of_patient, last_calls
from scheduling.services.calls import log_call
from tests.factories import House, make_clinic, make_patient

pytestmark = pytest.mark.django_db


def call(house: House, patient: Patient, outcome: str = "left_message", **more: Any) -> CallAttempt:
    about = {key: more.pop(key) for key in ("follow_up_ref", "now") if key in more}
    return log_call(
        clinic=house.clinic,
        patient_ref=patient.ref,
        entry=CallEntry(outcome=outcome, **more),
        actor_id=house.nurse.id,
        **({"now": house.now} | about),
    )


def make_follow_up(house: House, patient: Patient) -> FollowUp:
    return FollowUp.objects.create(
        clinic=house.clinic,
        patient=patient,
        row_key="ride",
        anchor=Anchor.SURGERY_PLANNED,
        anchor_key="surgery:1",
        title="Ride home",
        mode=Mode.CALL,
        anchored_on=house.today,
        target_on=house.today,
        latest_on=house.today,
        owner=house.nurse,
        created_at=house.now,
    )


def test_a_call_keeps_who_called_when_whom_and_how_it_went(house: House) -> None:
    patient = make_patient(house)
    follow_up = make_follow_up(house, patient)
    made = call(
        house, patient, "reached", whom="proxy", note="  Her son drives. ", follow_up_ref=follow_up.ref
    )
    assert (made.called_by, made.called_at, made.whom) == (house.nurse, house.now, "proxy")
    assert (made.follow_up, made.note) == (follow_up, "Her son drives.")
    follow_up.refresh_from_db()
    assert follow_up.state == "open"


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("outcome", {"outcome": "shouted"}),
    ("outcome", {"outcome": ""}),
    ("whom", {"whom": "nobody"}),
    ("call_back_on", {"outcome": "call_back"}),
    ("call_back_on", {"call_back_on": -1}),
    ("call_back_on", {"call_back_on": 400}),
    ("note", {"note": "x" * 1001}),
    ("called_at", {"called_at": timedelta(minutes=1)}),
    ("called_at", {"called_at": timedelta(days=-40)}),
]


@pytest.mark.parametrize(("field", "change"), REFUSED)
def test_what_cannot_be_is_refused_at_its_field(house: House, field: str, change: dict[str, Any]) -> None:
    patient = make_patient(house)
    values = dict(change)
    if isinstance(values.get("call_back_on"), int):
        values["call_back_on"] = house.today + timedelta(days=values["call_back_on"])
    if isinstance(values.get("called_at"), timedelta):
        values["called_at"] = house.now + values["called_at"]
    entry = replace(CallEntry(outcome="reached"), **values)
    with pytest.raises(RecordError) as refusal:
        log_call(
            clinic=house.clinic, patient_ref=patient.ref, entry=entry, actor_id=house.nurse.id, now=house.now
        )
    assert refusal.value.field == field
    assert not CallAttempt.objects.exists()


def test_a_time_without_a_zone_is_refused(house: House) -> None:
    with pytest.raises(RecordError):
        call(house, make_patient(house), called_at=datetime(2026, 1, 1, 12, 0))  # noqa: DTZ001


def test_a_follow_up_of_another_patient_is_refused(house: House) -> None:
    other = make_follow_up(house, make_patient(house))
    with pytest.raises(RecordError) as refusal:
        call(house, make_patient(house), follow_up_ref=other.ref)
    assert refusal.value.field == "follow_up"


def test_a_patient_of_another_clinic_is_not_there(house: House) -> None:
    elsewhere = make_clinic(name="Other")
    with pytest.raises(Patient.DoesNotExist):
        call(house, make_patient(elsewhere))
    with pytest.raises(Patient.DoesNotExist):
        log_call(
            clinic=house.clinic,
            patient_ref=uuid4(),
            entry=CallEntry(outcome="reached"),
            actor_id=house.nurse.id,
            now=house.now,
        )


def test_a_call_is_never_changed_or_deleted(house: House) -> None:
    made = call(house, make_patient(house))
    with pytest.raises(DatabaseError), transaction.atomic():
        CallAttempt.objects.filter(pk=made.pk).update(note="better")
    with pytest.raises(DatabaseError), transaction.atomic():
        made.delete()


def test_who_asked_is_called_back_on_the_day_until_somebody_calls(house: House) -> None:
    first, second = make_patient(house, last_name="Ode"), make_patient(house, last_name="Poe")
    call(house, second, "call_back", call_back_on=house.today + timedelta(days=1))
    call(house, first, "call_back", call_back_on=house.today + timedelta(days=5))
    rows = call_backs(clinic_id=house.clinic.id)
    assert [row.patient.last_name for row in rows] == ["Poe", "Ode"]
    soon = call_backs(clinic_id=house.clinic.id, until=house.today + timedelta(days=1))
    assert [row.patient.last_name for row in soon] == ["Poe"]
    call(house, second, "no_answer", now=house.now + timedelta(hours=1))
    assert [row.patient.last_name for row in rows.all()] == ["Ode"]


def test_the_newest_call_counts_also_when_an_older_one_is_written_down_later(house: House) -> None:
    patient = make_patient(house)
    call(house, patient, "call_back", call_back_on=house.today)
    call(house, patient, "no_answer", called_at=house.now - timedelta(hours=3))
    assert [row.patient for row in call_backs(clinic_id=house.clinic.id)] == [patient]
    assert last_calls(clinic_id=house.clinic.id, patient_ids=[patient.id])[patient.id].outcome == "call_back"


def test_of_two_calls_at_one_instant_the_later_entry_counts(house: House) -> None:
    patient = make_patient(house)
    call(house, patient, "call_back", call_back_on=house.today)
    call(house, patient, "reached")
    assert not call_backs(clinic_id=house.clinic.id).exists()


def test_nobody_calls_back_the_dead_or_another_clinics_patient(house: House) -> None:
    patient = make_patient(house)
    call(house, patient, "call_back", call_back_on=house.today)
    assert not call_backs(clinic_id=house.elsewhere.id).exists()
    record_death(
        clinic=house.clinic,
        patient_ref=patient.ref,
        died_on=house.today,
        actor_id=house.nurse.id,
        now=house.now,
    )
    assert not call_backs(clinic_id=house.clinic.id).exists()


def test_the_call_backs_of_one_person_are_those_they_wrote_down(house: House) -> None:
    patient = make_patient(house)
    call(house, patient, "call_back", call_back_on=house.today)
    assert call_backs(clinic_id=house.clinic.id, caller_id=house.nurse.id).count() == 1
    assert call_backs(clinic_id=house.clinic.id, caller_id=house.administrator.id).count() == 0


def test_the_newest_calls_of_many_patients_are_one_query(house: House) -> None:
    patients = [make_patient(house) for _ in range(6)]
    for hours in (3, 1, 2):
        for patient in patients[:5]:
            call(house, patient, note=str(hours), called_at=house.now - timedelta(hours=hours))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        newest = last_calls(clinic_id=house.clinic.id, patient_ids=[patient.id for patient in patients])
        assert {call.called_by.display_name for call in newest.values()} == {house.nurse.display_name}
    assert len(queries) == 1
    assert {call.note for call in newest.values()} == {"1"}
    assert len(newest) == 5
    all_of_one = calls_of_patient(clinic_id=house.clinic.id, patient_id=patients[0].id)
    assert [call.note for call in all_of_one] == ["1", "2", "3"]
