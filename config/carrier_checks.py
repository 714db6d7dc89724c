"""What `manage.py check --deploy` says of mail and text messages: settings under which messages are lost or doubled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks as django_checks
from django.core.checks import CheckMessage, Error, register

PROVIDERS = ("in_app", "twilio", "gateway")
IN_APP_BACKEND = "notifications.backends.InAppBackend"
PLAIN_SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
_HERE = ("localhost", "127.0.0.1", "::1")


@register("carriers", deploy=True)
def carriers_are_whole(**_: Any) -> list[CheckMessage]:
    """Whoever carries messages has what it needs, and reports find their way back."""
    parts: list[Callable[[], Iterator[CheckMessage]]] = [_public_url, _mail, _texts]
    return [message for part in parts for message in part()]


def _public_url() -> Iterator[CheckMessage]:
    address = urlsplit(settings.PUBLIC_URL)
    if not address.hostname or address.scheme not in ("http", "https"):
        yield Error(
            "PUBLIC_URL is not set: links in messages and reports of providers lead nowhere.",
            id="refillwise.E105",
        )
    elif address.scheme == "http" and address.hostname not in _HERE:
        yield Error("PUBLIC_URL is not https: secret links would travel readable.", id="refillwise.E106")


def _mail() -> Iterator[CheckMessage]:
    if settings.EMAIL_BACKEND == IN_APP_BACKEND:
        yield _warning("No mail server is set up: letters stay in the Messages page.", "W102")
    if settings.EMAIL_BACKEND == PLAIN_SMTP_BACKEND:
        yield _warning(
            "EMAIL_BACKEND is Django's: a server that drips holds a message beyond its lease; "
            "use notifications.backends.SmtpBackend.",
            "W103",
        )
    if settings.EMAIL_BACKEND.startswith("anymail.") and not settings.ANYMAIL.get("WEBHOOK_SECRET"):
        yield _warning("ANYMAIL_WEBHOOK_SECRET is not set: nobody hears of letters that bounce.", "W104")


def _texts() -> Iterator[CheckMessage]:
    provider = settings.SMS_PROVIDER
    if provider not in PROVIDERS:
        yield Error(f"SMS_PROVIDER is none of {', '.join(PROVIDERS)}.", id="refillwise.E107")
    elif provider == "in_app":
        yield _warning("No provider of texts is set up: texts stay in the Messages page.", "W105")
    elif provider == "twilio":
        yield from _twilio()
    else:
        yield from _gateway()


def _twilio() -> Iterator[CheckMessage]:
    sender = settings.TWILIO_FROM or settings.TWILIO_MESSAGING_SERVICE_SID
    if not (settings.TWILIO_ACCOUNT_SID and settings.TWILIO_AUTH_TOKEN and sender):
        yield Error(
            "Twilio needs TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, and TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID.",
            id="refillwise.E108",
        )
    yield from _settles("TWILIO_SETTLE_SECONDS")


def _gateway() -> Iterator[CheckMessage]:
    address = urlsplit(settings.GATEWAY_URL)
    if not address.hostname:
        yield Error("SMS_PROVIDER is gateway and GATEWAY_URL is not set.", id="refillwise.E109")
    elif address.scheme != "https" and address.hostname not in _HERE:
        yield Error(
            "GATEWAY_URL is not https: numbers and texts would travel readable.", id="refillwise.E110"
        )
    if not settings.GATEWAY_WEBHOOK_SECRETS:
        yield _warning(
            "GATEWAY_WEBHOOK_SECRETS is not set: nobody hears of texts that fail, of answers and of stop.",
            "W106",
        )
    if settings.GATEWAY_SETTLE_SECONDS:
        yield from _settles("GATEWAY_SETTLE_SECONDS")


def _settles(name: str) -> Iterator[CheckMessage]:
    if getattr(settings, name) < 2 * settings.SMS_TIMEOUT:
        yield Error(
            f"{name} is less than twice SMS_TIMEOUT: a text that is still on its way would be sent again.",
            id="refillwise.E111",
        )


def _warning(text: str, number: str) -> CheckMessage:
    return django_checks.Warning(text, id=f"refillwise.{number}")
