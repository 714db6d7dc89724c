"""The words of a message and their way through Django's e-mail back end."""

from __future__ import annotations

import logging
import smtplib
import socket
from collections.abc import Mapping
from types import MappingProxyType

from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from clinic.selectors.recipients import Addressee
from notifications.domain.states import Outcome

log = logging.getLogger(__name__)

MESSAGE_HEADER = "X-Refillwise-Message"
"""Carries the message's random reference, which names nobody."""
LANGUAGES = ("en", "es", "fr")
NEVER_LEFT = (
    smtplib.SMTPConnectError,
    smtplib.SMTPHeloError,
    smtplib.SMTPAuthenticationError,
    smtplib.SMTPNotSupportedError,
    ConnectionRefusedError,
    socket.gaierror,
)
"""Raised before any of the letter was handed over."""


def render(*, step: str, to: Addressee) -> tuple[str, str]:
    """(subject, text) in the recipient's language: first name, clinic, telephone, and nothing else.

    Never a drug, a dose, a pump, a diagnosis, nor that anything is to be refilled.
    """
    language = to.language if to.language in LANGUAGES else "en"
    values: Mapping[str, str] = MappingProxyType(
        {
            "first_name": _one_line(to.first_name),
            "clinic_name": _one_line(to.clinic_name),
            "clinic_phone": _one_line(to.clinic_phone),
        }
    )
    folder = f"notifications/{step}"
    subject = render_to_string(f"{folder}/{language}.subject.txt", dict(values))
    text = render_to_string(f"{folder}/{language}.txt", dict(values))
    return _one_line(subject), text.strip() + "\n"


def send_letter(*, ref: str, step: str, to: Addressee) -> tuple[Outcome, str]:
    """Hand the letter to the e-mail back end: what came of it, and the class of what was raised.

    Everything that does not prove the contrary may have been sent: a time-out, a broken connection.
    """
    subject, text = render(step=step, to=to)
    letter = EmailMessage(subject=subject, body=text, to=[to.address], headers={MESSAGE_HEADER: ref})
    try:
        letter.send(fail_silently=False)
    except Exception as error:
        outcome = outcome_of(error)
        log.warning("message %s: %s (%s)", ref, outcome.value, type(error).__name__)
        return outcome, _name(error)
    return Outcome.ACCEPTED, ""


def outcome_of(error: Exception) -> Outcome:
    """What an error of the back end proves: refused for good, certainly not sent, or nothing at all."""
    if isinstance(error, NEVER_LEFT):
        return Outcome.POSTPONED
    codes = _codes(error)
    if not codes:
        return Outcome.UNKNOWN
    return Outcome.REFUSED if any(code >= 500 for code in codes) else Outcome.POSTPONED


def _codes(error: Exception) -> list[int]:
    """The server's reply codes: it answered, so it did not take the letter (RFC 5321, 4.2.1)."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return [code for code, _ in error.recipients.values()]
    if isinstance(error, smtplib.SMTPResponseException):
        return [error.smtp_code] if error.smtp_code >= 400 else []
    return []


def _name(error: Exception) -> str:
    codes = ",".join(str(code) for code in _codes(error))
    return f"{type(error).__name__} {codes}".strip()


def _one_line(text: str) -> str:
    return " ".join(text.split())
