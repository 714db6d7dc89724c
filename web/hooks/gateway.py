"""A gateway of docs/reference/gateway.md: what became of a text, and texts that come in."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from notifications.channels.gateway import NAME, STATE_OF
from notifications.channels.signatures import SIGNATURE_HEADER, TIMESTAMP_HEADER, is_signed
from notifications.services.inbound import CameIn, take_text
from notifications.services.reports import Report, take_report
from web.hooks.door import Forged, Unreadable, digest, hook, taken


def is_set_up() -> bool:
    return bool(settings.GATEWAY_WEBHOOK_SECRETS) and settings.SMS_PROVIDER == NAME


@hook(NAME, is_set_up=is_set_up)
def status(request: HttpRequest) -> HttpResponse:
    """One step of a text's way: ``{"event_id", "id", "key", "status"}``, of which id or key may be missing."""
    said = _signed_values(request)
    message_id, state = _text(said, "id"), STATE_OF.get(_text(said, "status"))
    ref = _ref(_text(said, "key"))
    if not message_id and ref is None:
        raise Unreadable
    if state is not None:
        report = Report(
            provider=NAME,
            event_id=_text(said, "event_id") or digest(request),
            payload_sha256=digest(request),
            state=state,
            provider_message_id=message_id,
            message_ref=ref,
        )
        take_report(report, now=timezone.now())
    return taken()


@hook(NAME, is_set_up=is_set_up)
def inbound(request: HttpRequest) -> HttpResponse:
    """A text that came in: ``{"id", "from", "text"}``."""
    said = _signed_values(request)
    if not _text(said, "from"):
        raise Unreadable
    came = CameIn(
        provider=NAME,
        event_id=f"in:{_text(said, 'id') or digest(request)}",
        payload_sha256=digest(request),
        from_address=_text(said, "from"),
        body=_text(said, "text"),
    )
    take_text(came, now=timezone.now())
    return taken()


def _signed_values(request: HttpRequest) -> dict[str, Any]:
    """The values of a body that was signed; nothing is read before."""
    if not is_signed(
        secrets=settings.GATEWAY_WEBHOOK_SECRETS,
        timestamp=request.headers.get(TIMESTAMP_HEADER, ""),
        signature=request.headers.get(SIGNATURE_HEADER, ""),
        body=request.body,
        now=timezone.now(),
    ):
        raise Forged
    try:
        said = json.loads(request.body)
    except ValueError:
        raise Unreadable from None
    if not isinstance(said, dict):
        raise Unreadable
    return said


def _text(said: dict[str, Any], name: str) -> str:
    value = said.get(name, "")
    return value if isinstance(value, str) else ""


def _ref(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
