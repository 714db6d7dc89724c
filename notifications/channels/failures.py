"""What a failed attempt proves: refused for good, certainly not sent, or nothing at all.

Everything that does not prove the contrary may have been sent: a time-out, a broken connection, a server's own error.
"""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Mapping
from datetime import timedelta

import requests
from anymail.exceptions import (
    AnymailAPIError,
    AnymailConfigurationError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from notifications.domain.states import Outcome

NEVER_LEFT = (
    smtplib.SMTPConnectError,
    smtplib.SMTPHeloError,
    smtplib.SMTPAuthenticationError,
    smtplib.SMTPNotSupportedError,
    smtplib.SMTPSenderRefused,
    ConnectionRefusedError,
    socket.gaierror,
    AnymailConfigurationError,
    requests.ConnectTimeout,
)
"""Raised before any of the letter was handed over, or because this installation is set up wrongly: it can be mended."""
REFUSED_HERE = (
    AnymailRecipientsRefused,
    AnymailInvalidAddress,
    AnymailUnsupportedFeature,
    AnymailSerializationError,
)
MENDABLE = frozenset({401, 402, 403, 404, 405, 407, 408, 425, 429})
"""Not taken, and not for the message's sake: a key, a bill, an address in the settings, too much at once."""
LONGEST_WAIT = timedelta(hours=6)


def outcome_of(error: Exception) -> Outcome:
    """What an error of an e-mail back end or of an HTTP request proves."""
    if isinstance(error, NEVER_LEFT):
        return Outcome.POSTPONED
    if isinstance(error, REFUSED_HERE):
        return Outcome.REFUSED
    if isinstance(error, AnymailAPIError) and error.status_code is not None:
        outcome = outcome_of_status(error.status_code)
        # An error all the same: the answer could not be read, so it proves nothing.
        return Outcome.UNKNOWN if outcome is Outcome.ACCEPTED else outcome
    if isinstance(error, AnymailAPIError) and isinstance(error.__cause__, Exception):
        return outcome_of(error.__cause__)
    if isinstance(error, requests.ConnectionError):
        return Outcome.POSTPONED if _never_connected(error) else Outcome.UNKNOWN
    codes = _reply_codes(error)
    if not codes:
        return Outcome.UNKNOWN
    return Outcome.REFUSED if any(code >= 500 for code in codes) else Outcome.POSTPONED


def outcome_of_status(status: int) -> Outcome:
    """What a provider's HTTP status proves. 409 says that the same key is in work: nothing is certain yet."""
    if 200 <= status < 300:
        return Outcome.ACCEPTED
    if status in MENDABLE:
        return Outcome.POSTPONED
    if 400 <= status < 500 and status != 409:
        return Outcome.REFUSED
    return Outcome.UNKNOWN


def wait_asked(headers: Mapping[str, str]) -> timedelta | None:
    """How long the provider asks to be left alone (Retry-After in seconds), within reason."""
    asked = headers.get("Retry-After", "").strip()
    if not (asked.isascii() and asked.isdigit()):
        return None
    return min(timedelta(seconds=int(asked[:9])), LONGEST_WAIT)


def name_of(error: Exception) -> str:
    """The class and the reply codes: never a text, which may hold an address."""
    codes = _reply_codes(error)
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        codes = [status]
    return f"{type(error).__name__} {','.join(str(code) for code in codes)}".strip()[:80]


def _reply_codes(error: Exception) -> list[int]:
    """The mail server's reply codes: it answered, so it did not take the letter (RFC 5321, 4.2.1)."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return [code for code, _ in error.recipients.values()]
    if isinstance(error, smtplib.SMTPResponseException):
        return [error.smtp_code] if error.smtp_code >= 400 else []
    return []


def _never_connected(error: requests.ConnectionError) -> bool:
    inner = error.args[0] if error.args else None
    if isinstance(inner, MaxRetryError):
        inner = inner.reason
    return isinstance(inner, NewConnectionError | ConnectTimeoutError)
