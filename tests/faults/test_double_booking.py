"""One slot, one patient: whoever comes at the same moment, the seats decide and everybody gets an answer.

Real PostgreSQL, fifty clients on fifty connections. 200 rounds in all; the last test takes away the locks and the
constraints and shows that this very crowd then double-books.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest
from django.db import connection

from clinic.audit import recording
from clinic.models import Patient
from scheduling.domain.slot_refusals import BusyTryAgain, SlotReason, SlotTaken
from scheduling.models import BLOCKING, Resource, Visit, VisitSeat, VisitStatus
from scheduling.selectors.visits import next_free_times
from scheduling.services import booking
from tests.factories import House, make_clinic, make_patient
from tests.faults.crowd import Act, Crowd, Result, deadlocks
from tests.visits import Desk, make_desk, make_resource

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS = 50
STARTS = ("10:00", "10:05", "10:10", "10:15", "10:20", "10:25")
"""With half an hour each, any two of them overlap."""
MOST_SECONDS = 10.0
"""Fifty bookings of one slot in a line take half a second on two cores; a ring of locks takes many."""


class Rush:
    """The crowd at the desk of one clinic, a fresh day for every round, and what every round must show."""

    def __init__(self, crowd: Crowd, house: House) -> None:
        self.crowd, self.house = crowd, house
        self.desk = make_desk(house)
        self.patients = many_patients(house)
        self.days = (day for day in map(self._day, count(14)) if day.weekday() < 5)
        self.seconds: list[float] = []

    def _day(self, number: int) -> date:
        return self.house.today + timedelta(days=number)

    def round(self, acts: list[Act], *, winners: int) -> list[Result]:
        """Run the acts at once: so many win, and every other is told what stands in the way."""
        results = self.crowd.run(acts)
        self.seconds += [result.seconds for result in results]
        lost = [result.error for result in results if result.error is not None]
        assert {type(error) for error in lost} <= {SlotTaken, BusyTryAgain}, [repr(error) for error in lost]
        assert len(results) - len(lost) == winners
        return results

    def check_rows(self, *, visits: int) -> None:
        """As many visits as were won, each with its seats and one status; no seat twice; nothing left over."""
        assert Visit.objects.filter(status__in=BLOCKING).count() == visits
        assert VisitStatus.objects.filter(visit__status="booked").exclude(status="proposed").count() == visits
        assert VisitSeat.objects.filter(is_blocking=True).count() == visits * 2
        assert overlaps() == 0


def many_patients(house: House) -> list[Patient]:
    with recording(actor_id=house.nurse.id, reason="a crowd"):
        return Patient.objects.bulk_create(
            Patient(
                clinic=house.clinic,
                mrn=f"CROWD{number}",
                last_name="Ode",
                first_name="Ursula",
                birth_date=date(1961, 5, 4),
                created_at=house.now,
            )
            for number in range(CLIENTS)
        )


def overlaps() -> int:
    """Pairs of visits that have the same seat, or the same patient, at the same time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM scheduling_visitseat a JOIN scheduling_visitseat b ON a.id < b.id"
            " AND a.resource_id = b.resource_id AND a.seat = b.seat AND a.during && b.during"
            " AND a.is_blocking AND b.is_blocking)"
            " + (SELECT count(*) FROM scheduling_visit a JOIN scheduling_visit b ON a.id < b.id"
            " AND a.patient_id = b.patient_id AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at"
            " AND a.status = ANY(%s) AND b.status = ANY(%s))",
            [list(BLOCKING), list(BLOCKING)],
        )
        return int(cursor.fetchone()[0])


@pytest.fixture
def rush(transactional_db: None) -> Iterator[Rush]:
    before = deadlocks()
    with Crowd(CLIENTS) as crowd:
        found = Rush(crowd, make_clinic())
        yield found
    assert deadlocks() == before
    if found.seconds:
        ordered = sorted(found.seconds)
        median, p99 = statistics.median(ordered), ordered[int(len(ordered) * 0.99)]
        sys.stdout.write(
            f"\n{len(ordered)} clients: median {median:.3f} s, p99 {p99:.3f} s, worst {ordered[-1]:.3f} s\n"
        )
        assert ordered[-1] < MOST_SECONDS


def further_desk(rush: Rush, name: str) -> Desk:
    """A desk in the same clinic with another nurse and another room."""
    nurse = make_resource(rush.house, f"Further nurse {name}")
    return replace(
        rush.desk, nurse=nurse, room=make_resource(rush.house, f"Further room {name}", kind="room")
    )


def booking_of(desk: Desk, patient: Patient, **values: Any) -> Act:
    return partial(desk.book, patient, **values)


def test_fifty_who_want_one_slot_are_one_who_has_it_and_49_who_know_why(rush: Rush) -> None:
    for number in range(50):
        day = next(rush.days)
        results = rush.round(
            [booking_of(rush.desk, patient, day=day) for patient in rush.patients], winners=1
        )
        errors = [result.error for result in results if isinstance(result.error, SlotTaken)]
        assert {error.why for error in errors} == {SlotReason.NURSE_BUSY}
        for error in errors if number == 0 else errors[:1]:
            times = next_free_times(clinic=rush.house.clinic, sought=error.sought, now=rush.house.now)
            assert len(times) == 5
            assert all(
                abs(slot.starts_at - rush.desk.at("10:00", day=day)) >= timedelta(minutes=30)
                for slot in times
            )
    rush.check_rows(visits=50)


