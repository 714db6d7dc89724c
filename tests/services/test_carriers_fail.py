"""What carriers make of providers that refuse, stall, drip and hang up: real servers on this machine."""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pytest_django import Settings

from notifications.channels import carrier_for
from notifications.channels.twilio import MOST_ASKED
from notifications.domain.kinds import ChannelName
from notifications.domain.states import Outcome, State
from notifications.domain.transport import Capability, Found, LookUp, Outgoing, Receipt
from notifications.models import Message
from tests.factories import House, make_clinic, make_running_pump
from tests.providers import HttpProvider, MailServer, drips, hangs_up, http_provider, mail_server
from tests.services.test_messages import NOW, make_due, reachable

NUMBER = "+13125550142"
WORDS = "Canary: Ursula, please call"
KEY = "0b6f9a52-5d3c-4c1e-9f53-1f2c6f4f3b11"
TEXT = Outgoing(key=KEY, channel=ChannelName.SMS, address=NUMBER, text=WORDS)
LETTER = Outgoing(
    key=KEY,
    channel=ChannelName.EMAIL,
    address="canary@example.org",
    text=WORDS,
    subject="Hello",
    html="<p>Hi",
)
SHORT_SECONDS = 0.4


@pytest.fixture
def mail_host(settings: Settings) -> Iterator[MailServer]:
    with mail_server() as server:
        settings.EMAIL_BACKEND = "notifications.backends.SmtpBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_TIMEOUT = 20.0
        yield server


@pytest.fixture
def gateway(settings: Settings) -> Iterator[HttpProvider]:
    with http_provider() as provider:
        settings.SMS_PROVIDER = "gateway"
        settings.GATEWAY_URL, settings.GATEWAY_TOKEN, settings.GATEWAY_SENDER = (
            provider.url,
            "token",
            "Clinic",
        )
        settings.PUBLIC_URL = "https://pumps.example.org"
        yield provider


@pytest.fixture
def twilio(settings: Settings) -> Iterator[HttpProvider]:
    with http_provider() as provider:
        settings.SMS_PROVIDER = "twilio"
        settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = "AC" + "0" * 32, "token"
        settings.TWILIO_FROM, settings.TWILIO_API_URL = "+13125550100", provider.url
        settings.PUBLIC_URL = "https://pumps.example.org"
        yield provider


def send(outgoing: Outgoing) -> Receipt:
    return carrier_for(outgoing.channel).send(outgoing)


def look_up() -> LookUp:
    return carrier_for(ChannelName.SMS).look_up(key=KEY, address=NUMBER, since=NOW)


# --- E-mail -----------------------------------------------------------------------------------------


def test_a_letter_that_the_server_took_is_accepted_whatever_its_good_bye(mail_host: MailServer) -> None:
    mail_host.at["QUIT"] = "drop"
    assert send(LETTER) == Receipt(Outcome.ACCEPTED)
    (letter,) = mail_host.letters
    assert KEY.encode() in letter
    assert b"text/html" in letter


@pytest.mark.parametrize(
    ("command", "reply", "outcome"),
    [
        ("CONNECT", b"421 busy", Outcome.POSTPONED),
        ("MAIL", b"550 not you", Outcome.POSTPONED),
        ("RCPT", b"550 nobody here", Outcome.REFUSED),
        ("RCPT", b"450 later", Outcome.POSTPONED),
        ("DATA", b"554 no", Outcome.REFUSED),
        ("END", b"554 spam", Outcome.REFUSED),
        ("END", b"452 full", Outcome.POSTPONED),
    ],
)
def test_what_a_mail_server_answers(
    mail_host: MailServer, command: str, reply: bytes, outcome: Outcome
) -> None:
    mail_host.replies[command] = reply
    receipt = send(LETTER)
    assert receipt.outcome is outcome
    assert "canary" not in receipt.error


