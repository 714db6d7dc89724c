"""Sending what is due: claim, look again, say that sending begins, send, write down what came of it.

The two commits before the send (``claimed``, then ``sending``) are what tells *certainly not sent* from *maybe
sent* when a process dies. The lease and the fence belong to the database's clock and row: whoever lost them
changes nothing. See docs/adr/0008-two-commits-before-a-message-goes-out.md.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from clinic.selectors.facts import lock_active_implants
from clinic.selectors.recipients import Addressee, addressee, clinic_time_zone
from notifications.domain.quiet_hours import first_allowed
from notifications.domain.states import Outcome, State, after_attempt
from notifications.models import Attempt, Message
from notifications.services.letters import send_letter
from notifications.services.plan import replan

log = logging.getLogger(__name__)

CLAIM_LEASE = timedelta(seconds=60)
BATCH = 20


@dataclass(frozen=True, slots=True)
class Claim:
    """A message in our hands for as long as nobody else counts its fence on."""

    message_id: int
    fence: int
    clinic_id: int
    implant_id: int


@dataclass(frozen=True, slots=True)
class _Letter:
    claim: Claim
    ref: str
    step: str
    to: Addressee


def deliver_batch(*, now: datetime, size: int = BATCH) -> int:
    """Send up to ``size`` due messages; how many were in hand. Any number of processes may do so at once."""
    recover_expired(now=now)
    claims = claim_due(now=now, size=size)
    for claim in claims:
        letter = begin_sending(claim, now=now)
        if letter is not None:
            outcome, error = send_letter(ref=letter.ref, step=letter.step, to=letter.to)
            settle(claim, outcome, error, now=now)
    return len(claims)


def recover_expired(*, now: datetime) -> None:
    """What a dead dispatcher held: claimed goes back to the queue, sending becomes unknown and stays so."""
    expired = Message.objects.filter(lease_until__lt=Now())
    expired.filter(state=State.CLAIMED).update(state=State.QUEUED, lease_until=None)
    lost = list(expired.filter(state=State.SENDING).values_list("id", flat=True))
    for message_id in lost:
        with transaction.atomic():
            row = Message.objects.select_for_update().get(pk=message_id)
            still = Message.objects.filter(pk=message_id, state=State.SENDING, lease_until__lt=Now())
            if still.update(state=State.UNKNOWN, lease_until=None, settled_at=now):
                _end_attempt(message_id, row.fence, Outcome.UNKNOWN, "process ended", now)
                log.error("message %s may or may not have been sent: its sender ended", message_id)


def claim_due(*, now: datetime, size: int = BATCH) -> list[Claim]:
    """Take due messages that nobody holds, oldest first."""
    with transaction.atomic():
        due = Message.objects.filter(state=State.QUEUED, due_at__lte=now).order_by("due_at", "id")
        rows = list(
            due.select_for_update(skip_locked=True).values_list("id", "fence", "clinic_id", "implant_id")[
                :size
            ]
        )
        Message.objects.filter(pk__in=[row[0] for row in rows]).update(
            state=State.CLAIMED, lease_until=Now() + CLAIM_LEASE, fence=F("fence") + 1
        )
    return [Claim(pk, fence + 1, clinic_id, implant_id) for pk, fence, clinic_id, implant_id in rows]


def begin_sending(claim: Claim, *, now: datetime) -> _Letter | None:
    """Look at the world again and commit that sending begins; None when the message must not go now.

    Holding the implant's lock, so that no change of its record can commit between the look and the commit.
    """
    with transaction.atomic():
        lock_active_implants(clinic_id=claim.clinic_id, implant_ids=[claim.implant_id])
        replan(claim.clinic_id, [claim.implant_id], now)
        row = (
            Message.objects.select_for_update()
            .filter(pk=claim.message_id, state=State.CLAIMED, fence=claim.fence, lease_until__gt=Now())
            .first()
        )
        if row is None or _waits_for_morning(row, now):
            return None
        to = row.recipient_id and addressee(clinic_id=row.clinic_id, contact_id=row.recipient_id)
        if not to:
            return None  # cannot be: the plan just found the address in use; the lease ends it
        row.state, row.attempts_made = State.SENDING, row.attempts_made + 1
        row.first_sent_at = row.first_sent_at or now
        row.save(update_fields=["state", "attempts_made", "first_sent_at"])
        Message.objects.filter(pk=row.pk).update(lease_until=Now() + _sending_lease())
        Attempt.objects.create(message=row, fence=row.fence, started_at=now)
    return _Letter(claim, str(row.ref), row.step, to)


def settle(claim: Claim, outcome: Outcome, error: str, *, now: datetime) -> bool:
    """Write down how the attempt ended; False when the lease was lost meanwhile, and then only the attempt is."""
    with transaction.atomic():
        _end_attempt(claim.message_id, claim.fence, outcome, error, now)
        row = (
            Message.objects.select_for_update()
            .filter(pk=claim.message_id, state=State.SENDING, fence=claim.fence)
            .first()
        )
        if row is None:
            return False
        state, wait = after_attempt(outcome, row.attempts_made)
        row.state, row.lease_until = state, None
        if outcome is Outcome.POSTPONED:
            row.first_sent_at = None
        if wait is not None:
            row.due_at = now + wait
        else:
            row.settled_at = now
        if row.due_at >= row.not_after:
            row.state, row.due_at, row.settled_at = State.DEAD, row.not_after - timedelta(seconds=1), now
        row.save(update_fields=["state", "lease_until", "first_sent_at", "due_at", "settled_at"])
    return True


def _waits_for_morning(row: Message, now: datetime) -> bool:
    """Put a message whose hour falls into the quiet ones back, due when they end."""
    allowed = first_allowed(now, ZoneInfo(clinic_time_zone(clinic_id=row.clinic_id)))
    if allowed <= now:
        return False
    row.state, row.lease_until, row.due_at = State.QUEUED, None, allowed
    if allowed >= row.not_after:
        row.state, row.due_at, row.settled_at = State.MISSED, row.not_after - timedelta(seconds=1), now
    row.save(update_fields=["state", "lease_until", "due_at", "settled_at"])
    return True


def _sending_lease() -> timedelta:
    return timedelta(seconds=settings.EMAIL_TIMEOUT * 3)


def _end_attempt(message_id: int, fence: int, outcome: Outcome, error: str, now: datetime) -> None:
    Attempt.objects.filter(message_id=message_id, fence=fence, finished_at=None).update(
        finished_at=now, outcome=outcome, error=error[:80]
    )