def test_of_starts_that_overlap_one_is_booked(rush: Rush) -> None:
    for _ in range(40):
        day = next(rush.days)
        rush.round(
            [
                booking_of(rush.desk, patient, day=day, at=STARTS[number % len(STARTS)])
                for number, patient in enumerate(rush.patients)
            ],
            winners=1,
        )
    rush.check_rows(visits=40)


def test_three_seats_are_given_out_three_times(rush: Rush) -> None:
    Resource.objects.filter(pk=rush.desk.nurse.pk).update(seats=3)
    Resource.objects.filter(pk=rush.desk.room.pk).update(seats=3)
    for number in range(25):
        day = next(rush.days)
        starts = STARTS if number % 2 else STARTS[:1]
        rush.round(
            [
                booking_of(rush.desk, patient, day=day, at=starts[place % len(starts)])
                for place, patient in enumerate(rush.patients)
            ],
            winners=3,
        )
    rush.check_rows(visits=75)
    assert set(VisitSeat.objects.values_list("seat", flat=True)) == {1, 2, 3}


@pytest.mark.parametrize("status", [*BLOCKING, "proposed, expired"])
def test_every_blocking_status_takes_the_slot_and_a_hold_that_is_over_does_not(
    rush: Rush, status: str
) -> None:
    other = make_patient(rush.house)
    is_taken = status != "proposed, expired"
    for _ in range(5):
        day = next(rush.days)
        if status.startswith("proposed"):
            over = rush.house.now - timedelta(minutes=0 if is_taken else 11)
            standing = rush.desk.hold(other, day=day, now=over)
        else:
            standing = rush.desk.book(other, day=day)
            stand(rush.desk, standing, status)
        rush.round(
            [booking_of(rush.desk, patient, day=day) for patient in rush.patients],
            winners=0 if is_taken else 1,
        )
        assert Visit.objects.filter(pk=standing.pk).exists() == is_taken
    assert overlaps() == 0


def stand(desk: Desk, visit: Visit, status: str) -> None:
    if status == "pending":
        desk.step(booking.displace_visit, visit, reason="closed")
    if status in ("arrived", "checked-in"):
        desk.step(booking.mark_arrived, visit)
    if status == "checked-in":
        desk.step(booking.check_in, visit)


def test_nurses_and_rooms_asked_for_crosswise_make_no_ring(rush: Rush) -> None:
    """Two nurses and two rooms in both orders: a slot for each nurse, and nobody waits in a ring."""
    one, two = rush.desk, further_desk(rush, "two")
    for _ in range(20):
        day = next(rush.days)
        acts = []
        for number, patient in enumerate(rush.patients):
            desk, other = (one, two) if number % 2 else (two, one)
            acts.append(booking_of(desk, patient, day=day, room_ref=other.room.ref))
        rush.round(acts, winners=2)
    rush.check_rows(visits=40)


def test_any_nurse_is_found_as_long_as_one_is_free(rush: Rush) -> None:
    for number in range(3):
        make_resource(rush.house, f"Further nurse {number}")
        make_resource(rush.house, f"Further room {number}", kind="room")
    for _ in range(5):
        day = next(rush.days)
        acts = [
            booking_of(rush.desk, patient, day=day, nurse_ref=None, room_ref=None)
            for patient in rush.patients
        ]
        rush.round(acts, winners=4)
    rush.check_rows(visits=20)


def test_one_patient_at_many_desks_has_one_visit(rush: Rush) -> None:
    desks = [rush.desk, *(further_desk(rush, str(number)) for number in range(9))]
    for number in range(10):
        day = next(rush.days)
        patient = rush.patients[number]
        results = rush.round(
            [
                booking_of(desks[place % 10], patient, day=day, at=STARTS[place % 6])
                for place in range(CLIENTS)
            ],
            winners=1,
        )
        errors = [result.error for result in results if isinstance(result.error, SlotTaken)]
        assert {error.why for error in errors} == {SlotReason.PATIENT_BUSY}
    rush.check_rows(visits=10)


def test_a_visit_moved_and_visits_booked_to_one_time_are_one(rush: Rush) -> None:
    for _ in range(10):
        day = next(rush.days)
        visit = rush.desk.book(make_patient(rush.house), day=day, at="14:00")
        acts = [booking_of(rush.desk, patient, day=day) for patient in rush.patients[1:]]
        rush.round([partial(rush.desk.move, visit, at="10:00", day=day), *acts], winners=1)
    assert overlaps() == 0


def test_two_visits_that_want_each_others_place_both_stay_and_none_is_lost(rush: Rush) -> None:
    """Neither time is free while the other stands there; after some such rounds both visits are still whole."""
    second = further_desk(rush, "two")
    for _ in range(5):
        day = next(rush.days)
        one, two = rush.desk.book(day=day), second.book(day=day)
        to_second = {"nurse_ref": second.nurse.ref, "room_ref": second.room.ref}
        to_first = {"nurse_ref": rush.desk.nurse.ref, "room_ref": rush.desk.room.ref}
        swap: list[Act] = [
            partial(rush.desk.move, one, at="10:00", day=day, **to_second),
            partial(rush.desk.move, two, at="10:00", day=day, **to_first),
        ]
        acts = swap * 10
        rush.round(acts, winners=0)
    rush.check_rows(visits=10)


def test_the_same_request_sent_fifty_times_makes_one_visit(rush: Rush) -> None:
    for number in range(5):
        day = next(rush.days)
        acts = [booking_of(rush.desk, rush.patients[number], day=day, key=f"request {number}")] * CLIENTS
        results = rush.round(acts, winners=CLIENTS)
        assert len({result.value.pk for result in results}) == 1
    rush.check_rows(visits=5)