@pytest.mark.parametrize("how", ["stall", "drip", "drop"])
@pytest.mark.parametrize(
    ("command", "outcome"),
    [("CONNECT", Outcome.POSTPONED), ("EHLO", Outcome.POSTPONED), ("END", Outcome.UNKNOWN)],
)
def test_a_line_that_dies_proves_nothing_once_the_letter_was_said(
    mail_host: MailServer, settings: Settings, command: str, outcome: Outcome, how: str
) -> None:
    settings.EMAIL_TIMEOUT = SHORT_SECONDS
    mail_host.at[command] = how
    began = time.monotonic()
    assert send(LETTER).outcome is outcome
    assert time.monotonic() - began < 15, "ended by its deadline, not by the 60 s of the other side"


def test_nobody_at_the_servers_port_is_worth_another_try(settings: Settings) -> None:
    with mail_server() as server:
        port = server.port
    settings.EMAIL_BACKEND = "notifications.backends.SmtpBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    assert send(LETTER).outcome is Outcome.POSTPONED


@pytest.fixture
def resend(settings: Settings) -> Iterator[HttpProvider]:
    with http_provider() as provider:
        settings.EMAIL_BACKEND = "anymail.backends.resend.EmailBackend"
        settings.ANYMAIL = {
            **settings.ANYMAIL,
            "RESEND_API_KEY": "key",
            "RESEND_API_URL": f"{provider.url}/",
        }
        yield provider


def test_a_provider_of_anymail_is_told_the_key_and_tells_its_own(resend: HttpProvider) -> None:
    resend.answer = (200, b'{"id": "their-id"}')
    assert send(LETTER) == Receipt(Outcome.ACCEPTED, "their-id")
    assert resend.asked[0].headers["Idempotency-Key"] == KEY
    assert carrier_for(ChannelName.EMAIL).capability == Capability(idempotent_for=timedelta(hours=24))
    assert carrier_for(ChannelName.EMAIL).name == "resend"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ((401, b"{}"), Outcome.POSTPONED),
        ((409, b"{}"), Outcome.UNKNOWN),
        ((422, b'{"message": "canary@example.org is wrong"}'), Outcome.REFUSED),
        ((429, b"{}"), Outcome.POSTPONED),
        ((500, b"{}"), Outcome.UNKNOWN),
        (hangs_up, Outcome.UNKNOWN),
        (drips, Outcome.UNKNOWN),
    ],
)
def test_what_a_provider_of_anymail_answers(
    resend: HttpProvider, settings: Settings, answer: Any, outcome: Outcome
) -> None:
    settings.EMAIL_TIMEOUT = SHORT_SECONDS
    settings.ANYMAIL = {**settings.ANYMAIL, "REQUESTS_TIMEOUT": 20}
    resend.answer, resend.headers = answer, {"Retry-After": "90"}
    receipt = send(LETTER)
    assert receipt.outcome is outcome
    assert "canary" not in receipt.error
    assert receipt.retry_after == (timedelta(seconds=90) if isinstance(answer, tuple) else None)


# --- A gateway ----------------------------------------------------------------------------------------


