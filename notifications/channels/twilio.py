"""Text messages by Twilio, through its own library.

Twilio knows no idempotency key. What became of a message of which we heard nothing is found by asking for what went
to the number since: a text that belongs to no other message of ours is this one's. That holds only while nobody
else sends from the same number or messaging service (docs/how-to/send-messages.md).
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from notifications.channels.addresses import TWILIO_STATUS, public
from notifications.channels.deadline import within
from notifications.channels.failures import name_of, outcome_of, outcome_of_status
from notifications.channels.lines import line
from notifications.domain.states import Outcome, State
from notifications.domain.transport import STOPPED, Capability, Found, LookUp, Outgoing, Receipt
from notifications.models import Message

log = logging.getLogger(__name__)

NAME = "twilio"
API_URL = "https://api.twilio.com"
STOPPED_CODE = 21610
"""The number said stop to Twilio itself."""
MENDABLE_CODES = frozenset({20003, 20429, 21603, 21606, 21611, 21659, 21660, 21661, 21701, 21704, 30001})
"""Our account, sender or queue is at fault, not the number."""
STATE_OF = {
    "accepted": State.ACCEPTED,
    "scheduled": State.ACCEPTED,
    "queued": State.ACCEPTED,
    "sending": State.ACCEPTED,
    "sent": State.ACCEPTED,
    "delivered": State.DELIVERED,
    "read": State.DELIVERED,
    "undelivered": State.FAILED,
    "failed": State.FAILED,
    "canceled": State.FAILED,
}
_FOUND_OF = {State.ACCEPTED: Found.ACCEPTED, State.DELIVERED: Found.DELIVERED, State.FAILED: Found.FAILED}
CLOCK_SLACK = timedelta(minutes=2)
MOST_ASKED = 50


class _Http(TwilioHttpClient):  # type: ignore[misc]
    """The library's own client, on lines that heed our deadline."""

    def __init__(self, capability: Capability) -> None:
        super().__init__(pool_connections=False, timeout=settings.SMS_TIMEOUT)
        self._capability = capability

    def request(self, *args: Any, **kwargs: Any) -> Any:
        with line(settings.TWILIO_API_URL or API_URL, self._capability) as self.session:
            return super().request(*args, **kwargs)


class TwilioCarrier:
    """One text a message. Without idempotency; can be asked after ``TWILIO_SETTLE_SECONDS``."""

    name = NAME

    def __init__(self) -> None:
        self.capability = Capability(settle=timedelta(seconds=settings.TWILIO_SETTLE_SECONDS))
        self.longest = timedelta(seconds=settings.SMS_TIMEOUT + 5)

    def send(self, outgoing: Outgoing) -> Receipt:
        try:
            with within(settings.SMS_TIMEOUT):
                made = self._client().messages.create(
                    to=outgoing.address,
                    body=outgoing.text,
                    status_callback=public(f"{TWILIO_STATUS}?ref={outgoing.key}"),
                    **_sender(),
                )
        except TwilioRestException as error:
            receipt = _refusal(error)
        except Exception as error:
            receipt = Receipt(outcome_of(error), error=name_of(error))
        else:
            if made.sid:
                return Receipt(Outcome.ACCEPTED, made.sid)
            receipt = Receipt(Outcome.UNKNOWN, error="answer without an id")
        log.warning("message %s: %s (%s)", outgoing.key, receipt.outcome.value, receipt.error)
        return receipt

    def look_up(self, *, key: str, address: str, since: datetime) -> LookUp:
        """Twilio's texts to the number since then, without those that other messages of ours account for.

        Names ours only when one is left and no other message to the number is in doubt. Where so many went there
        that the first page (the newest come first) does not reach back so far, it tells nothing.
        """
        try:
            with within(settings.SMS_TIMEOUT):
                texts = self._client().messages.list(to=address, limit=MOST_ASKED)
        except Exception as error:
            log.warning("message %s cannot be looked up (%s)", key, name_of(error))
            return LookUp(Found.UNSURE)
        if len(texts) == MOST_ASKED and not _is_older(texts[-1], since):
            return LookUp(Found.UNSURE)
        sent = {
            text.sid: text.status
            for text in texts
            if str(text.direction).startswith("outbound") and not _is_older(text, since)
        }
        known = dict(
            Message.objects.filter(provider=NAME, provider_message_id__in=list(sent)).values_list(
                "provider_message_id", "ref"
            )
        )
        ours = [sid for sid in sent if sid not in known or str(known[sid]) == key]
        if not ours:
            return LookUp(Found.ABSENT)
        if len(ours) > 1 or _others_in_doubt(key, address):
            return LookUp(Found.UNSURE)
        return LookUp(_FOUND_OF.get(STATE_OF.get(sent[ours[0]], State.ACCEPTED), Found.ACCEPTED), ours[0])

    def _client(self) -> Client:
        client = Client(
            settings.TWILIO_ACCOUNT_SID,
            settings.TWILIO_AUTH_TOKEN,
            http_client=_Http(self.capability),
        )
        if settings.TWILIO_API_URL:
            client.api.base_url = settings.TWILIO_API_URL
        return client


def _sender() -> dict[str, str]:
    if settings.TWILIO_MESSAGING_SERVICE_SID:
        return {"messaging_service_sid": settings.TWILIO_MESSAGING_SERVICE_SID}
    return {"from_": settings.TWILIO_FROM}


def _refusal(error: TwilioRestException) -> Receipt:
    """A code says more than the status; the text of the error names the number and is never kept."""
    named = f"twilio {error.status} {error.code or ''}".strip()
    if error.code == STOPPED_CODE:
        return Receipt(Outcome.REFUSED, error=f"{STOPPED} {error.code}")
    if error.code in MENDABLE_CODES:
        return Receipt(Outcome.POSTPONED, error=named)
    outcome = outcome_of_status(error.status)
    # The library raises for every answer that is no success, so a strange 2xx or 3xx proves nothing.
    return Receipt(Outcome.UNKNOWN if outcome is Outcome.ACCEPTED else outcome, error=named)


def _is_older(text: Any, since: datetime) -> bool:
    return text.date_created is not None and text.date_created < since - CLOCK_SLACK


def _others_in_doubt(key: str, address: str) -> bool:
    """Whether another message to the number may have been sent and is not accounted for yet."""
    return (
        Message.objects.filter(
            recipient__dialable=address, channel="sms", state__in=[State.SENDING, State.UNKNOWN]
        )
        .exclude(ref=key)
        .exists()
    )
