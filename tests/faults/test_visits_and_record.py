"""Desks that book and nurses who record, on the same patients at the same moment: nobody waits in a ring.

Every use case takes its locks in the order of docs/adr/0012-seats-and-locks.md; a deadlock counted by PostgreSQL
shows one that does not.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.utils import timezone

from clinic.domain.checks import RecordError
from clinic.models import Fill, Implant
from clinic.services.fills import void_fill
from clinic.services.implants import record_explant, withdraw_explant
from clinic.services.patients import record_death, withdraw_death
from scheduling.domain.slot_refusals import SlotTaken
from scheduling.models import FollowUp, Resource, Visit
from scheduling.selectors.sweeps import queued_chunks
from scheduling.services import booking
from scheduling.services.closing_days import confirm_closing, propose_closing, undo_closing
from scheduling.services.follow_ups import assign_follow_ups, complete_follow_ups, reopen_follow_up
from scheduling.services.forecasts import reproject
from scheduling.services.sweeps import run_chunk
from tests.factories import House, make_clinic, make_fill, make_patient, make_program, make_running_pump
from tests.faults.crowd import Crowd, deadlocks
from tests.faults.test_double_booking import overlaps
from tests.faults.waiting import somebody_waits, wait_until
from tests.visits import Desk, make_desk, make_resource

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE, ROUNDS, PATIENTS = 12, 2, 4
REFUSED = (RecordError, Visit.DoesNotExist, FollowUp.DoesNotExist, Fill.DoesNotExist)


@pytest.fixture
def house(transactional_db: None) -> House:
    return make_clinic()


@pytest.fixture
def take_nurse_row(house: House) -> Iterator[Callable[[Resource], Callable[[], None]]]:
    """`let_go = take_nurse_row(nurse)`: somebody else's transaction holds the nurse's row until told to let go."""
    started: list[tuple[threading.Thread, threading.Event]] = []

    def hold(nurse: Resource, holds: threading.Event, may_end: threading.Event) -> None:
        with transaction.atomic():
            Resource.objects.select_for_update().get(pk=nurse.pk)
            holds.set()
            may_end.wait(60)
        connections.close_all()

    def take(nurse: Resource) -> Callable[[], None]:
        holds, may_end = threading.Event(), threading.Event()
        started.append((threading.Thread(target=hold, args=(nurse, holds, may_end)), may_end))
        started[-1][0].start()
        assert holds.wait(10)
        return may_end.set

    yield take
    for thread, may_end in started:
        may_end.set()
        thread.join(30)


class Life:
    """One person who does at random what the clinic's people do, with a seed of their own."""

    def __init__(self, desk: Desk, implants: list[Implant], seed: int) -> None:
        self.desk, self.house, self.implants = desk, desk.house, implants
        self.random = random.Random(seed)
        self.done: Counter[str] = Counter()
        self.acts: list[Callable[[Implant], object]] = [
            self.book,
            self.book,
            self.book_today,
            self.move,
            self.end,
            self.undo,
            self.fill,
            self.withdraw,
            self.explant,
            self.die,
            self.decide,
            self.program,
            self.sweep,
            self.close_days,
            self.assign,
            self.chunks,
        ]

    def live(self) -> Counter[str]:
        """Do everything some times over, each time in another order."""
        acts = [act for _ in range(ROUNDS) for act in self.random.sample(self.acts, len(self.acts))]
        for act in acts:
            try:
                act(self.random.choice(self.implants))
                self.done[act.__name__] += 1
            except REFUSED as error:
                self.done[f"{act.__name__} refused: {type(error).__name__}"] += 1
        return self.done

    def book(self, implant: Implant) -> object:
        at = self.random.choice(("09:00", "09:30", "10:00", "13:00"))
        anybody = {"nurse_ref": None, "room_ref": None} if self.random.random() < 0.5 else {}
        kind = self.random.choice(("refill", "check_up"))
        return self.desk.book(implant.patient, kind=kind, at=at, **anybody)

    def book_today(self, implant: Implant) -> object:
        at, day = self.random.choice(("00:00", "10:00", "22:00")), self.house.today
        now = self.desk.at("00:00", day=day)
        return self.desk.book(implant.patient, kind="refill", at=at, day=day, now=now, override_reason="now")

    def visit(self, implant: Implant) -> Visit:
        found = list(Visit.objects.filter(patient=implant.patient).exclude(status="proposed"))
        if not found:
            raise Visit.DoesNotExist
        return self.random.choice(found)

    def move(self, implant: Implant) -> object:
        return self.desk.move(self.visit(implant), at=self.random.choice(("09:15", "10:30", "14:00")))

    def end(self, implant: Implant) -> object:
        visit = self.visit(implant)
        due = list(FollowUp.objects.filter(visits__visit=visit).values_list("ref", flat=True))
        act: Callable[..., Any] = self.random.choice(
            (
                partial(booking.cancel_visit, reason="ill"),
                booking.mark_no_show,
                booking.mark_arrived,
                partial(booking.fulfil_visit, done_follow_ups=due, is_without_fill=True),
            )
        )
        return self.desk.step(act, visit, now=visit.ends_at)

    def undo(self, implant: Implant) -> object:
        return self.desk.step(booking.undo_last_status, self.visit(implant), reason="a mistake")

    def fill(self, implant: Implant) -> object:
        return make_fill(self.house, implant, filled_on=self.house.today)

    def withdraw(self, implant: Implant) -> object:
        fill = Fill.objects.filter(implant=implant).current().order_by("-filled_on", "-pk").first()
        if fill is None or fill.filled_on < self.house.today:
            raise Fill.DoesNotExist
        return void_fill(
            clinic=self.house.clinic,
            fill_ref=fill.ref,
            reason="never was",
            actor_id=self.house.nurse.id,
            now=self.house.now,
        )

    def explant(self, implant: Implant) -> None:
        who = {"clinic": self.house.clinic, "actor_id": self.house.nurse.id, "now": self.house.now}
        record_explant(implant_ref=implant.ref, explanted_on=self.house.today, why="", **who)
        withdraw_explant(implant_ref=implant.ref, reason="not this one", **who)

    def die(self, implant: Implant) -> None:
        who = {"clinic": self.house.clinic, "actor_id": self.house.nurse.id, "now": self.house.now}
        record_death(patient_ref=implant.patient.ref, died_on=self.house.today, **who)
        withdraw_death(patient_ref=implant.patient.ref, reason="not this one", **who)

    def decide(self, implant: Implant) -> None:
        due = FollowUp.objects.filter(patient=implant.patient, state="open").exclude(row_key="refill").first()
        if due is None:
            raise FollowUp.DoesNotExist
        who = {"clinic": self.house.clinic, "actor_id": self.house.nurse.id, "now": self.house.now}
        complete_follow_ups(refs=[due.ref], **who)
        reopen_follow_up(ref=due.ref, reason="not yet", **who)

    def program(self, implant: Implant) -> object:
        return make_program(self.house, implant, starts_on=self.house.today)

    def close_days(self, implant: Implant) -> None:
        who = {"clinic": self.house.clinic, "actor_id": self.house.nurse.id, "now": self.house.now}
        day = self.desk.day
        closing = propose_closing(first_on=day, last_on=day + timedelta(days=1), reason="training", **who)
        confirmed = confirm_closing(closing_ref=closing.ref, **who)
        if confirmed.is_confirmed:
            undo_closing(closing_ref=closing.ref, **who)

    def assign(self, implant: Implant) -> object:
        """Work of many patients changes hands at once."""
        due = FollowUp.objects.filter(state="open").order_by("?")[:6]
        return assign_follow_ups(
            clinic=self.house.clinic,
            refs=[each.ref for each in due],
            owner_id=self.random.choice((self.house.nurse.id, self.house.administrator.id)),
            actor_id=self.house.nurse.id,
            now=self.house.now,
        )

    def chunks(self, implant: Implant) -> None:
        """What a closing asks for: every date worked out again, as the worker does."""
        for chunk_id in queued_chunks():
            run_chunk(chunk_id=chunk_id, now=timezone.now())

    def sweep(self, implant: Implant) -> object:
        return reproject(self.house.clinic.id, [each.pk for each in self.implants], timezone.now())