def test_a_gateway_is_given_the_key_the_words_and_where_to_report(gateway: HttpProvider) -> None:
    gateway.answer = (202, b'{"id": "g-1"}')
    assert send(TEXT) == Receipt(Outcome.ACCEPTED, "g-1")
    (asked,) = gateway.asked
    assert (asked.method, asked.path) == ("POST", "/messages")
    assert asked.headers["Idempotency-Key"] == KEY
    assert asked.headers["Authorization"] == "Bearer token"
    assert json.loads(asked.body) == {
        "to": NUMBER,
        "text": WORDS,
        "sender": "Clinic",
        "callback": "https://pumps.example.org/hooks/gateway/status",
    }


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ((200, b"<html>welcome</html>"), Outcome.UNKNOWN),
        ((200, b"{}"), Outcome.UNKNOWN),
        ((302, b""), Outcome.UNKNOWN),
        ((400, b""), Outcome.REFUSED),
        ((401, b""), Outcome.POSTPONED),
        ((409, b""), Outcome.UNKNOWN),
        ((429, b""), Outcome.POSTPONED),
        ((503, b""), Outcome.UNKNOWN),
        (hangs_up, Outcome.UNKNOWN),
        (drips, Outcome.UNKNOWN),
    ],
)
def test_what_a_gateway_answers(
    gateway: HttpProvider, settings: Settings, answer: Any, outcome: Outcome
) -> None:
    if answer is drips:
        settings.SMS_TIMEOUT = SHORT_SECONDS
    gateway.answer = answer
    assert send(TEXT).outcome is outcome


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ((200, b'{"messages": []}'), LookUp(Found.ABSENT)),
        ((200, b'{"messages": [{"id": "g-1", "status": "sent"}]}'), LookUp(Found.ACCEPTED, "g-1")),
        ((200, b'{"messages": [{"id": "g-1", "status": "failed"}]}'), LookUp(Found.FAILED, "g-1")),
        (
            (200, b'{"messages": [{"id": "a", "status": "failed"}, {"id": "b", "status": "delivered"}]}'),
            LookUp(Found.DELIVERED, "b"),
        ),
        ((200, b'{"messages": [{"id": "g-1", "status": "odd"}]}'), LookUp(Found.UNSURE)),
        ((200, b"[]"), LookUp(Found.UNSURE)),
        ((404, b'{"messages": []}'), LookUp(Found.UNSURE)),
        (hangs_up, LookUp(Found.UNSURE)),
    ],
)
def test_a_gateway_that_can_be_asked_says_absent_only_in_so_many_words(
    gateway: HttpProvider, answer: Any, found: LookUp
) -> None:
    gateway.answer = answer
    assert look_up() == found
    assert gateway.asked[0].path == f"/messages?key={KEY}", "no number in the address"


def test_what_a_gateway_promises_is_told_by_the_settings(gateway: HttpProvider, settings: Settings) -> None:
    assert carrier_for(ChannelName.SMS).capability == Capability()
    settings.GATEWAY_IDEMPOTENT_SECONDS, settings.GATEWAY_SETTLE_SECONDS = 3600.0, 30.0
    assert carrier_for(ChannelName.SMS).capability == Capability(timedelta(hours=1), timedelta(seconds=30))


# --- Twilio -------------------------------------------------------------------------------------------


def test_twilio_is_given_the_words_and_a_callback_that_names_the_message_and_nobody(
    twilio: HttpProvider,
) -> None:
    twilio.answer = (201, b'{"sid": "SM1", "status": "queued"}')
    assert send(TEXT) == Receipt(Outcome.ACCEPTED, "SM1")
    said = parse_qs(twilio.asked[0].body.decode())
    assert said == {
        "To": [NUMBER],
        "From": ["+13125550100"],
        "Body": [WORDS],
        "StatusCallback": [f"https://pumps.example.org/hooks/twilio/status?ref={KEY}"],
    }


def twilio_says(status: int, code: int | None) -> tuple[int, bytes]:
    return status, json.dumps({"code": code, "message": f"about {NUMBER}", "status": status}).encode()


@pytest.mark.parametrize(
    ("answer", "outcome", "error"),
    [
        (twilio_says(400, 21610), Outcome.REFUSED, "stopped 21610"),
        (twilio_says(400, 21211), Outcome.REFUSED, "twilio 400 21211"),
        (twilio_says(400, 21606), Outcome.POSTPONED, "twilio 400 21606"),
        (twilio_says(401, 20003), Outcome.POSTPONED, "twilio 401 20003"),
        (twilio_says(429, 20429), Outcome.POSTPONED, "twilio 429 20429"),
        (twilio_says(500, None), Outcome.UNKNOWN, "twilio 500"),
        (hangs_up, Outcome.UNKNOWN, "ConnectionError"),
        (drips, Outcome.UNKNOWN, "answer without an id"),
    ],
)
def test_what_twilio_answers(
    twilio: HttpProvider, settings: Settings, answer: Any, outcome: Outcome, error: str
) -> None:
    if answer is drips:
        settings.SMS_TIMEOUT = SHORT_SECONDS
    twilio.answer = answer
    assert send(TEXT) == Receipt(outcome, error=error)


