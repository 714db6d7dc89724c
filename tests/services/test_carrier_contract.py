"""What every carrier promises, whatever the provider does: one line of CARRIERS for each, all tried the same.

What is particular to one (its requests, its codes) is in `test_carriers_fail.py`. How a carrier is added:
docs/how-to/add-a-channel.md.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from notifications.channels import carrier_for
from notifications.domain.kinds import ChannelName
from notifications.domain.states import Outcome
from notifications.domain.transport import Carrier, Found, Outgoing
from tests.providers import HttpProvider, drips, hangs_up, http_provider

KEY = "0b6f9a52-5d3c-4c1e-9f53-1f2c6f4f3b11"
SINCE = datetime(2026, 11, 20, 12, tzinfo=UTC)
SHORT_SECONDS = 1.0
CANARY = "canary"
"""In every address and text: it may be seen in what goes to the provider, and nowhere else."""
HTML = b"<html>welcome, canary</html>"


@dataclass(frozen=True)
class Provided:
    """A carrier: whose messages, where to, the settings that choose it, and what proves that a message was taken."""

    channel: ChannelName
    address: str
    settings: Callable[[str], dict[str, Any]]
    """Of the address at which the provider answers."""
    taken: tuple[int, bytes]
    message_id: str
    time_outs: tuple[str, ...] = ("SMS_TIMEOUT",)


CARRIERS = {
    "resend": Provided(
        ChannelName.EMAIL,
        "canary@example.org",
        lambda url: {
            "EMAIL_BACKEND": "anymail.backends.resend.EmailBackend",
            "ANYMAIL": {
                "RESEND_API_KEY": "key",
                "RESEND_API_URL": f"{url}/",
                "REQUESTS_TIMEOUT": 20,
                "IGNORE_UNSUPPORTED_FEATURES": True,
            },
        },
        (200, b'{"id": "their-id"}'),
        "their-id",
        ("EMAIL_TIMEOUT",),
    ),
    "gateway": Provided(
        ChannelName.SMS,
        "+13125550142",
        lambda url: {"SMS_PROVIDER": "gateway", "GATEWAY_URL": url, "GATEWAY_TOKEN": "token"},
        (202, b'{"id": "g-1"}'),
        "g-1",
    ),
    "twilio": Provided(
        ChannelName.SMS,
        "+13125550142",
        lambda url: {
            "SMS_PROVIDER": "twilio",
            "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
            "TWILIO_AUTH_TOKEN": "token",
            "TWILIO_FROM": "+13125550100",
            "TWILIO_API_URL": url,
        },
        (201, b'{"sid": "SM1", "status": "queued"}'),
        "SM1",
    ),
}


@dataclass
class Tried:
    """One carrier before its provider."""

    provided: Provided
    provider: HttpProvider
    carrier: Carrier

    @property
    def outgoing(self) -> Outgoing:
        words = {"subject": "Hello canary", "html": "<p>canary"} if self.provided.channel == "email" else {}
        return Outgoing(
            key=KEY,
            channel=self.provided.channel,
            address=self.provided.address,
            text="canary, please call",
            **words,
        )


def impatient(tried: Tried, settings: Settings) -> Carrier:
    """The same carrier, which waits a moment only."""
    for name in tried.provided.time_outs:
        setattr(settings, name, SHORT_SECONDS)
    return carrier_for(tried.provided.channel)


@pytest.fixture(params=sorted(CARRIERS))
def tried(request: pytest.FixtureRequest, settings: Settings, db: None) -> Iterator[Tried]:
    provided = CARRIERS[request.param]
    with http_provider() as provider:
        for name, value in {
            "PUBLIC_URL": "https://visits.example.org",
            **provided.settings(provider.url),
        }.items():
            setattr(settings, name, value)
        carrier = carrier_for(provided.channel)
        assert carrier.name == request.param
        yield Tried(provided, provider, carrier)


def test_it_says_who_it_is_what_it_promises_and_how_long_it_takes(tried: Tried) -> None:
    assert 0 < len(tried.carrier.name) <= 30
    assert timedelta(0) < tried.carrier.longest < timedelta(minutes=5)
    for promised in (tried.carrier.capability.idempotent_for, tried.carrier.capability.settle):
        assert promised is None or promised > timedelta(0)


def test_what_the_provider_took_and_named_is_accepted(tried: Tried) -> None:
    tried.provider.answer = tried.provided.taken
    receipt = tried.carrier.send(tried.outgoing)
    assert (receipt.outcome, receipt.provider_message_id) == (Outcome.ACCEPTED, tried.provided.message_id)
    (asked,) = tried.provider.asked
    assert CANARY not in asked.path, "no patient in an address"


def test_the_key_is_told_and_is_the_same_at_every_attempt(tried: Tried) -> None:
    """As a key that the provider honours, or in the address that it reports to: it names a message and nobody."""
    tried.provider.answer = tried.provided.taken
    for _ in range(2):
        carrier_for(tried.provided.channel).send(tried.outgoing)
    assert len(tried.provider.asked) == 2
    assert all(KEY in f"{asked.headers} {asked.body.decode()}" for asked in tried.provider.asked)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ((200, HTML), Outcome.UNKNOWN),
        ((200, b"{}"), Outcome.UNKNOWN),
        ((302, b""), Outcome.UNKNOWN),
        ((400, b"{}"), Outcome.REFUSED),
        ((401, b"{}"), Outcome.POSTPONED),
        ((404, b"{}"), Outcome.POSTPONED),
        ((422, b'{"message": "canary"}'), Outcome.REFUSED),
        ((429, b"{}"), Outcome.POSTPONED),
        ((500, HTML), Outcome.UNKNOWN),
        ((503, b""), Outcome.UNKNOWN),
        (hangs_up, Outcome.UNKNOWN),
        (drips, Outcome.UNKNOWN),
    ],
    ids=lambda value: str(getattr(value, "__name__", value)),
)
def test_an_attempt_ends_in_time_and_as_what_it_proved(
    tried: Tried, settings: Settings, answer: Any, outcome: Outcome, caplog: pytest.LogCaptureFixture
) -> None:
    tried.provider.answer = answer
    carrier = impatient(tried, settings) if answer is drips else tried.carrier
    began = time.monotonic()
    with caplog.at_level(logging.DEBUG):
        receipt = carrier.send(tried.outgoing)
    assert receipt.outcome is outcome
    assert time.monotonic() - began < carrier.longest.total_seconds()
    assert receipt.provider_message_id is None or receipt.outcome is Outcome.ACCEPTED
    assert 0 < len(receipt.error) <= 80
    for said in (receipt.error, caplog.text):
        assert CANARY not in said
        assert tried.provided.address not in said


def test_nobody_at_the_address_is_certainly_not_taken(tried: Tried, settings: Settings) -> None:
    with http_provider() as gone:
        url = gone.url
    for name, value in tried.provided.settings(url).items():
        setattr(settings, name, value)
    assert carrier_for(tried.provided.channel).send(tried.outgoing).outcome is Outcome.POSTPONED


@pytest.mark.parametrize(
    "answer",
    [(200, HTML), (200, b"[]"), (200, b'{"messages": 1}'), (404, b"{}"), (500, b""), hangs_up, drips],
    ids=lambda value: str(getattr(value, "__name__", value)),
)
def test_what_does_not_say_that_there_is_none_leaves_the_doubt(
    tried: Tried, settings: Settings, answer: Any
) -> None:
    """*Absent* lets a message go out again: only an answer in so many words may say it."""
    tried.provider.answer = answer
    carrier = impatient(tried, settings) if answer is drips else tried.carrier
    found = carrier.look_up(key=KEY, address=tried.provided.address, since=SINCE)
    assert found.found is Found.UNSURE
