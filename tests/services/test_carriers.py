"""Who carries a message, what it hands over, and what a failure proves."""

from __future__ import annotations

import smtplib
import socket
import uuid
from datetime import timedelta
from email.message import Message as Letter
from typing import Any

import pytest
import requests
from anymail.exceptions import AnymailRecipientsRefused, AnymailRequestsAPIError
from django.core import mail
from pytest_django import Settings
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from notifications.channels import carrier_for
from notifications.channels.failures import LONGEST_WAIT, outcome_of, outcome_of_status, wait_asked
from notifications.domain.kinds import ChannelName
from notifications.domain.states import Outcome
from notifications.domain.transport import Found, Outgoing
from notifications.models import InAppMail, Message
from tests.factories import make_clinic, make_running_pump
from tests.services.test_messages import NOW, make_due, reachable

KEPT_HERE = "notifications.backends.InAppBackend"
LETTER: dict[str, Any] = {
    "channel": ChannelName.EMAIL,
    "address": "ursula@example.org",
    "text": "Dear Ursula",
    "subject": "Riverside Clinic: your appointment",
}


@pytest.fixture
def message(db: None) -> Message:
    house = make_clinic(now=NOW)
    make_due(make_running_pump(house, reachable(house)))
    return Message.objects.get()


@pytest.mark.parametrize("channel", ChannelName)
def test_without_settings_a_message_stays_here_once_whatever_the_number_of_attempts(
    message: Message, settings: Settings, channel: ChannelName
) -> None:
    settings.EMAIL_BACKEND = KEPT_HERE
    carrier = carrier_for(channel)
    key = str(message.ref)
    ask = {"key": key, "address": "ursula@example.org", "since": NOW}
    assert carrier.look_up(**ask).found is Found.ABSENT
    receipts = {
        carrier.send(Outgoing(key=key, **(LETTER | {"channel": channel, "text": text})))
        for text in ("first", "second")
    }
    assert {receipt.outcome for receipt in receipts} == {Outcome.ACCEPTED}
    assert InAppMail.objects.get().body == "first"
    assert carrier.look_up(**ask).found is Found.ACCEPTED
    assert carrier.name == "in_app"


def test_a_message_that_is_not_ours_is_kept_nowhere(db: None, settings: Settings) -> None:
    settings.EMAIL_BACKEND = KEPT_HERE
    receipt = carrier_for(ChannelName.EMAIL).send(Outgoing(key=str(uuid.uuid4()), **LETTER))
    assert receipt.outcome is Outcome.REFUSED
    assert not InAppMail.objects.exists()


def test_a_letter_names_its_key_and_that_no_person_wrote_it(settings: Settings) -> None:
    settings.DEFAULT_FROM_EMAIL = "Refillwise <no-reply@clinic.example>"
    settings.EMAIL_UNSUBSCRIBE_TO = "stop@clinic.example"
    key = str(uuid.uuid4())
    outgoing = Outgoing(
        key=key,
        **(LETTER | {"subject": "Riverside\nClinic"}),
        html="<p>Dear</p>",
        sender_name="Riverside, Inc",
    )
    assert carrier_for(ChannelName.EMAIL).send(outgoing).outcome is Outcome.ACCEPTED
    letter: Letter = mail.outbox[0].message()  # type: ignore[assignment]
    assert letter["Message-ID"] == f"<{key}@clinic.example>"
    assert letter["X-Refillwise-Message"] == key
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["List-Unsubscribe"] == "<mailto:stop@clinic.example?subject=unsubscribe>"
    assert letter["From"] == '"Riverside, Inc" <no-reply@clinic.example>'
    assert letter["Subject"] == "Riverside Clinic"
    assert [part.get_content_type() for part in letter.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


def test_no_mailbox_is_named_for_unsubscribing_where_nobody_reads_it() -> None:
    carrier_for(ChannelName.EMAIL).send(Outgoing(key=str(uuid.uuid4()), **LETTER))
    assert "List-Unsubscribe" not in mail.outbox[0].message()


@pytest.mark.parametrize("address", ["a@b\nBcc: x@example.org", "not an address, at all <", ""])
def test_an_address_that_no_letter_can_have_is_refused_here(address: str) -> None:
    outgoing = Outgoing(key=str(uuid.uuid4()), **(LETTER | {"address": address}))
    assert carrier_for(ChannelName.EMAIL).send(outgoing).outcome is Outcome.REFUSED
    assert not mail.outbox


def _api_error(status: int) -> AnymailRequestsAPIError:
    response = requests.Response()
    response.status_code = status
    return AnymailRequestsAPIError(response=response)


def _not_connected() -> requests.ConnectionError:
    return requests.ConnectionError(MaxRetryError(None, "/", NewConnectionError(None, "no")))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (smtplib.SMTPRecipientsRefused({"a@b": (550, b"no such user")}), Outcome.REFUSED),
        (smtplib.SMTPSenderRefused(550, b"not you", "a@b"), Outcome.POSTPONED),
        (smtplib.SMTPDataError(451, b"later"), Outcome.POSTPONED),
        (smtplib.SMTPServerDisconnected("gone"), Outcome.UNKNOWN),
        (socket.gaierror(), Outcome.POSTPONED),
        (AnymailRecipientsRefused(), Outcome.REFUSED),
        (_api_error(401), Outcome.POSTPONED),
        (_api_error(422), Outcome.REFUSED),
        (_api_error(429), Outcome.POSTPONED),
        (_api_error(500), Outcome.UNKNOWN),
        (requests.ConnectTimeout(), Outcome.POSTPONED),
        (requests.ReadTimeout(), Outcome.UNKNOWN),
        (_not_connected(), Outcome.POSTPONED),
        (requests.ConnectionError(ProtocolError("reset")), Outcome.UNKNOWN),
        (RuntimeError(), Outcome.UNKNOWN),
    ],
)
def test_what_an_error_proves(error: Exception, outcome: Outcome) -> None:
    assert outcome_of(error) is outcome


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "accepted"),
        (302, "unknown"),
        (400, "refused"),
        (404, "postponed"),
        (408, "postponed"),
        (409, "unknown"),
        (425, "postponed"),
        (503, "unknown"),
    ],
)
def test_what_a_status_proves(status: int, outcome: str) -> None:
    assert outcome_of_status(status) == outcome


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("", None),
        ("30", timedelta(seconds=30)),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("-5", None),
        ("9" * 40, LONGEST_WAIT),
    ],
)
def test_a_provider_may_ask_for_patience_within_reason(header: str, wait: timedelta | None) -> None:
    assert wait_asked({"Retry-After": header}) == wait
