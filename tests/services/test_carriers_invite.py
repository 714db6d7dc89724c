"""An invitation in the hands of whoever carries e-mails: SMTP, and providers with and without room for it."""

from __future__ import annotations

import uuid
from base64 import b64decode
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from anymail.backends.base import BasePayload
from anymail.utils import Attachment
from django.core import mail
from pytest_django import Settings

from notifications.channels.email import EmailCarrier
from notifications.domain.kinds import ChannelName
from notifications.domain.states import Outcome
from notifications.domain.transport import Invite, Outgoing

CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nSUMMARY:Cita: Clínica\r\nEND:VCALENDAR\r\n"
OUTGOING = Outgoing(
    key=str(uuid.uuid4()),
    channel=ChannelName.EMAIL,
    address="ursula@example.org",
    text="Dear Ursula",
    subject="Riverside Clinic: your visit",
    html="<p>Dear Ursula</p>",
    sender_name="Riverside Clinic",
    invite=Invite(
        method="REQUEST",
        uid=UUID(int=7),
        sequence=0,
        ends_at=datetime(2026, 5, 4, tzinfo=UTC),
        text=CALENDAR,
    ),
)


def test_by_smtp_it_stands_beside_the_words_and_as_a_file() -> None:
    assert EmailCarrier().send(OUTGOING).outcome is Outcome.ACCEPTED
    letter = mail.outbox[0].message()
    mixed = letter.get_payload()
    assert letter.get_content_type() == "multipart/mixed"
    assert [part.get_content_type() for part in mixed] == ["multipart/alternative", "application/ics"]
    beside = mixed[0].get_payload()
    assert [part.get_content_type() for part in beside] == ["text/plain", "text/html", "text/calendar"]
    assert beside[2].get_params() == [("text/calendar", ""), ("method", "REQUEST"), ("charset", "utf-8")]
    assert {beside[2].get_payload(decode=True), mixed[1].get_payload(decode=True)} == {CALENDAR.encode()}


KEYS: dict[str, dict[str, Any]] = {
    "brevo": {"BREVO_API_KEY": "k"},
    "mailersend": {"MAILERSEND_API_TOKEN": "k"},
    "mailgun": {"MAILGUN_API_KEY": "k", "MAILGUN_SENDER_DOMAIN": "clinic.example"},
    "mailjet": {"MAILJET_API_KEY": "k", "MAILJET_SECRET_KEY": "k"},
    "mandrill": {"MANDRILL_API_KEY": "k"},
    "postmark": {"POSTMARK_SERVER_TOKEN": "k"},
    "resend": {"RESEND_API_KEY": "k"},
    "sendgrid": {"SENDGRID_API_KEY": "k"},
    "sparkpost": {"SPARKPOST_API_KEY": "k"},
}


@pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailNotSupportedWarning")
@pytest.mark.parametrize("provider", sorted(KEYS))
def test_every_provider_takes_it_in_one_of_two_ways(
    provider: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a provider has no room for is left out in silence, as the settings have it: so nothing of it may be."""
    left_out: list[str] = []
    monkeypatch.setattr(BasePayload, "unsupported_feature", lambda self, feature: left_out.append(feature))
    settings.EMAIL_BACKEND = f"anymail.backends.{provider}.EmailBackend"
    settings.ANYMAIL = KEYS[provider]
    carrier = EmailCarrier()
    letter = carrier._letter(OUTGOING)
    backend: Any = carrier._connection
    backend.build_message_payload(letter, backend.send_defaults)
    assert not [each for each in left_out if "alternative" in each or "attachment" in each]
    (attached,) = [Attachment(each) for each in letter.attachments]
    assert attached.name == "invite.ics"
    if carrier.takes_parts:
        assert [each.mimetype for each in letter.alternatives] == [
            "text/html",
            "text/calendar; method=REQUEST",
        ]
    else:
        assert [each.mimetype for each in letter.alternatives] == ["text/html"]
        assert attached.mimetype == "text/calendar"
        assert 'method="REQUEST"' in attached.content_type
        assert b64decode(attached.b64content) == CALENDAR.encode()