def test_who_books_and_who_records_never_wait_in_a_ring(house: House) -> None:
    desk = make_desk(house)
    make_resource(house, "Second nurse", seats=2)
    make_resource(house, "Second room", kind="room", seats=2)
    implants = [make_running_pump(house) for _ in range(PATIENTS)]
    before = deadlocks()
    with Crowd(PEOPLE) as crowd:
        results = crowd.run([Life(desk, implants, seed).live for seed in range(PEOPLE)])
    assert [repr(result.error) for result in results if result.error] == []
    assert deadlocks() == before
    assert overlaps() == 0
    done: Counter[str] = sum((result.value for result in results), Counter())
    assert done["book"]
    assert done["fill"]
    assert done["close_days"]
    assert done["explant"]
    assert done["assign"]
    assert done["chunks"]


def test_a_withdrawn_refill_takes_the_seats_of_its_visits_in_the_order_of_their_numbers(
    house: House, take_nurse_row: Callable[[Resource], Callable[[], None]]
) -> None:
    """Two visits stand again, the first with the second nurse: it waits for the first nurse and holds nobody yet."""
    desk, implant = make_desk(house), make_running_pump(house)
    second = make_resource(house, "Second nurse")
    early = desk.at("00:00", day=house.today)
    for at, nurse in (("09:00", second), ("14:00", desk.nurse)):
        desk.book(
            implant.patient,
            kind="refill",
            at=at,
            day=house.today,
            now=early,
            nurse_ref=nurse.ref,
            override_reason="now",
        )
    fill = make_fill(house, implant, filled_on=house.today)
    assert set(Visit.objects.values_list("status", flat=True)) == {"fulfilled"}
    let_go = take_nurse_row(desk.nurse)
    withdraw = partial(
        void_fill,
        clinic=house.clinic,
        fill_ref=fill.ref,
        reason="never was",
        actor_id=house.nurse.id,
        now=house.now,
    )
    with Crowd(1) as crowd:
        waiting = crowd.start([withdraw])
        wait_until(lambda: somebody_waits(statement="scheduling_resource"))
        with transaction.atomic():
            assert Resource.objects.select_for_update(nowait=True).get(pk=second.pk)
            assert len(Visit.objects.select_for_update(nowait=True)) == 2
        let_go()
        (result,) = waiting()
    assert result.error is None
    assert set(Visit.objects.values_list("status", flat=True)) == {"booked"}


