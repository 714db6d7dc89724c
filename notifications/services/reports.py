"""What providers report, taken once whatever the number of times it comes, and what only claims to be theirs."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core.cache import cache
from django.db import Error as DatabaseError
from django.db import IntegrityError, transaction
from django.db.models import F

from notifications.domain.states import State
from notifications.models import Escalation, Message, WebhookEvent, WebhookRefusal
from notifications.models.escalations import Cause
from notifications.services.delivery import apply_report
from notifications.services.escalations import open_escalation

log = logging.getLogger(__name__)

USES_PROVIDER_WITHIN = timedelta(days=30)
COUNTED_A_MINUTE = 60
"""So many refusals are written down a minute; a flood is refused all the same and costs the database nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of a message. ``event_id`` names the report: the same one is taken once."""

    provider: str
    event_id: str
    payload_sha256: str
    state: State
    provider_message_id: str = ""
    message_ref: UUID | None = None


def take_report(report: Report, *, now: datetime) -> bool:
    """Store the report, committed, and let it move its message; False for one that was taken before.

    A report that comes before our own commit, or meets a database in trouble, stays to be applied: the sweep does
    (``WebhookEvent.applied_at``). ``status`` holds the name of our state.
    """
    event = WebhookEvent(
        provider=report.provider,
        event_id=report.event_id[:150],
        payload_sha256=report.payload_sha256,
        provider_message_id=report.provider_message_id[:150],
        message_ref=report.message_ref,
        status=report.state.value,
        received_at=now,
    )
    try:
        with transaction.atomic():
            event.save(force_insert=True)
    except IntegrityError:
        return False
    _apply(event, now)
    return True


def refuse_report(provider: str, *, now: datetime) -> None:
    """Count a report whose signature is wrong, and ask a person once a day in each clinic that uses the provider.

    Somebody is forging, or a secret was changed on one side only: then reports of failed messages are lost.
    """
    if not _is_counted(provider, now):
        return
    log.warning("a report that claims to be of %s was refused", provider)
    with transaction.atomic():
        refusal, is_first = WebhookRefusal.objects.get_or_create(provider=provider, day=now.date())
        WebhookRefusal.objects.filter(pk=refusal.pk).update(number=F("number") + 1)
        if is_first:
            for clinic_id in _clinics_with(provider, now):
                _ask_a_person(clinic_id, f"{provider}:{now.date().isoformat()}", now)


def _apply(event: WebhookEvent, now: datetime) -> None:
    try:
        with transaction.atomic():
            is_applied = apply_report(
                provider=event.provider,
                status=State(event.status),
                now=now,
                provider_message_id=event.provider_message_id,
                message_ref=event.message_ref,
            )
            if is_applied:
                WebhookEvent.objects.filter(pk=event.pk, applied_at=None).update(applied_at=now)
    except DatabaseError as error:
        log.warning("report %s waits to be applied (%s)", event.pk, type(error).__name__)


def _clinics_with(provider: str, now: datetime) -> list[int]:
    recent = Message.objects.filter(provider=provider, first_sent_at__gte=now - USES_PROVIDER_WITHIN)
    return sorted(set(recent.order_by().values_list("clinic_id", flat=True).distinct()))


def _ask_a_person(clinic_id: int, key: str, now: datetime) -> None:
    asked = Escalation.objects.for_clinic(clinic_id).filter(cause=Cause.WEBHOOK_REFUSED, key=key)
    if not asked.exists():
        open_escalation(clinic_id=clinic_id, cause=Cause.WEBHOOK_REFUSED, key=key, now=now)


def _is_counted(provider: str, now: datetime) -> bool:
    """Whether this refusal is among the first of its minute."""
    name = f"refused-report:{provider}:{now:%Y%m%d%H%M}"
    try:
        cache.add(name, 0, timeout=120)
        return cache.incr(name) <= COUNTED_A_MINUTE
    except ValueError:  # it expired in between
        return True
