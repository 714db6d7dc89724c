"""What providers report: it only ever moves a message forward, however often and in whatever order it comes."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from notifications.domain.states import State, moves_forward
from notifications.models import Message, WebhookEvent
from notifications.services.delivery.outcomes import finish

log = logging.getLogger(__name__)

KEPT_FOR = timedelta(hours=24)
"""A report can be faster than our own commit; so long it is tried again."""
AT_ONCE = 200


def apply_report(
    *,
    provider: str,
    status: State,
    now: datetime,
    provider_message_id: str = "",
    message_ref: UUID | None = None,
) -> bool:
    """Apply one report; False while no message is known by that name, or its sender has not written it down yet.

    A report that tells nothing new is applied and changes nothing. One that comes for a message that waits for
    another try is believed: it did go out. A failure opens its escalation in the same transaction.
    """
    with transaction.atomic():
        row = _reported(provider, provider_message_id, message_ref)
        if row is None or row.state == State.SENDING:
            return False
        before = State(row.state)
        if moves_forward(before, status):
            row.first_sent_at = row.first_sent_at or now
            row.is_cancel_requested |= before in (State.CANCELLED, State.SUPPRESSED)
            finish(row, status, now=now, provider_message_id=provider_message_id or None)
        elif before is not status:
            log.info("message %s: a report of %s after %s changes nothing", row.pk, status, before)
    return True


def apply_waiting_reports(*, now: datetime) -> int:
    """Try the reports again that came before their message was written down; how many were applied."""
    waiting = WebhookEvent.objects.filter(applied_at__isnull=True, received_at__gt=now - KEPT_FOR)
    return sum(_apply(event_id, now) for event_id in list(waiting.values_list("id", flat=True)[:AT_ONCE]))


def _apply(event_id: int, now: datetime) -> int:
    with transaction.atomic():
        event = (
            WebhookEvent.objects.select_for_update(skip_locked=True)
            .filter(pk=event_id, applied_at__isnull=True)
            .first()
        )
        if event is None or event.status not in (State.ACCEPTED, State.DELIVERED, State.FAILED):
            return 0
        if not apply_report(
            provider=event.provider,
            status=State(event.status),
            now=now,
            provider_message_id=event.provider_message_id,
            message_ref=event.message_ref,
        ):
            return 0
        event.applied_at = now
        event.save(update_fields=["applied_at"])
    return 1


def _reported(provider: str, provider_message_id: str, message_ref: UUID | None) -> Message | None:
    """By our own reference where the report carries it, else by the provider's number."""
    rows = Message.objects.select_for_update(of=("self",))
    if message_ref is not None:
        return rows.filter(ref=message_ref).first()
    if not provider_message_id:
        return None
    return rows.filter(provider=provider, provider_message_id=provider_message_id).first()
