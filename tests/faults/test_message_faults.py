"""Dispatchers killed while they send, and several at once: a message goes out at most once, and nobody guesses."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.db import connections, transaction
from django.db.models import F

from clinic.services.patients import add_contact_point, record_consent
from notifications.domain.states import Outcome, State
from notifications.models import Attempt, Escalation, InAppMail, Message, ReminderRule
from notifications.services.delivery import deliver_batch
from notifications.services.plan import replan
from tests import broker
from tests.factories import House, make_clinic, make_patient, make_running_pump
from tests.faults.mail_room import PROMISES, Gateway, gateway
from tests.faults.waiting import somebody_waits, wait_until
from tests.message_rows import make_due_messages, zone_where_it_is_day
from tests.servers import Process, dispatcher, environment

pytestmark = pytest.mark.django_db(transaction=True)
StartProcess = Callable[..., Process]
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def clinic_with_due_messages(number: int) -> House:
    house = make_clinic(time_zone=zone_where_it_is_day())
    by = {"clinic": house.clinic, "actor_id": house.nurse.id, "now": house.now}
    for n in range(number):
        patient = make_patient(house)
        add_contact_point(patient_ref=patient.ref, kind="email", value=f"person{n}@example.org", **by)
        record_consent(
            patient_ref=patient.ref, channel="email", is_granted=True, wording="May we? Yes.", **by
        )
        make_running_pump(house, patient, filled_on=house.today - timedelta(days=150))
    make_due(house)
    assert Message.objects.filter(state=State.QUEUED, due_at__lte=datetime.now(UTC)).count() == number
    return house


def make_due(house: House) -> None:
    """Have the clinic's rule ask for its letters an hour ago: what the plan does not want, it would move again."""
    zone = ZoneInfo(house.clinic.time_zone)
    wanted = (house.now - timedelta(hours=1)).astimezone(zone)
    planned = Message.objects.earliest("due_at").due_at.astimezone(zone)
    ReminderRule.objects.filter(clinic=house.clinic, kind="book_visit").update(
        days=F("days") - (planned.date() - wanted.date()).days, at=wanted.time()
    )
    Message.objects.update(due_at=wanted)


def let_the_lease_run_out() -> None:
    Message.objects.filter(lease_until__isnull=False).update(lease_until=LONG_AGO)


def test_kill_9_while_sending_is_cleared_up_under_the_same_key(
    start_worker: StartProcess, start_beat: StartProcess
) -> None:
    clinic_with_due_messages(1)
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("LOCK TABLE notifications_inappmail IN EXCLUSIVE MODE")
        worker = start_worker()
        wait_until(somebody_waits, worker)
        assert Message.objects.get().state == State.SENDING, "committed before the letter left"
        worker.kill()
    wait_until(lambda: not somebody_waits())
    let_the_lease_run_out()
    worker = start_worker()
    start_beat(MESSAGE_TICK_SECONDS="1")
    wait_until(lambda: Message.objects.get().state == State.ACCEPTED, worker)
    assert InAppMail.objects.count() == 1
    assert list(Attempt.objects.order_by("fence").values_list("outcome", flat=True)) == [
        Outcome.UNKNOWN,
        Outcome.ACCEPTED,
    ]


def test_kill_9_before_sending_sends_once_later(start_worker: StartProcess) -> None:
    clinic_with_due_messages(1)
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        # Saying that sending begins writes here: the worker stands between its two commits.
        cursor.execute("LOCK TABLE notifications_attempt IN EXCLUSIVE MODE")
        worker = start_worker()
        wait_until(lambda: Message.objects.get().state == State.CLAIMED and somebody_waits(), worker)
        worker.kill()
    wait_until(lambda: not somebody_waits())
    let_the_lease_run_out()
    worker = start_worker()
    wait_until(lambda: Message.objects.get().state == State.ACCEPTED, worker)
    assert InAppMail.objects.count() == 1
    assert Message.objects.get().attempts_made == 1


def test_a_worker_sends_what_is_due_into_the_messages_page(start_worker: StartProcess) -> None:
    clinic_with_due_messages(3)
    worker = start_worker()
    wait_until(lambda: not Message.objects.exclude(state=State.ACCEPTED).exists(), worker)
    assert sorted(InAppMail.objects.values_list("to", flat=True)) == [
        f"person{n}@example.org" for n in range(3)
    ]
    assert "example.org" not in worker.output()
    assert "Ursula" not in worker.output()


def test_dispatchers_at_once_send_each_message_once() -> None:
    clinic_with_due_messages(12)
    together = threading.Barrier(4)

    def dispatch() -> None:
        together.wait()
        while deliver_batch(now=datetime.now(UTC), size=2):
            pass
        connections.close_all()

    dispatchers = [threading.Thread(target=dispatch) for _ in range(4)]
    for each in dispatchers:
        each.start()
    for each in dispatchers:
        each.join()
    assert sorted(letter.to[0] for letter in mail.outbox) == sorted(
        f"person{n}@example.org" for n in range(12)
    )
    assert set(Message.objects.values_list("state", "attempts_made")) == {(State.ACCEPTED, 1)}


