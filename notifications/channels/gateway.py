"""Text messages by any gateway that speaks the small contract of docs/reference/gateway.md."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from typing import Any

import requests
from django.conf import settings

from notifications.channels.addresses import GATEWAY_STATUS, public
from notifications.channels.deadline import within
from notifications.channels.failures import name_of, outcome_of, outcome_of_status, wait_asked
from notifications.channels.lines import line
from notifications.domain.states import Outcome, State
from notifications.domain.transport import Capability, Found, LookUp, Outgoing, Receipt

log = logging.getLogger(__name__)

NAME = "gateway"
LONGEST_ANSWER_BYTES = 65_536
CONNECT_SECONDS = 5
STATE_OF = {
    "accepted": State.ACCEPTED,
    "queued": State.ACCEPTED,
    "sent": State.ACCEPTED,
    "delivered": State.DELIVERED,
    "failed": State.FAILED,
    "undelivered": State.FAILED,
    "rejected": State.FAILED,
    "expired": State.FAILED,
}
_FOUND_OF = {State.ACCEPTED: Found.ACCEPTED, State.DELIVERED: Found.DELIVERED, State.FAILED: Found.FAILED}
_BEST_FIRST = (Found.DELIVERED, Found.ACCEPTED, Found.FAILED)


class GatewayCarrier:
    """One POST a message, with its key. What the gateway promises about a repeated key is told by the settings."""

    name = NAME

    def __init__(self) -> None:
        self.capability = Capability(
            idempotent_for=_seconds(settings.GATEWAY_IDEMPOTENT_SECONDS),
            settle=_seconds(settings.GATEWAY_SETTLE_SECONDS),
        )
        self.longest = timedelta(seconds=settings.SMS_TIMEOUT + CONNECT_SECONDS)

    def send(self, outgoing: Outgoing) -> Receipt:
        """A 2xx that names the gateway's id is the only proof that it was taken."""
        said = {"to": outgoing.address, "text": outgoing.text, "sender": settings.GATEWAY_SENDER}
        try:
            status, headers, answer = self._ask(
                "POST",
                json={**said, "callback": public(GATEWAY_STATUS)},
                headers={"Idempotency-Key": outgoing.key},
            )
        except Exception as error:
            receipt = Receipt(outcome_of(error), error=name_of(error))
        else:
            receipt = _receipt(status, answer, wait_asked(headers))
        if receipt.outcome is not Outcome.ACCEPTED:
            log.warning("message %s: %s (%s)", outgoing.key, receipt.outcome.value, receipt.error)
        return receipt

    def look_up(self, *, key: str, address: str, since: datetime) -> LookUp:
        """What the gateway holds under the key; nothing but a well-formed 200 is an answer."""
        try:
            status, _, answer = self._ask("GET", params={"key": key})
        except Exception as error:
            log.warning("message %s cannot be looked up (%s)", key, name_of(error))
            return LookUp(Found.UNSURE)
        if status != 200 or not isinstance(answer, dict) or not isinstance(answer.get("messages"), list):
            return LookUp(Found.UNSURE)
        return _found(answer["messages"])

    def _ask(
        self, method: str, **what: Any
    ) -> tuple[int, requests.structures.CaseInsensitiveDict[str], object]:
        """Status, headers and the JSON of the answer (None where it is none), all within ``SMS_TIMEOUT``."""
        headers = what.pop("headers", {}) | {"Accept": "application/json"}
        url = f"{settings.GATEWAY_URL}/messages"
        request = requests.Request(method, url, headers=headers, auth=_Bearer(), **what)
        with (
            within(settings.SMS_TIMEOUT),
            line(settings.GATEWAY_URL, self.capability) as session,
            session.send(
                _prepared(request, session),
                timeout=(CONNECT_SECONDS, settings.SMS_TIMEOUT),
                allow_redirects=False,
                stream=True,
            ) as response,
        ):
            body = response.raw.read(LONGEST_ANSWER_BYTES, decode_content=True)
        return response.status_code, response.headers, _json(body)


class _Bearer(requests.auth.AuthBase):
    """The gateway's token; given as a header only, a stray .netrc would replace it."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if settings.GATEWAY_TOKEN:
            request.headers["Authorization"] = f"Bearer {settings.GATEWAY_TOKEN}"
        return request


def _prepared(request: requests.Request, session: requests.Session) -> requests.PreparedRequest:
    """With the session's headers. Its cookies and its way out, of which it has said all, are not looked through again."""
    request.headers = {**session.headers, **request.headers}
    return request.prepare()


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _receipt(status: int, answer: object, wait: timedelta | None) -> Receipt:
    outcome = outcome_of_status(status)
    if outcome is not Outcome.ACCEPTED:
        return Receipt(outcome, error=f"http {status}", retry_after=wait)
    message_id = answer.get("id") if isinstance(answer, dict) else None
    if not isinstance(message_id, str) or not 0 < len(message_id) <= 150:
        return Receipt(Outcome.UNKNOWN, error=f"http {status} without an id")
    return Receipt(Outcome.ACCEPTED, message_id)


def _found(messages: list[Any]) -> LookUp:
    """The best of what it holds: several under one key are its own doubling, and one that arrived has arrived."""
    known = {
        _FOUND_OF[STATE_OF[each["status"]]]: each.get("id")
        for each in messages
        if isinstance(each, dict) and each.get("status") in STATE_OF
    }
    if not known:
        return LookUp(Found.UNSURE if messages else Found.ABSENT)
    best = next(found for found in _BEST_FIRST if found in known)
    message_id = known[best]
    return LookUp(best, message_id if isinstance(message_id, str) else None)


def _seconds(value: float | None) -> timedelta | None:
    return timedelta(seconds=value) if value else None
