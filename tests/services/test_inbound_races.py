"""The same report or text from several connections at once is taken once."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connections

from clinic.models import Consent
from notifications.domain.states import State
from notifications.models import Escalation, InboundMessage, Message, WebhookEvent
from notifications.services.inbound import CameIn, take_text
from notifications.services.reports import Report, take_report
from tests.factories import make_clinic
from tests.texts import NUMBER, asked, stops, texter
from tests.visits import make_desk

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(act: Callable[[], object], *, number: int = 6) -> list[object]:
    together = threading.Barrier(number)
    done: list[object] = []

    def run() -> None:
        together.wait()
        try:
            done.append(act())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(number)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return done


def test_at_once_a_report_is_taken_once_and_a_stop_stops_once() -> None:
    house = make_clinic()
    visit = make_desk(house).book(texter(house))
    Message.objects.filter(pk=asked(house, visit, state="accepted").pk).update(
        provider="twilio", provider_message_id="SM1"
    )
    report = Report(
        provider="twilio",
        event_id="SM1:delivered",
        payload_sha256="0" * 64,
        state=State.DELIVERED,
        provider_message_id="SM1",
    )
    assert sorted(map(bool, at_once(lambda: take_report(report, now=house.now)))) == [False] * 5 + [True]
    assert Message.objects.get(provider_message_id="SM1").state == State.DELIVERED
    came = CameIn(
        provider="twilio", event_id="SM2", payload_sha256="0" * 64, from_address=NUMBER, body="stop"
    )
    assert sorted(map(bool, at_once(lambda: take_text(came, now=house.now)))) == [False] * 5 + [True]
    assert InboundMessage.objects.count() == 1
    assert stops(house).count() == 1
    assert Consent.objects.filter(is_granted=False).count() == 1
    assert Message.objects.filter(kind="reply").count() == 1
    assert Escalation.objects.filter(cause="stopped").count() == 1
    assert WebhookEvent.objects.count() == 2


def test_stops_that_come_at_once_as_different_texts_are_one_stop() -> None:
    house = make_clinic()
    texter(house)
    names = iter(range(6))

    def stop() -> bool:
        came = CameIn(
            provider="twilio",
            event_id=f"SM{next(names)}",
            payload_sha256="0" * 64,
            from_address=NUMBER,
            body="STOP",
        )
        return take_text(came, now=house.now)

    assert at_once(stop) == [True] * 6
    assert stops(house).count() == 1
    assert Consent.objects.filter(is_granted=False).count() == 1
    assert sorted(set(Escalation.objects.values_list("cause", flat=True))) == ["stopped"]
