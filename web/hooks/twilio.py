"""Twilio: what became of a text, and texts that come in. Signed with the account's token over address and values.

See https://www.twilio.com/docs/usage/security: the signature carries no time, so a repeat is known by its id.
"""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from twilio.request_validator import RequestValidator

from notifications.channels.twilio import NAME, STATE_OF
from notifications.services.inbound import CameIn, take_text
from notifications.services.reports import Report, take_report
from web.hooks.door import Forged, Unreadable, asked_address, digest, hook, taken

NO_REPLY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


def is_set_up() -> bool:
    return bool(settings.TWILIO_WEBHOOK_TOKENS) and settings.SMS_PROVIDER == NAME


@hook(NAME, is_set_up=is_set_up)
def status(request: HttpRequest) -> HttpResponse:
    """One step of a text's way. A step that says nothing new to us is taken all the same."""
    _check_signature(request)
    sid, said = request.POST.get("MessageSid", ""), request.POST.get("MessageStatus", "").lower()
    if not sid or not said:
        raise Unreadable
    if said in STATE_OF:
        report = Report(
            provider=NAME,
            event_id=f"{sid}:{said}",
            payload_sha256=digest(request),
            state=STATE_OF[said],
            provider_message_id=sid,
            message_ref=_ref(request.GET.get("ref", "")),
        )
        take_report(report, now=timezone.now())
    return taken()


@hook(NAME, is_set_up=is_set_up)
def inbound(request: HttpRequest) -> HttpResponse:
    """A text that came in. Our answer goes through the outbox; Twilio is told to say nothing by itself."""
    _check_signature(request)
    sid, sender = request.POST.get("MessageSid", ""), request.POST.get("From", "")
    if not sid or not sender:
        raise Unreadable
    came = CameIn(
        provider=NAME,
        event_id=sid,
        payload_sha256=digest(request),
        from_address=sender,
        body=request.POST.get("Body", ""),
        has_provider_answered="OptOutType" in request.POST,
    )
    take_text(came, now=timezone.now())
    return HttpResponse(NO_REPLY, content_type="text/xml")


def _check_signature(request: HttpRequest) -> None:
    given = request.headers.get("X-Twilio-Signature", "")
    address = asked_address(request)
    if not any(
        RequestValidator(token).validate(address, request.POST, given)
        for token in settings.TWILIO_WEBHOOK_TOKENS
    ):
        raise Forged


def _ref(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