def test_a_lock_that_comes_late_is_tried_for_again(
    house: House, take_nurse_row: Callable[[Resource], Callable[[], None]]
) -> None:
    desk, patient = make_desk(house), make_patient(house)
    threading.Timer(4.0, take_nurse_row(desk.nurse)).start()  # beyond the three seconds of one try
    assert desk.book(patient).status == "booked"
    assert Visit.objects.count() == 1


def test_a_lock_that_never_comes_ends_in_a_clear_answer_and_nothing_written(
    house: House, take_nurse_row: Callable[[Resource], Callable[[], None]]
) -> None:
    desk, patient = make_desk(house), make_patient(house)
    client = Client()
    client.force_login(house.nurse, backend="allauth.account.auth_backends.AuthenticationBackend")
    body = {
        "patient": str(patient.ref),
        "kind": str(desk.kind("check_up").ref),
        "nurse": str(desk.nurse.ref),
        "local_on": desk.day.isoformat(),
        "local_at": "10:00",
    }
    take_nurse_row(desk.nurse)
    address = f"/api/v1/clinics/{house.clinic.slug}/visits"
    answer = client.post(address, body, content_type="application/json")
    assert answer.status_code == 503, answer.content
    assert answer.headers["Retry-After"] == "1"
    assert not Visit.objects.exists()


def test_somebody_who_wrote_without_our_locks_is_met_with_a_named_refusal(house: House) -> None:
    """Straight into the table, committed between our look and our write: the constraint sees it, we name it."""
    desk, other = make_desk(house), make_desk(house)
    patient = make_patient(house)
    results: list[object] = []

    def book() -> None:
        try:
            results.append(desk.book(patient))
        except SlotTaken as refused:
            results.append(refused.why.value)
        finally:
            connections.close_all()

    with transaction.atomic():
        made = other.book()  # holds the locks until the block ends
        booker = threading.Thread(target=book)
        booker.start()
        until = time.monotonic() + 10
        while not _somebody_waits():
            assert time.monotonic() < until
            time.sleep(0.02)
    booker.join(30)
    assert results == ["nurse_busy"]
    assert Visit.objects.get() == made
    assert made.starts_at > timezone.now() + timedelta(days=1)


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])
