"""E-mail by Django's back end: SMTP, or any provider that django-anymail speaks to."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime, timedelta
from email.mime.text import MIMEText
from email.utils import formataddr, parseaddr

import requests
from anymail.backends.base import AnymailBaseBackend
from anymail.message import AnymailMessage
from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import sanitize_address

from notifications.channels.deadline import begin, watch_session, within
from notifications.channels.failures import name_of, outcome_of, wait_asked
from notifications.domain.states import Outcome
from notifications.domain.transport import Capability, Found, Invite, LookUp, Outgoing, Receipt

log = logging.getLogger(__name__)

MESSAGE_HEADER = "X-Refillwise-Message"
"""Carries the message's random reference, which names nobody."""
METADATA_KEY = "message_ref"
"""Comes back in a provider's report, so that it finds its message before our own commit."""
IDEMPOTENT_FOR = {
    "resend": timedelta(hours=24),
    "sparkpost": timedelta(hours=24),
    "brevo": timedelta(minutes=15),
}
"""The providers that document that a repeated key sends nothing twice, and for how long."""
KEY_IN_REQUEST = frozenset({"resend", "sparkpost"})
TAKES_PARTS = frozenset({"amazon_ses", "sendgrid"})
"""The providers that take a letter with more beside its text and its page."""
NOT_TAKEN = frozenset({"invalid", "rejected", "failed"})


class EmailCarrier:
    """Letters through ``EMAIL_BACKEND``. SMTP can neither be asked nor told a key: nobody can tell about *unknown*."""

    def __init__(self) -> None:
        self._connection: BaseEmailBackend = get_connection()
        is_esp = isinstance(self._connection, AnymailBaseBackend)
        self.name = provider_name(str(getattr(self._connection, "esp_name", "smtp")))
        self.capability = Capability(idempotent_for=IDEMPOTENT_FOR.get(self.name) if is_esp else None)
        self.takes_parts = not is_esp or self.name in TAKES_PARTS
        self.longest = timedelta(seconds=settings.EMAIL_TIMEOUT * 3)

    def send(self, outgoing: Outgoing) -> Receipt:
        try:
            letter = self._letter(outgoing)
            letter.message()
            sanitize_address(outgoing.address, "utf-8")
        except (ValueError, TypeError) as error:  # an address or subject that no letter can have
            log.warning("message %s cannot be written (%s)", outgoing.key, type(error).__name__)
            return Receipt(Outcome.REFUSED, error=name_of(error))
        with within(settings.EMAIL_TIMEOUT * 2):
            return self._hand_over(letter, outgoing.key)

    def _hand_over(self, letter: AnymailMessage, key: str) -> Receipt:
        try:
            try:
                self._open(key)
            except Exception as error:  # nothing of the letter was said yet
                return _failed(key, Outcome.POSTPONED, error)
            try:
                self._connection.send_messages([letter])
            except Exception as error:
                return _failed(key, outcome_of(error), error)
        finally:
            with suppress(Exception):  # how it says good-bye proves nothing about the letter
                self._connection.close()
        return _receipt(letter)

    def _open(self, key: str) -> None:
        self._connection.open()
        session = getattr(self._connection, "session", None)
        if isinstance(session, requests.Session):
            watch_session(session)
            if self.name in KEY_IN_REQUEST:
                session.headers["Idempotency-Key"] = key
        begin()

    def look_up(self, *, key: str, address: str, since: datetime) -> LookUp:
        return LookUp(Found.UNSURE)

    def _letter(self, outgoing: Outgoing) -> AnymailMessage:
        _, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
        domain = sender.rpartition("@")[2] or "localhost"
        headers = {
            MESSAGE_HEADER: outgoing.key,
            "Message-ID": f"<{outgoing.key}@{domain}>",
            "Auto-Submitted": "auto-generated",
        }
        if settings.EMAIL_UNSUBSCRIBE_TO:
            headers["List-Unsubscribe"] = f"<mailto:{settings.EMAIL_UNSUBSCRIBE_TO}?subject=unsubscribe>"
        if self.name == "brevo":
            headers["idempotencyKey"] = outgoing.key
        letter = AnymailMessage(
            subject=_one_line(outgoing.subject),
            body=outgoing.text,
            from_email=_sender(outgoing.sender_name),
            to=[outgoing.address],
            headers=headers,
            metadata={METADATA_KEY: outgoing.key},
            # A provider that counts openings rewrites our links and learns who opened them when.
            track_opens=False,
            track_clicks=False,
        )
        if outgoing.html:
            letter.attach_alternative(outgoing.html, "text/html")
        if outgoing.invite is not None:
            self._attach(letter, outgoing.invite)
        return letter

    def _attach(self, letter: AnymailMessage, invite: Invite) -> None:
        """The calendar beside the words, where mail programs look for it, and as a file.

        A provider whose interface has no room for it beside the words gets the file alone, which says itself what it
        asks. It is named by its own type: Resend loses a letter without a word over one that does not fit the name.
        """
        if self.takes_parts:
            letter.attach_alternative(invite.text, f"text/calendar; method={invite.method}")
            letter.attach("invite.ics", invite.text.encode(), "application/ics")
            return
        part = MIMEText(invite.text, "calendar", "utf-8")
        part.set_param("method", invite.method)
        part.add_header("Content-Disposition", "attachment", filename="invite.ics")
        letter.attach(part)


def provider_name(esp_name: str) -> str:
    """A provider as messages and reports name it."""
    return esp_name.lower().replace(" ", "_")[:30]


def _failed(key: str, outcome: Outcome, error: Exception) -> Receipt:
    log.warning("message %s: %s (%s)", key, outcome.value, name_of(error))
    response = getattr(error, "response", None)
    wait = wait_asked(response.headers) if response is not None else None
    return Receipt(outcome, error=name_of(error), retry_after=wait)


def _receipt(letter: AnymailMessage) -> Receipt:
    """What the provider said of the one recipient; an SMTP server that did not refuse has taken it."""
    status = letter.anymail_status
    said = status.status or set()
    message_id = status.message_id if isinstance(status.message_id, str) else None
    if said and said <= NOT_TAKEN:
        return Receipt(Outcome.REFUSED, message_id, error=" ".join(sorted(said))[:80])
    return Receipt(Outcome.ACCEPTED, message_id)


def _sender(name: str) -> str:
    own_name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return formataddr((_one_line(name) or own_name, address)) if address else settings.DEFAULT_FROM_EMAIL


def _one_line(text: str) -> str:
    return " ".join(text.split())
