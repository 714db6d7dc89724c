"""A machine whose clock is not the database's sends nothing, whoever rang for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from notifications import tasks
from notifications.domain.kinds import ChannelName
from notifications.domain.states import State
from notifications.models import Message
from notifications.selectors.operation import FURTHEST_CLOCKS
from notifications.services.dispatcher import Loop
from tests.factories import House, make_clinic
from tests.message_rows import make_due_messages, zone_where_it_is_day

pytestmark = pytest.mark.django_db

Send = Callable[[], object]


def by_task() -> None:
    tasks.deliver(ChannelName.SMS.value)


def by_dispatcher() -> None:
    Loop(pause_seconds=1.0, sweep_seconds=1.0)._delivers(ChannelName.SMS)()


@pytest.fixture
def message(house: House) -> Message:
    (pk,) = make_due_messages(house.clinic, number=1, actor_id=house.nurse.id, now=house.now)
    return Message.objects.get(pk=pk)


@pytest.fixture
def house() -> House:
    return make_clinic(time_zone=zone_where_it_is_day())


@pytest.mark.parametrize("send", [by_task, by_dispatcher])
@pytest.mark.parametrize("ahead", [-1, 1])
def test_a_clock_that_is_off_sends_nothing_and_a_right_one_sends(
    message: Message,
    send: Send,
    ahead: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    right = timezone.now
    off = ahead * (FURTHEST_CLOCKS + timedelta(seconds=2))

    def wrong() -> datetime:
        return right() + off

    with monkeypatch.context() as patched:
        patched.setattr(timezone, "now", wrong)
        send()
    message.refresh_from_db()
    assert message.state == State.QUEUED
    assert "nothing is sent" in caplog.text
    send()
    message.refresh_from_db()
    assert message.state in (State.ACCEPTED, State.DELIVERED)
