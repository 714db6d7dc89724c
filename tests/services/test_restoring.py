"""After a restore nothing leaves until it is decided what was sent since the backup; then nothing goes twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from notifications.domain.states import State
from notifications.models import Escalation, Message, Restoration
from notifications.selectors.operation import is_outbox_accounted
from notifications.services.delivery import Dispatcher, claim_due, deliver_batch, sweep
from notifications.services.restoring import WrongMomentError, decide, hold_messages, say_stopped, undecided
from tests.factories import House, make_clinic
from tests.faults.mail_room import Gateway
from tests.frame import late_dispatch
from tests.services.test_delivery import NOW, SMS, due

Start = Callable[..., Gateway]
pytestmark = pytest.mark.django_db
BACKUP_AT = NOW - timedelta(minutes=30)
RESTORED_AT = NOW + timedelta(minutes=2)
PROMISED = ["idempotent", "can be asked", "neither"]


@pytest.fixture
def house() -> House:
    return make_clinic(now=NOW)


def waiting(house: House, number: int, **values: Any) -> list[Message]:
    """Messages that were planned before the backup and due after it."""
    return due(house, number, planned_at=BACKUP_AT - timedelta(days=3), **values)


def as_in_backup(messages: list[Message], **values: Any) -> None:
    rows = Message.objects.filter(pk__in=[message.pk for message in messages])
    rows.update(
        **{
            "state": State.QUEUED,
            "attempts_made": 0,
            "first_sent_at": None,
            "provider": "",
            "provider_message_id": None,
            "settled_at": None,
        }
        | values
    )
    for row in rows:
        row.attempts.all().delete()


def held() -> Restoration:
    return hold_messages(backup_at=BACKUP_AT, now=RESTORED_AT)


def go_on() -> None:
    for minutes in range(3, 40, 3):
        deliver_batch(now=NOW + timedelta(minutes=minutes))


def states(messages: list[Message]) -> set[str]:
    ids = [message.pk for message in messages]
    return set(Message.objects.filter(pk__in=ids).values_list("state", flat=True))


@pytest.mark.parametrize("promise", PROMISED)
def test_what_was_sent_since_the_backup_is_not_sent_again_and_the_rest_is_not_lost(
    house: House, start_gateway: Start, promise: str
) -> None:
    place = start_gateway(promise)
    sent, unsent = waiting(house, 3), []
    deliver_batch(now=NOW)
    unsent = waiting(house, 2)
    as_in_backup(sent)
    restoration = held()
    assert decide(restoration, clock=lambda: RESTORED_AT) == 5
    go_on()
    if promise == "neither":
        assert states([*sent, *unsent]) == {State.UNKNOWN}
        assert place.taken() == {str(message.ref): 1 for message in sent}
        assert Escalation.objects.filter(message__in=[*sent, *unsent]).count() == 5
    else:
        assert states([*sent, *unsent]) == {State.ACCEPTED}
        assert place.taken() == {str(message.ref): 1 for message in [*sent, *unsent]}


def test_until_then_nothing_is_taken_sent_swept_or_called_in_order(
    house: House, start_gateway: Start
) -> None:
    place = start_gateway("idempotent")
    queued, unknown, late = waiting(house, 3)
    as_in_backup([unknown], state=State.UNKNOWN, look_again_at=NOW, first_sent_at=NOW)
    as_in_backup([late], not_after=NOW + timedelta(minutes=1))
    held()
    after = NOW + timedelta(hours=1)
    assert claim_due(now=after, size=9, channel=SMS) == []
    assert Dispatcher().deliver(SMS, clock=lambda: after) == 0
    assert sweep(now=after) == 0
    assert states([queued, late]) == {State.QUEUED}
    assert place.taken() == {}
    assert not is_outbox_accounted(now=after)
    found = late_dispatch(clinic_id=house.clinic.id, now=NOW - timedelta(days=300))
    assert found is not None
    assert (found.number, found.backup_at) == (0, BACKUP_AT)


def test_whoever_stopped_earlier_sent_nothing_later(house: House, start_gateway: Start) -> None:
    place = start_gateway("neither")
    before, after = waiting(house, 2)
    Message.objects.filter(pk=after.pk).update(due_at=NOW - timedelta(minutes=1))
    restoration = held()
    say_stopped(restoration, stopped_at=NOW - timedelta(minutes=5))
    assert decide(restoration, clock=lambda: RESTORED_AT) == 1
    go_on()
    assert states([before]) == {State.UNKNOWN}
    assert states([after]) == {State.ACCEPTED}
    assert place.taken() == {str(after.ref): 1}


@pytest.mark.parametrize("moment", [BACKUP_AT - timedelta(seconds=1), RESTORED_AT + timedelta(seconds=1)])
def test_it_cannot_have_stopped_before_the_backup_or_after_the_restore(house: House, moment: Any) -> None:
    with pytest.raises(WrongMomentError):
        say_stopped(held(), stopped_at=moment)


@pytest.mark.parametrize("promise", PROMISED)
def test_what_is_planned_anew_and_was_due_before_goes_to_a_person(
    house: House, start_gateway: Start, promise: str
) -> None:
    """Planned and perhaps sent after the backup: under a key that the restored database never heard of."""
    place = start_gateway(promise)
    restoration = held()
    (before,) = due(house, planned_at=RESTORED_AT)  # by a change while messages were held
    decide(restoration, clock=lambda: RESTORED_AT)
    (after,) = due(house, planned_at=RESTORED_AT + timedelta(minutes=1))
    go_on()
    assert states([before, after]) == {State.UNKNOWN}
    assert place.taken() == {}
    assert Escalation.objects.filter(message__in=[before, after]).count() == 2


def test_what_was_due_only_afterwards_simply_leaves(house: House, start_gateway: Start) -> None:
    place = start_gateway("neither")
    (message,) = waiting(house, 1)
    Message.objects.update(due_at=RESTORED_AT + timedelta(minutes=1))
    assert decide(held(), clock=lambda: RESTORED_AT) == 0
    go_on()
    assert states([message]) == {State.ACCEPTED}
    assert place.taken() == {str(message.ref): 1}


def test_nobody_is_asked_before_whoever_sent_last_must_have_been_heard(
    house: House, start_gateway: Start
) -> None:
    """Also one that was being cleared up at the moment of the backup may have been sent again since."""
    start_gateway("can be asked")
    (message,) = waiting(house, 1)
    as_in_backup([message], state=State.UNKNOWN, look_again_at=BACKUP_AT, first_sent_at=BACKUP_AT)
    decide(held(), clock=lambda: RESTORED_AT)
    message.refresh_from_db()
    assert message.look_again_at is not None
    assert message.look_again_at > RESTORED_AT


def test_a_dead_hand_over_it_is_taken_up_where_it_stopped(house: House, start_gateway: Start) -> None:
    start_gateway("idempotent")
    messages = waiting(house, 4)
    restoration = held()

    def dies(ids: list[int]) -> Any:
        yield from ids[:2]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        decide(restoration, clock=lambda: RESTORED_AT, each=dies)
    assert undecided() == [restoration]
    assert Dispatcher().deliver(SMS, clock=lambda: NOW + timedelta(hours=1)) == 0
    looks = {message.pk: message.looks_made for message in Message.objects.all()}
    assert sum(looks.values()) == 2
    decide(restoration, clock=lambda: RESTORED_AT)
    assert undecided() == []
    go_on()
    assert states(messages) == {State.ACCEPTED}


def command(*words: str) -> str:
    call_command("reconcile_messages", *words, stdout=(said := StringIO()))
    return said.getvalue()


def test_the_command_decides_what_restore_noted(house: House, start_gateway: Start) -> None:
    start_gateway("idempotent")
    waiting(house, 2)
    hold_messages(backup_at=BACKUP_AT, now=timezone.now())
    with pytest.raises(CommandError, match="offset"):
        command("--stopped-at", "2026-11-21T16:00:00")
    with pytest.raises(CommandError, match="between"):
        command("--stopped-at", "2020-11-21T16:00:00+00:00")
    assert undecided()
    assert "2 messages" in command()
    assert not undecided()
    with pytest.raises(CommandError, match="--since"):
        command()


def test_the_command_takes_the_moment_of_a_backup_that_it_does_not_know(
    house: House, start_gateway: Start
) -> None:
    start_gateway("idempotent")
    waiting(house, 2)
    assert "2 messages" in command("--since", BACKUP_AT.isoformat())
    assert Restoration.objects.get().backup_at == BACKUP_AT
    with pytest.raises(CommandError, match="not come yet"):
        command("--since", "2999-01-01T00:00:00+00:00")
    hold_messages(backup_at=BACKUP_AT, now=timezone.now())
    with pytest.raises(CommandError, match="leave --since out"):
        command("--since", BACKUP_AT.isoformat())


def test_those_who_run_the_system_and_nurses_are_told(house: House) -> None:
    hold_messages(backup_at=timezone.now() - timedelta(hours=3), now=timezone.now())
    client = Client()
    assert "reconcile_messages" in client.get("/readyz").json()["checks"]["dispatch"]
    assert b"refillwise_messages_held 1.0" in client.get("/metrics").content
    client.force_login(house.nurse)
    page = client.get(f"/c/{house.clinic.slug}/messages/").content.decode()
    assert "Messages are held" in page