def test_planning_from_several_processes_at_once_plans_each_message_once() -> None:
    house = clinic_with_due_messages(4)
    implant_ids = list(Message.objects.values_list("implant_id", flat=True))
    Message.objects.all().delete()
    together = threading.Barrier(4)

    def plan_all() -> None:
        together.wait()
        replan(house.clinic.id, implant_ids, datetime.now(UTC))
        connections.close_all()

    planners = [threading.Thread(target=plan_all) for _ in range(4)]
    for each in planners:
        each.start()
    for each in planners:
        each.join()
    assert Message.objects.count() == 4


def texts_due(number: int) -> list[Message]:
    house = make_clinic(time_zone=zone_where_it_is_day())
    ids = make_due_messages(house.clinic, number=number, actor_id=house.nurse.id, now=datetime.now(UTC))
    return list(Message.objects.filter(pk__in=ids).order_by("id"))


def states_of(messages: list[Message]) -> list[str]:
    rows = Message.objects.filter(pk__in=[message.pk for message in messages]).order_by("id")
    return list(rows.values_list("state", flat=True))


Sending = Callable[..., tuple[Gateway, Callable[[], Process]]]


@pytest.fixture
def sending(tmp_path: Path) -> Iterator[Sending]:
    """A gateway that keeps everybody waiting, and how to start a dispatcher that sends through it."""
    processes: list[Process] = []
    with ExitStack() as stack:

        def start(promise: str) -> tuple[Gateway, Callable[[], Process]]:
            arguments, promised = PROMISES[promise]
            place = stack.enter_context(gateway(tmp_path / "gateway", *arguments, **promised))
            place.hold()
            patient = {"SMS_TIMEOUT": "30", "MESSAGE_LEASE_SECONDS": "60", "MESSAGE_TICK_SECONDS": "1"}
            settings = environment(broker_url=broker.NOWHERE, **place.settings | patient)

            def dispatch() -> Process:
                processes.append(dispatcher(settings, tmp_path))
                return processes[-1]

            return place, dispatch

        yield start
        for process in processes:
            process.kill()


def test_kill_9_before_the_commit_that_ends_one_text_and_begins_the_next(sending: Sending) -> None:
    place, dispatch = sending("idempotent")
    messages = texts_due(3)
    with transaction.atomic(using="owner"):
        process = dispatch()
        wait_until(lambda: State.SENDING in states_of(messages), process)
        with connections["owner"].cursor() as cursor:
            cursor.execute("LOCK TABLE notifications_attempt IN EXCLUSIVE MODE")  # both write here
        place.let_go()
        wait_until(somebody_waits, process)
        assert len(place.taken()) == 1
        assert states_of(messages) == [State.SENDING, State.CLAIMED, State.CLAIMED]
        process.kill()
    wait_until(lambda: not somebody_waits())
    let_the_lease_run_out()
    process = dispatch()
    wait_until(lambda: states_of(messages) == [State.ACCEPTED] * 3, process)
    assert sorted(place.taken().values()) == [1, 1, 1]
    assert [message.attempts.count() for message in messages] == [2, 1, 1], "one was in doubt"


@pytest.mark.parametrize("promise", ["can be asked", "neither"])
def test_kill_9_after_the_commit_that_ends_one_text_and_begins_the_next(
    sending: Sending, promise: str
) -> None:
    place, dispatch = sending(promise)
    messages = texts_due(3)
    process = dispatch()
    wait_until(lambda: State.SENDING in states_of(messages), process)
    place.let_go()
    wait_until(lambda: states_of(messages)[0] == State.ACCEPTED, process, pause=0.0)
    process.kill()
    assert states_of(messages).count(State.SENDING) <= 1, "one is in doubt at the most"
    let_the_lease_run_out()
    process = dispatch()
    wait_until(lambda: set(states_of(messages)) <= {State.ACCEPTED, State.UNKNOWN}, process)
    if promise == "can be asked":
        wait_until(lambda: states_of(messages) == [State.ACCEPTED] * 3, process)
    assert max(place.taken().values()) == 1
    for message in Message.objects.filter(pk__in=[message.pk for message in messages], state=State.UNKNOWN):
        assert Escalation.objects.filter(message=message).exists()


def test_a_dispatcher_that_is_told_to_stop_leaves_no_text_in_doubt(sending: Sending) -> None:
    place, dispatch = sending("neither")
    messages = texts_due(4)
    process = dispatch()
    wait_until(lambda: State.SENDING in states_of(messages), process)
    os.kill(process.pid, signal.SIGTERM)
    place.let_go()
    assert process.process.wait(60) == 0
    assert State.SENDING not in states_of(messages)
    assert State.UNKNOWN not in states_of(messages)
    assert place.taken().total() == states_of(messages).count(State.ACCEPTED) > 0
