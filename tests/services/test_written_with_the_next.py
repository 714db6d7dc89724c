"""That a text was taken is written in the commit that begins the next one: nothing is lost, doubled or held up by it.

A dispatcher in a thread of its own sends through a gateway that is made to wait; meanwhile the rows are locked, changed
and spoilt, and the database refuses what it is told.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext, override_settings
from pytest_django import Settings

from notifications.domain.states import Outcome, State
from notifications.models import Attempt, Escalation, Message
from notifications.models.escalations import Cause
from notifications.services.delivery import Dispatcher, deliver_batch, sweep
from tests.factories import House, make_clinic
from tests.faults.mail_room import Gateway
from tests.faults.waiting import somebody_waits, wait_until
from tests.providers import HttpProvider, http_provider
from tests.services.test_delivery import CHANGES, LONG_AGO, NOW, SMS, cancel, due

Start = Callable[..., Gateway]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def house() -> House:
    return make_clinic(now=NOW)


@contextmanager
def dispatching(number: int) -> Iterator[None]:
    """A dispatcher sends the batch in a thread; it has ended when the block has."""

    def send() -> None:
        try:
            Dispatcher().deliver(SMS, clock=lambda: NOW, size=number)
        finally:
            connections.close_all()

    thread = threading.Thread(target=send)
    with override_settings(SMS_TIMEOUT=30.0):
        thread.start()
        try:
            yield
        finally:
            thread.join(60)
    assert not thread.is_alive()


@contextmanager
def held(place: Gateway) -> Iterator[None]:
    """The gateway keeps whoever sends waiting as long as the block lasts."""
    place.hold()
    try:
        yield
    finally:
        place.let_go()


def state_of(message: Message) -> str:
    return Message.objects.values_list("state", flat=True).get(pk=message.pk)


def states() -> list[str]:
    return list(Message.objects.filter(channel="sms").order_by("id").values_list("state", flat=True))


def is_free(message: Message) -> bool:
    """Whether nobody holds the message's row."""
    with transaction.atomic():
        return Message.objects.filter(pk=message.pk).select_for_update(skip_locked=True).exists()


def open_transactions() -> int:
    """How many transactions of the application are open, but for ours."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND usename = current_user AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
        )
        return int(cursor.fetchone()[0])


def through(settings: Settings, provider: HttpProvider) -> None:
    """Send by a gateway at the provider's address, which promises nothing."""
    settings.SMS_PROVIDER, settings.GATEWAY_URL = "gateway", provider.url
    settings.GATEWAY_IDEMPOTENT_SECONDS = settings.GATEWAY_SETTLE_SECONDS = 0.0
    settings.PUBLIC_URL = "http://127.0.0.1"


def test_one_commit_a_text_and_one_for_the_last(house: House, start_gateway: Start) -> None:
    place = start_gateway("neither")
    due(house, 5)
    with CaptureQueriesContext(connection) as queries:
        assert Dispatcher().deliver(SMS, clock=lambda: NOW, size=5) == 5
    of_batch = 2  # what is due, what is unknown
    assert [query["sql"] for query in queries].count("COMMIT") == of_batch + 5 + 1
    assert (states(), max(place.taken().values())) == ([State.ACCEPTED] * 5, 1)
    attempts = Attempt.objects.values_list("outcome", "finished_at")
    assert set(attempts) == {(Outcome.ACCEPTED, NOW)}
    assert (
        Message.objects.filter(settled_at=NOW, provider="gateway").exclude(provider_message_id="").count()
        == 5
    )


