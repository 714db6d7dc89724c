"""Two changes of one patient at the same moment: the later one to plan sees both, and nobody waits in a ring."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connections, transaction

from clinic.domain.entries import ProxyEntry
from clinic.models import Patient
from clinic.services.patients import (
    add_contact_point,
    add_proxy,
    record_consent,
    record_death,
    retire_contact_point,
    withdraw_death,
)
from notifications.domain.states import State
from notifications.models import Message
from notifications.services.plan import replan_patients
from scheduling.domain.visit_entries import MoveEntry
from scheduling.services import booking
from tests.bookings import book, open_day
from tests.factories import House, make_clinic, make_fill, make_patient, make_running_pump
from tests.faults.crowd import deadlocks

NOW = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def house() -> House:
    return make_clinic(now=NOW)


def by(house: House, patient: Patient) -> dict[str, object]:
    return {"clinic": house.clinic, "patient_ref": patient.ref, "actor_id": house.nurse.id, "now": NOW}


def reachable(house: House) -> Patient:
    patient = make_patient(house)
    agree(house, patient, is_granted=True)
    add_contact_point(kind="email", value="ursula@example.org", **by(house, patient))
    return patient


def agree(house: House, patient: Patient, *, is_granted: bool) -> None:
    record_consent(channel="email", is_granted=is_granted, wording="Said so.", **by(house, patient))


def together(*acts: Callable[[], object]) -> None:
    """Do them at the same moment, each in a thread and a connection of its own; whatever one raises is raised."""
    gate, failed = Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        try:
            gate.wait(timeout=30)
            act()
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    if failed:
        raise failed[0]


def waiting(patient: Patient) -> int:
    return Message.objects.filter(patient=patient, state=State.QUEUED).count()


def outbox(patient: Patient) -> list[tuple[object, ...]]:
    columns = ("occurrence", "step", "channel", "planned_version", "state", "reason", "due_at")
    return sorted(Message.objects.filter(patient=patient).values_list(*columns))


def test_a_plan_waits_for_the_change_that_came_first_and_sees_it(house: House) -> None:
    """Without a lock of its own the booking would plan with a consent that is just being withdrawn."""
    patient = reachable(house)
    planner = Thread(target=_plan_and_close, args=(house, patient))
    with transaction.atomic():
        agree(house, patient, is_granted=False)
        planner.start()
        planner.join(timeout=1)
        assert planner.is_alive(), "it waits"
    planner.join(timeout=60)
    book(house, patient, on=open_day(house, 30))
    assert waiting(patient) == 0


def _plan_and_close(house: House, patient: Patient) -> None:
    try:
        replan_patients(house.clinic.id, [patient.id], NOW)
    finally:
        connections.close_all()


def test_two_plans_of_one_patient_at_once_plan_everything_once(house: House) -> None:
    patient = reachable(house)
    book(house, patient, on=open_day(house, 30))
    Message.objects.all().delete()
    together(*[lambda: replan_patients(house.clinic.id, [patient.id], NOW)] * 4)
    assert waiting(patient) == 3


def test_whatever_changes_at_once_the_outbox_is_as_planned_from_the_end(house: House) -> None:
    """A booking, a refill, a withdrawn consent, a death that was a mistake, all about the same patients."""
    before = deadlocks()
    patients = [reachable(house) for _ in range(2)]
    pumps = [make_running_pump(house, each) for each in patients]
    visits = [book(house, each, on=open_day(house, 20 + n)) for n, each in enumerate(patients)]

    def change_mind(patient: Patient) -> None:
        agree(house, patient, is_granted=False)
        agree(house, patient, is_granted=True)

    def die_and_live(patient: Patient) -> None:
        record_death(died_on=house.today, **by(house, patient))
        withdraw_death(reason="somebody else", **by(house, patient))

    def get_helper(patient: Patient) -> None:
        entry = ProxyEntry(name="Per Ode", may_receive_reminders=True)
        helper = add_proxy(entry=entry, **by(house, patient))
        point = add_contact_point(
            kind="email", value="per@example.org", proxy_id=helper.id, **by(house, patient)
        )
        retire_contact_point(clinic=house.clinic, contact_id=point.id, actor_id=house.nurse.id, now=NOW)

    acts: list[Callable[[], object]] = []
    for number, patient in enumerate(patients):
        pump, visit = pumps[number], visits[number]
        acts += [
            lambda patient=patient: change_mind(patient),
            lambda patient=patient: get_helper(patient),
            lambda pump=pump: make_fill(house, pump, filled_on=house.today - timedelta(days=1)),
            lambda visit=visit, number=number: _move(house, visit.ref, days=30 + number),
        ]
    acts.append(lambda: die_and_live(patients[0]))
    acts.append(lambda: replan_patients(house.clinic.id, [each.id for each in patients], NOW))
    random.Random(4).shuffle(acts)
    together(*acts)
    assert deadlocks() == before
    for patient in patients:
        found = outbox(patient)
        replan_patients(house.clinic.id, [patient.id], NOW)
        assert outbox(patient) == found


def _move(house: House, ref: object, *, days: int) -> None:
    try:
        booking.move_visit(
            clinic=house.clinic,
            visit_ref=ref,  # type: ignore[arg-type]
            entry=MoveEntry(local_on=open_day(house, days), local_at=time(14)),
            actor_id=house.nurse.id,
            now=NOW,
        )
    except Exception as error:
        if type(error).__name__ != "RecordError":  # the death came first: the visit is cancelled
            raise
