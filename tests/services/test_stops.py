"""Lifting a stop: messages go to the address again, whoever has it."""

from __future__ import annotations

import pytest

from clinic.domain.checks import RecordError
from clinic.services.patients import record_consent
from notifications.domain.states import State
from notifications.models import Message, StoppedAddress
from notifications.services.stops import lift_stop
from tests.factories import House
from tests.texts import NUMBER, text, texter
from tests.visits import make_desk

pytestmark = pytest.mark.django_db


def lift(house: House, reason: str = "a mistake") -> None:
    lift_stop(
        clinic=house.clinic,
        channel="sms",
        address=NUMBER,
        reason=reason,
        actor_id=house.nurse.id,
        actor_name="Nora",
        now=house.now,
    )


def test_everybody_who_has_the_number_is_reminded_again(house: House) -> None:
    desk = make_desk(house)
    patients = [texter(house), texter(house)]
    for number, patient in enumerate(patients):
        desk.book(patient, at=f"{10 + number}:00")
    text(house, "stop")
    for patient in patients:
        record_consent(
            clinic=house.clinic,
            patient_ref=patient.ref,
            channel="sms",
            is_granted=True,
            wording="May we text you after all? Yes.",
            actor_id=house.nurse.id,
            now=house.now,
        )
    waiting = Message.objects.filter(channel="sms", state=State.QUEUED).exclude(kind="reply")
    assert not waiting.exists()
    lift(house)
    assert set(waiting.values_list("patient_id", flat=True)) == {patient.pk for patient in patients}


def test_a_stop_is_lifted_once_with_a_reason_and_in_its_own_clinic(house: House) -> None:
    texter(house)
    text(house, "stop")
    with pytest.raises(RecordError):
        lift(house, reason=" ")
    lift(House(**{**vars(house), "clinic": house.elsewhere}))
    stop = StoppedAddress.objects.get(clinic=house.clinic)
    assert stop.lifted_at is None
    lift(house)
    stop.refresh_from_db()
    assert stop.lifted_because == "Nora: a mistake"
    with pytest.raises(RecordError):
        lift(house)