def test_while_a_text_is_on_its_way_nothing_is_locked_and_the_one_before_is_written(
    house: House, settings: Settings
) -> None:
    came, may_go = threading.Semaphore(0), threading.Semaphore(0)

    def answer(handler: Any) -> None:
        came.release()
        assert may_go.acquire(timeout=30)
        said = b'{"id": "%s"}' % handler.headers["Idempotency-Key"].encode()
        handler.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(said), said))

    messages = due(house, 3)
    with http_provider() as provider:
        through(settings, provider)
        provider.answer = answer
        with dispatching(3):
            for number in range(3):
                assert came.acquire(timeout=30)
                sent = [State.ACCEPTED] * number + [State.SENDING]
                assert states() == sent + [State.CLAIMED] * (2 - number)
                assert all(is_free(message) for message in messages)
                assert open_transactions() == 0
                may_go.release()
    assert states() == [State.ACCEPTED] * 3


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_while_the_one_before_is_on_its_way_keeps_the_next(
    house: House, start_gateway: Start, change: str
) -> None:
    place = start_gateway("neither")
    first, second, third = due(house, 3)
    with dispatching(3), held(place):
        wait_until(lambda: state_of(first) == State.SENDING)
        CHANGES[change](house, second)
    assert set(place.taken()) == {str(first.ref), str(third.ref)}
    assert state_of(second) in (State.CANCELLED, State.SUPPRESSED)
    assert (state_of(first), state_of(third)) == (State.ACCEPTED, State.ACCEPTED)


def test_a_text_that_was_taken_back_on_its_way_is_corrected_before_the_next_begins(
    house: House, start_gateway: Start
) -> None:
    place = start_gateway("neither")
    first, second = due(house, 2)
    with dispatching(2), held(place):
        wait_until(lambda: state_of(first) == State.SENDING)
        cancel(house, first)
    assert place.taken() == {str(first.ref): 1, str(second.ref): 1}
    assert (state_of(first), state_of(second)) == (State.ACCEPTED, State.ACCEPTED)
    assert Message.objects.filter(kind="change", step="cancelled", visit=first.visit).count() == 1


def test_who_waits_to_write_one_down_holds_no_other(house: House, start_gateway: Start) -> None:
    place = start_gateway("neither")
    first, second = due(house, 2)
    with dispatching(2), transaction.atomic(using="owner"):
        with held(place):
            wait_until(lambda: state_of(first) == State.SENDING)
            with connections["owner"].cursor() as cursor:
                cursor.execute("SELECT 1 FROM notifications_message WHERE id = %s FOR UPDATE", [first.pk])
        wait_until(lambda: somebody_waits(statement="ended AS"))
        assert state_of(second) == State.CLAIMED
        assert is_free(second), "or two who want them in the other order wait for each other"
    assert states() == [State.ACCEPTED] * 2


@pytest.mark.parametrize("lock", ["its row", "the texts of its patient", "what it writes"])
def test_who_waits_to_begin_one_has_written_down_the_one_before(
    house: House, start_gateway: Start, lock: str
) -> None:
    place = start_gateway("neither")
    first, second = due(house, 2)
    with dispatching(2), transaction.atomic(using="owner"):
        with held(place):
            wait_until(lambda: state_of(first) == State.SENDING)
            with connections["owner"].cursor() as cursor:
                match lock:
                    case "its row":
                        cursor.execute(
                            "SELECT 1 FROM notifications_message WHERE id = %s FOR UPDATE", [second.pk]
                        )
                    case "the texts of its patient":
                        cursor.execute(
                            "SELECT pg_advisory_xact_lock(hashtextextended('texts of ' || %s, 0))",
                            [str(second.patient_id)],
                        )
                    case _:
                        cursor.execute("LOCK TABLE notifications_patientlink IN EXCLUSIVE MODE")
        wait_until(lambda: state_of(first) == State.ACCEPTED)
        wait_until(somebody_waits)
        assert state_of(second) == State.CLAIMED
    assert states() == [State.ACCEPTED] * 2
    assert max(place.taken().values()) == 1


def test_a_row_that_is_broken_keeps_nobody_from_being_written_down(
    house: House, start_gateway: Start
) -> None:
    place = start_gateway("neither")
    first, broken, third = due(house, 3)
    Message.objects.filter(pk=broken.pk).update(visit=None)  # words about a visit without a visit
    assert Dispatcher().deliver(SMS, clock=lambda: NOW, size=3) == 3
    assert states() == [State.ACCEPTED, State.QUEUED, State.ACCEPTED]
    assert set(place.taken()) == {str(first.ref), str(third.ref)}


