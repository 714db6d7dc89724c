"""Reports on letters, by django-anymail's own views for each provider; its ``tracking`` signal brings them here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent, EventType, tracking
from anymail.urls import urlpatterns as anymail_patterns
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from clinic.domain.register.reasons import gettext_noop
from notifications.channels.email import METADATA_KEY, provider_name
from notifications.domain.states import State
from notifications.services.inbound import stop_letters
from notifications.services.reports import Report, take_report
from web.hooks.door import Forged, Unreadable, hook

STATE_OF = {
    EventType.QUEUED: State.ACCEPTED,
    EventType.SENT: State.ACCEPTED,
    EventType.DELIVERED: State.DELIVERED,
    EventType.BOUNCED: State.FAILED,
    EventType.REJECTED: State.FAILED,
    EventType.FAILED: State.FAILED,
}
"""What of a letter's way we keep. That it was opened or clicked is nobody's business."""
UNWELCOME = {
    EventType.COMPLAINED: gettext_noop("marked as unwanted mail"),
    EventType.UNSUBSCRIBED: gettext_noop("unsubscribed"),
}
"""What the reader did that ends letters to the address."""
_VIEWS: dict[str, Callable[..., Any]] = {
    str(pattern.name).removesuffix("_tracking_webhook"): pattern.callback
    for pattern in anymail_patterns
    if str(pattern.name).endswith("_tracking_webhook")
}


def is_set_up() -> bool:
    """Without a secret anybody could report: then the address is not there."""
    return bool(settings.ANYMAIL.get("WEBHOOK_SECRET"))


@hook("email", is_set_up=is_set_up)
def report(request: HttpRequest, esp: str) -> HttpResponse:
    """Hand the report to anymail's view of the provider, which checks it and sends the signal."""
    view = _VIEWS.get(esp)
    if view is None:
        raise Http404
    try:
        answer: HttpResponse = view(request)
    except AnymailWebhookValidationFailure:
        raise Forged(esp) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unreadable from None
    return answer


def keep(sender: object, event: AnymailTrackingEvent, esp_name: str, **_: object) -> None:
    """Take one event of a report that was checked."""
    if event.event_type in UNWELCOME and event.recipient:
        stop_letters(address=event.recipient, words=UNWELCOME[event.event_type], now=timezone.now())
    state = STATE_OF.get(event.event_type)
    if state is None:
        return
    named = f"{event.message_id}|{event.event_type}|{event.timestamp}"
    digest = hashlib.sha256(named.encode()).hexdigest()
    taken = Report(
        provider=provider_name(esp_name),
        event_id=f"{event.event_id}:{event.event_type}" if event.event_id else digest,
        payload_sha256=digest,
        state=state,
        provider_message_id=event.message_id or "",
        message_ref=_ref((event.metadata or {}).get(METADATA_KEY)),
    )
    take_report(taken, now=timezone.now())


def _ref(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None


tracking.connect(keep, dispatch_uid="keep reports on letters")
