"""That the crowd of test_double_booking sees a double booking when there is one; and what a killed booking leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import islice
from pathlib import Path

import pytest
from django.db import IntegrityError, OperationalError, connection, connections, transaction
from psycopg.types.range import TimestamptzRange

from clinic.audit import recording
from clinic.models import Patient
from scheduling.models import BLOCKING, Resource, Visit, VisitSeat, VisitStatus
from tests.broker import NOWHERE
from tests.factories import House, make_clinic, make_patient
from tests.faults.crowd import Act, Crowd, deadlocks
from tests.faults.test_double_booking import CLIENTS, Rush, overlaps
from tests.faults.waiting import wait_until
from tests.servers import Process, environment
from tests.visits import Desk, make_desk

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 8
SEATS, PATIENTS = "visit_seat_taken_once", "visit_one_at_a_time_a_patient"


@pytest.fixture
def rush(transactional_db: None) -> Iterator[Rush]:
    with Crowd(CLIENTS) as crowd:
        yield Rush(crowd, make_clinic())


@pytest.fixture
def no_constraints(transactional_db: None) -> Iterator[None]:
    """The tables as somebody would have them who trusts the program alone. Put back at the end."""
    tables = {VisitSeat: SEATS, Visit: PATIENTS}
    owner = connections["owner"]
    with owner.cursor() as cursor:
        for model, name in tables.items():
            cursor.execute(f"ALTER TABLE {model._meta.db_table} DROP CONSTRAINT {name}")
    yield
    with owner.cursor() as cursor:
        cursor.execute("TRUNCATE scheduling_visit CASCADE")
    with owner.schema_editor() as editor:
        for model, name in tables.items():
            (constraint,) = [each for each in model._meta.constraints if each.name == name]
            editor.add_constraint(model, constraint)


def look_then_write(desk: Desk, patient: Patient, day_offset: int) -> Visit:
    """What most booking programs do: is it free? then it is ours."""
    day = desk.day + timedelta(days=day_offset)
    starts_at = desk.at("10:00", day=day)
    during = TimestamptzRange(starts_at, starts_at + timedelta(minutes=30), "[)")
    with recording(actor_id=desk.house.nurse.id, reason="look, then write"):
        if VisitSeat.objects.filter(resource=desk.nurse, is_blocking=True, during__overlap=during).exists():
            raise LookupError("taken")
        visit = Visit.objects.create(
            clinic=desk.house.clinic,
            patient=patient,
            kind=desk.kind("check_up"),
            nurse=desk.nurse,
            starts_at=during.lower,
            ends_at=during.upper,
            local_on=day,
            local_at="10:00",
            time_zone="America/Chicago",
            status="booked",
            booked_at=desk.house.now,
        )
        VisitSeat.objects.create(clinic=desk.house.clinic, visit=visit, resource=desk.nurse, during=during)
    return visit


def winners(rush: Rush, acts: list[Act]) -> int:
    results = rush.crowd.run(acts)
    assert {type(each.error) for each in results if each.error} <= {
        LookupError,
        IntegrityError,
        OperationalError,
    }
    return sum(each.error is None for each in results)


def test_without_locks_and_constraints_the_crowd_books_one_slot_many_times(
    rush: Rush, no_constraints: None
) -> None:
    rush.desk.kind("check_up")
    won = [
        winners(rush, [partial(look_then_write, rush.desk, patient, number) for patient in rush.patients])
        for number in range(ROUNDS)
    ]
    assert max(won) > 1
    assert overlaps() > 0
    with pytest.raises(AssertionError):
        rush.check_rows(visits=ROUNDS)


def test_the_constraint_alone_lets_one_in(rush: Rush) -> None:
    rush.desk.kind("check_up")
    acts: list[Act] = [partial(look_then_write, rush.desk, patient, 0) for patient in rush.patients]
    assert winners(rush, acts) == 1
    assert overlaps() == 0


def test_the_locks_alone_let_one_in(rush: Rush, no_constraints: None) -> None:
    before = deadlocks()
    for day in islice(rush.days, ROUNDS):
        rush.round([partial(rush.desk.book, patient, day=day) for patient in rush.patients], winners=1)
    rush.check_rows(visits=ROUNDS)
    assert deadlocks() == before


def is_stopped() -> bool:
    """Whether somebody waits to write a status. Activity is not asked: a transaction sees one picture of it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'scheduling_visitstatus'::regclass"
        )
        return bool(cursor.fetchone()[0])


class TestABookingThatIsKilled:
    @pytest.fixture
    def house(self, transactional_db: None) -> House:
        return make_clinic()

    @pytest.fixture
    def start(self, tmp_path: Path) -> Iterator[Callable[[Desk, Patient], Process]]:
        started: list[Process] = []

        def start(desk: Desk, patient: Patient) -> Process:
            refs = (patient.ref, desk.kind("check_up").ref, desk.nurse.ref, desk.room.ref)
            words = [desk.house.clinic.slug, *map(str, refs), desk.day.isoformat()]
            where = environment(broker_url=NOWHERE)
            process = Process(
                "booking", ["tests.faults.book_once", *words], environment=where, folder=tmp_path
            )
            started.append(process)
            return process

        yield start
        for process in started:
            process.kill()

    def test_leaves_nothing_half(self, house: House, start: Callable[[Desk, Patient], Process]) -> None:
        """Stopped by a lock between the seats and the status, with everything else written, and killed there."""
        desk, patient = make_desk(house), make_patient(house)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE scheduling_visitstatus IN SHARE MODE")
            booking = start(desk, patient)
            wait_until(is_stopped, booking)
            booking.kill()
        assert booking.output() == ""
        counts = [table.objects.count() for table in (Visit, VisitSeat, VisitStatus)]
        assert counts == [0, 0, 0]
        assert desk.book(patient).status in BLOCKING

    def test_is_whole_where_nobody_kills_it(
        self, house: House, start: Callable[[Desk, Patient], Process]
    ) -> None:
        desk, patient = make_desk(house), make_patient(house)
        booking = start(desk, patient)
        booking.process.wait(60)
        assert booking.output().startswith("booked "), booking.output()
        assert (Visit.objects.count(), VisitSeat.objects.count(), VisitStatus.objects.count()) == (1, 2, 1)
        assert Resource.objects.filter(pk=desk.nurse.pk).exists()