@pytest.fixture
def in_doubt(db: None) -> Message:
    """A text that may have been sent, and nothing was heard of it."""
    house: House = make_clinic(now=NOW)
    make_due(make_running_pump(house, reachable(house)))
    Message.objects.update(ref=KEY, channel="sms", state=State.UNKNOWN)
    return Message.objects.get()


def text(
    sid: str, *, minutes: int = 1, status: str = "sent", direction: str = "outbound-api"
) -> dict[str, Any]:
    made = (NOW + timedelta(minutes=minutes)).astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")
    return {"sid": sid, "status": status, "direction": direction, "date_created": made}


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        ([], LookUp(Found.ABSENT)),
        ([text("SM1")], LookUp(Found.ACCEPTED, "SM1")),
        ([text("SM1", status="undelivered")], LookUp(Found.FAILED, "SM1")),
        ([text("SM1", minutes=-60)], LookUp(Found.ABSENT)),
        ([text("SM1", direction="inbound")], LookUp(Found.ABSENT)),
        ([text("SM1"), text("SM2")], LookUp(Found.UNSURE)),
        ([text(f"SM{n}", direction="inbound") for n in range(MOST_ASKED - 1)], LookUp(Found.ABSENT)),
        ([text(f"SM{n}", direction="inbound") for n in range(MOST_ASKED)], LookUp(Found.UNSURE)),
        (
            [text("SM"), *(text(f"SM{n}", direction="inbound") for n in range(MOST_ASKED))],
            LookUp(Found.UNSURE),
        ),
        (
            [text("SM"), *(text(f"SM{n}", direction="inbound", minutes=-60) for n in range(MOST_ASKED))],
            LookUp(Found.ACCEPTED, "SM"),
        ),
    ],
)
def test_twilio_is_asked_what_went_to_the_number(
    twilio: HttpProvider, in_doubt: Message, texts: list[dict[str, Any]], found: LookUp
) -> None:
    twilio.answer = (200, json.dumps({"messages": texts, "next_page_uri": None}).encode())
    assert look_up() == found
    assert parse_qs(urlsplit(twilio.asked[0].path).query)["To"] == [NUMBER]


def test_a_text_that_another_message_accounts_for_is_not_this_ones(
    twilio: HttpProvider, in_doubt: Message
) -> None:
    Message.objects.update(
        ref=uuid.uuid4(), state=State.ACCEPTED, provider="twilio", provider_message_id="SM1"
    )
    twilio.answer = (200, json.dumps({"messages": [text("SM1")], "next_page_uri": None}).encode())
    assert look_up() == LookUp(Found.ABSENT)


def test_twilio_that_does_not_answer_leaves_the_doubt(twilio: HttpProvider, in_doubt: Message) -> None:
    twilio.answer = (503, b"")
    assert look_up() == LookUp(Found.UNSURE)


def test_neither_a_number_nor_a_word_reaches_the_logs(
    twilio: HttpProvider, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    for logger in ("twilio", "twilio.http_client", "urllib3.connectionpool"):
        assert not logging.getLogger(logger).isEnabledFor(logging.WARNING)
    with caplog.at_level(logging.DEBUG):
        for answer in ((201, b'{"sid": "SM1"}'), twilio_says(400, 21211), hangs_up):
            twilio.answer = answer
            send(TEXT)
    said = caplog.text + capsys.readouterr().err
    assert KEY in said
    for secret in (NUMBER, NUMBER[1:], "Canary", "Ursula"):
        assert secret not in said