@pytest.fixture
def refuse_to_begin() -> Iterator[Callable[[Message], None]]:
    """Has the database refuse, at the commit and not before, that the sending of a message begins."""

    def refuse(message: Message) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "CREATE FUNCTION refuse_to_begin() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE EXCEPTION 'no'; END $$"
            )
            cursor.execute(
                "CREATE CONSTRAINT TRIGGER refuse_to_begin AFTER UPDATE ON notifications_message"
                " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
                f" WHEN (NEW.id = {int(message.pk)} AND NEW.state = 'sending') EXECUTE FUNCTION refuse_to_begin()"
            )

    yield refuse
    with connections["owner"].cursor() as cursor:
        cursor.execute("DROP FUNCTION IF EXISTS refuse_to_begin CASCADE")


def test_a_commit_that_fails_begins_nothing_and_loses_nothing(
    house: House, start_gateway: Start, refuse_to_begin: Callable[[Message], None]
) -> None:
    place = start_gateway("neither")
    first, refused, third = due(house, 3)
    refuse_to_begin(refused)
    assert Dispatcher().deliver(SMS, clock=lambda: NOW, size=3) == 3
    assert states() == [State.ACCEPTED, State.QUEUED, State.ACCEPTED]
    assert set(place.taken()) == {str(first.ref), str(third.ref)}
    assert not Attempt.objects.filter(message=refused).exists()


def test_one_that_cannot_be_written_down_stands_as_begun_and_the_next_goes_on(
    house: House, settings: Settings
) -> None:
    """A gateway that gives every text the same id: only one message can have it."""
    with http_provider() as provider:
        through(settings, provider)
        provider.answer = (200, b'{"id": "always"}')
        messages = due(house, 4)
        assert Dispatcher().deliver(SMS, clock=lambda: NOW, size=4) == 4
        assert [asked.headers["Idempotency-Key"] for asked in provider.asked] == [
            str(message.ref) for message in messages
        ]
        assert states() == [State.ACCEPTED, *[State.SENDING] * 3]
        Message.objects.filter(lease_until__isnull=False).update(lease_until=LONG_AGO)
        for minutes in range(3):
            deliver_batch(now=NOW + timedelta(minutes=minutes))
        assert states() == [State.ACCEPTED, *[State.UNKNOWN] * 3]
        assert Escalation.objects.filter(cause=Cause.MAY_BE_LOST).count() == 3
        assert len(provider.asked) == 4


def test_a_lease_that_was_lost_meanwhile_is_heeded(house: House, start_gateway: Start) -> None:
    place = start_gateway("can be asked")
    first, second = due(house, 2)
    with dispatching(2), held(place):
        wait_until(lambda: state_of(first) == State.SENDING)
        Message.objects.filter(pk=first.pk).update(lease_until=LONG_AGO)
        sweep(now=NOW)
        assert state_of(first) == State.UNKNOWN
    assert (state_of(first), state_of(second)) == (State.UNKNOWN, State.ACCEPTED)
    for minutes in range(1, 10):
        deliver_batch(now=NOW + timedelta(minutes=minutes))
    assert states() == [State.ACCEPTED] * 2
    assert max(place.taken().values()) == 1


def test_one_that_another_sends_by_now_is_left_to_the_other(house: House, start_gateway: Start) -> None:
    place = start_gateway("neither")
    first, second = due(house, 2)
    with dispatching(2), held(place):
        wait_until(lambda: state_of(first) == State.SENDING)
        Message.objects.filter(pk=first.pk).update(fence=F("fence") + 1)  # whoever claims it counts on
    assert (state_of(first), state_of(second)) == (State.SENDING, State.ACCEPTED)
    assert list(Attempt.objects.filter(message=first).values_list("outcome", flat=True)) == [Outcome.ACCEPTED]


def test_two_texts_to_one_patient_are_counted_though_the_first_is_not_written_down(
    house: House, start_gateway: Start
) -> None:
    place = start_gateway("neither")
    first, second = due(house, 2)
    Message.objects.filter(pk=second.pk).update(
        patient=first.patient_id, recipient=first.recipient_id, visit=first.visit_id, step="d1"
    )
    assert Dispatcher().deliver(SMS, clock=lambda: NOW, size=2) == 2
    assert states() == [State.ACCEPTED, State.QUEUED]
    assert Message.objects.get(pk=second.pk).due_at > NOW
    assert place.taken() == {str(first.ref): 1}
