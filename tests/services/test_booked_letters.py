"""Who has a visit in time is not asked to book one; who loses it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from django.core import mail
from django.db import connections, transaction

from clinic.models import Implant
from clinic.services.patients import add_contact_point, record_consent
from notifications.domain.kinds import MessageKind
from notifications.domain.plan import WhyNot
from notifications.domain.states import State
from notifications.models import Message
from notifications.services.delivery import begin_sending, claim_due, deliver_batch
from notifications.services.plan import replan
from scheduling.domain.visit_entries import MoveEntry
from scheduling.models import Forecast, Visit
from scheduling.services import booking
from scheduling.services.sweeps import run_everything
from tests.bookings import book, open_day
from tests.factories import House, make_clinic, make_patient, make_program, make_running_pump

NOW = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)  # 10:00 in Chicago
pytestmark = pytest.mark.django_db


def make_house() -> House:
    return make_clinic(now=NOW)


def reachable_pump(house: House) -> Implant:
    """A pump of a patient who agreed to letters; its letter is due."""
    patient = make_patient(house)
    by = {"clinic": house.clinic, "patient_ref": patient.ref, "actor_id": house.nurse.id, "now": house.now}
    record_consent(channel="email", is_granted=True, wording="Yes.", **by)
    add_contact_point(kind="email", value="ursula@example.org", **by)
    implant = make_running_pump(house, patient)
    Message.objects.filter(implant=implant).update(due_at=NOW - timedelta(minutes=1))
    return implant


@pytest.fixture
def house() -> House:
    return make_house()


@pytest.fixture
def implant(house: House) -> Implant:
    return reachable_pump(house)


def states(implant: Implant) -> list[tuple[str, str]]:
    """Of the letters that ask to book; those about a visit are tests/services/test_visit_messages.py's."""
    rows = Message.objects.filter(implant=implant, kind=MessageKind.BOOK_VISIT).order_by("id")
    return [(row.state, row.reason) for row in rows]


BOOKED = [(State.CANCELLED, WhyNot.BOOKED)]
QUEUED = [(State.QUEUED, "")]


def step(house: House, act: Callable[..., Visit], visit: Visit, **values: object) -> Visit:
    return act(
        clinic=house.clinic,
        visit_ref=visit.ref,
        actor_id=house.nurse.id,
        **({"now": house.now} | values),
    )


def test_booking_takes_the_letter_back_and_cancelling_gives_it_back(house: House, implant: Implant) -> None:
    assert states(implant) == QUEUED
    visit = book(house, implant, on=open_day(house))
    assert states(implant) == BOOKED
    assert deliver_batch(now=NOW) == 0
    step(house, booking.cancel_visit, visit, reason="has a cold")
    assert states(implant) == QUEUED


def test_a_visit_that_has_become_too_late_brings_the_letter_back(house: House, implant: Implant) -> None:
    latest = Forecast.objects.get(implant=implant).latest_visit_on
    assert latest is not None
    visit = book(house, implant, on=latest)
    assert states(implant) == BOOKED
    make_program(house, implant, starts_on=house.today - timedelta(days=1), dose="1200")
    assert (State.QUEUED, "") in states(implant)
    step(
        house,
        booking.move_visit,
        visit,
        entry=MoveEntry(local_on=open_day(house, 2), local_at=visit.local_at),
    )
    assert (State.QUEUED, "") not in states(implant)


def test_a_visit_without_a_time_does_not_keep_the_letter(house: House, implant: Implant) -> None:
    visit = book(house, implant, on=open_day(house))
    step(house, booking.displace_visit, visit, reason="closed")
    assert states(implant) == QUEUED


def test_who_did_not_come_is_asked_again(house: House, implant: Implant) -> None:
    visit = book(house, implant, on=open_day(house, 2))
    step(house, booking.mark_no_show, visit, now=visit.ends_at)
    assert states(implant) == QUEUED


def test_a_visit_that_passed_unclosed_is_found_by_the_night(house: House, implant: Implant) -> None:
    visit = book(house, implant, on=open_day(house, 2))
    run_everything(now=visit.ends_at + timedelta(hours=1))
    assert states(implant) == BOOKED
    run_everything(now=visit.ends_at + timedelta(days=1))
    assert states(implant) == QUEUED


def test_planning_again_changes_nothing_for_the_booked(house: House, implant: Implant) -> None:
    book(house, implant, on=open_day(house))
    before = list(Message.objects.values())
    replan(house.clinic.id, [implant.id], NOW + timedelta(hours=1))
    assert list(Message.objects.values()) == before


def test_a_claimed_letter_does_not_begin_once_a_visit_is_booked(house: House, implant: Implant) -> None:
    (claim,) = claim_due(now=NOW, size=1)
    book(house, implant, on=open_day(house))
    assert begin_sending(claim, now=NOW) is None
    assert states(implant) == BOOKED
    assert mail.outbox == []


@pytest.mark.django_db(transaction=True)
def test_no_letter_begins_after_a_booking_that_committed_first() -> None:
    """The dispatcher has claimed the letter and waits for the booking's locks; it then sees the visit."""
    house = make_house()
    implant = reachable_pump(house)
    (claim,) = claim_due(now=NOW, size=1)
    begun: list[object] = []

    def send() -> None:
        try:
            begun.append(begin_sending(claim, now=NOW))
        finally:
            connections.close_all()

    sender = Thread(target=send)
    with transaction.atomic():
        book(house, implant, on=open_day(house))
        sender.start()
        sender.join(timeout=1)
        assert sender.is_alive(), "it waits"
    sender.join(timeout=20)
    assert begun == [None]
    assert states(implant) == BOOKED


def test_who_was_told_long_ago_is_told_of_the_new_date_by_the_night(house: House, implant: Implant) -> None:
    assert deliver_batch(now=NOW) == 1
    make_program(house, implant, starts_on=house.today - timedelta(days=1), dose="2400")
    assert [state for state, _ in states(implant)] == [State.ACCEPTED], "too soon after the last one"
    run_everything(now=NOW + timedelta(days=13))
    assert len(states(implant)) == 1
    run_everything(now=NOW + timedelta(days=15))
    assert [state for state, _ in states(implant)] == [State.ACCEPTED, State.QUEUED]
