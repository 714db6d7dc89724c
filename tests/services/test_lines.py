"""Lines to a gateway that are kept from one text to the next: real servers that keep them, shut them and stall."""

from __future__ import annotations

import multiprocessing
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from notifications.channels import carrier_for, lines
from notifications.domain.kinds import ChannelName
from notifications.domain.states import Outcome
from notifications.domain.transport import Outgoing
from tests.providers import HttpProvider, drips, hangs_up, http_provider

TAKEN = (200, b'{"id": "g-1"}')
SHORT_SECONDS = 0.4


@pytest.fixture
def provider(settings: Settings) -> Iterator[HttpProvider]:
    with http_provider(keeps_lines=True) as provider:
        settings.SMS_PROVIDER, settings.GATEWAY_URL = "gateway", provider.url
        settings.GATEWAY_IDEMPOTENT_SECONDS, settings.GATEWAY_SETTLE_SECONDS = 3600.0, 0.0
        provider.answer = TAKEN
        yield provider


def send(key: str = "k") -> Outcome:
    text = Outgoing(key=key, channel=ChannelName.SMS, address="+13125550142", text="Please call")
    return carrier_for(ChannelName.SMS).send(text).outcome


def lines_of(provider: HttpProvider) -> int:
    return len({asked.line for asked in provider.asked})


@pytest.mark.parametrize(
    ("idempotent", "settle", "number"), [(3600.0, 0.0, 1), (0.0, 30.0, 1), (0.0, 0.0, 3)]
)
def test_a_line_is_kept_where_a_doubt_clears_up_by_itself(
    provider: HttpProvider, settings: Settings, idempotent: float, settle: float, number: int
) -> None:
    settings.GATEWAY_IDEMPOTENT_SECONDS, settings.GATEWAY_SETTLE_SECONDS = idempotent, settle
    assert [send(), send(), send()] == [Outcome.ACCEPTED] * 3
    assert lines_of(provider) == number


def test_a_line_that_was_not_used_for_a_while_is_left(
    provider: HttpProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "KEPT_SECONDS", 0.05)
    send()
    time.sleep(0.1)
    assert send() is Outcome.ACCEPTED
    assert lines_of(provider) == 2


def test_a_line_that_the_gateway_shut_meanwhile_is_not_used(provider: HttpProvider) -> None:
    def shuts_after(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n" + TAKEN[1])
        hangs_up(handler)  # and has not said that it would

    provider.answer = shuts_after
    for _ in range(3):
        assert send() is Outcome.ACCEPTED
        time.sleep(0.1)
    assert lines_of(provider) == 3


@pytest.mark.parametrize("is_reset", [False, True])
def test_what_is_lost_on_a_kept_line_is_in_doubt_and_not_sent_again(
    provider: HttpProvider, is_reset: bool
) -> None:
    def resets(handler: Any) -> None:
        linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        handler.close_connection = True
        handler.connection.close()

    assert send("first") is Outcome.ACCEPTED
    provider.answer = resets if is_reset else hangs_up
    assert send("second") is Outcome.UNKNOWN
    provider.answer = TAKEN
    assert send("third") is Outcome.ACCEPTED
    keys = [asked.headers["Idempotency-Key"] for asked in provider.asked]
    assert keys == ["first", "second", "third"], "each was said once"
    assert [asked.line == provider.asked[0].line for asked in provider.asked] == [True, True, False]


@pytest.mark.parametrize("answer", [drips, lambda handler: time.sleep(5)], ids=["drips", "stalls"])
def test_the_whole_time_of_a_conversation_holds_on_a_kept_line_too(
    provider: HttpProvider, settings: Settings, answer: Any
) -> None:
    assert send() is Outcome.ACCEPTED
    settings.SMS_TIMEOUT = SHORT_SECONDS
    provider.answer = answer
    began = time.monotonic()
    assert send() is Outcome.UNKNOWN
    assert time.monotonic() - began < 4
    settings.SMS_TIMEOUT, provider.answer = 20.0, TAKEN
    assert send() is Outcome.ACCEPTED
    assert [asked.line == provider.asked[0].line for asked in provider.asked] == [True, True, False]


def test_the_end_of_one_conversation_is_not_that_of_the_next(
    provider: HttpProvider, settings: Settings
) -> None:
    settings.SMS_TIMEOUT = SHORT_SECONDS
    began, sent = time.monotonic(), 0
    while time.monotonic() - began < 3 * SHORT_SECONDS:
        assert send() is Outcome.ACCEPTED
        sent += 1
        time.sleep(0.01)
    assert sent > 3
    assert lines_of(provider) == 1
    assert sum(thread.name == "deadlines" for thread in threading.enumerate()) == 1


def test_nothing_that_a_gateway_hands_out_is_kept(provider: HttpProvider) -> None:
    provider.headers = {"Set-Cookie": "who=somebody"}
    send()
    send()
    assert "Cookie" not in provider.asked[1].headers


@pytest.mark.parametrize("is_kept", [True, False])
def test_the_way_out_is_that_of_the_environment(
    provider: HttpProvider, settings: Settings, monkeypatch: pytest.MonkeyPatch, is_kept: bool
) -> None:
    monkeypatch.setenv("http_proxy", provider.url)
    settings.GATEWAY_URL = "http://gateway.example.org"
    settings.GATEWAY_IDEMPOTENT_SECONDS = 3600.0 if is_kept else 0.0
    assert [send(), send()] == [Outcome.ACCEPTED] * 2
    assert {asked.path for asked in provider.asked} == {"http://gateway.example.org/messages"}
    monkeypatch.setenv("no_proxy", "example.org")
    settings.GATEWAY_URL = "http://127.0.0.1.example.org:9"
    assert send() is Outcome.POSTPONED, "asked directly, where nobody is"


def _in_child(answers: Any) -> None:
    answers.put([send("child").value, send("child").value])


def test_a_process_that_was_forked_has_lines_and_deadlines_of_its_own(
    provider: HttpProvider, settings: Settings
) -> None:
    assert send("parent") is Outcome.ACCEPTED
    settings.SMS_TIMEOUT = SHORT_SECONDS
    fork = multiprocessing.get_context("fork")
    answers = fork.Queue()

    def said_to(handler: Any) -> None:
        if len(provider.asked) == 2:
            return drips(handler)
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n" + TAKEN[1])
        return None

    provider.answer = said_to
    child = fork.Process(target=_in_child, args=[answers])
    child.start()
    assert answers.get(timeout=20) == ["unknown", "accepted"]
    child.join(20)
    assert send("parent") is Outcome.ACCEPTED
    parent, *of_child, again = (asked.line for asked in provider.asked)
    assert parent not in of_child
    assert again == parent or again not in of_child
