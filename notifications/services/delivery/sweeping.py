"""What dead processes held, and what nobody took in time. Plain rows; calls no carrier."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from notifications.domain.states import MOST_CLAIMS, Outcome, State, wait_after
from notifications.models import Message
from notifications.selectors.operation import is_held
from notifications.services.delivery.outcomes import end_attempt, finish, leave_unknown
from notifications.services.delivery.reports import apply_waiting_reports

log = logging.getLogger(__name__)

AT_ONCE = 500
"""So many rows a sweep; the next one takes the rest."""


def sweep(*, now: datetime) -> int:
    """Take back what the dead held, end what is too late, apply reports that came too early; how many rows.

    Nothing after a restore that is not decided: what is too late may have been sent in time.
    """
    if is_held():
        return 0
    return recover_expired(now=now) + end_missed(now=now) + apply_waiting_reports(now=now)


def recover_expired(*, now: datetime) -> int:
    """``claimed`` was certainly not sent and goes back to the queue; ``sending`` becomes unknown."""
    expired = Message.objects.filter(lease_until__lt=Now())
    back = expired.filter(state=State.CLAIMED, fence__lt=MOST_CLAIMS).update(
        state=State.QUEUED, lease_until=None
    )
    deadly = expired.filter(state=State.CLAIMED).values_list("id", flat=True)[:AT_ONCE]
    lost = expired.filter(state=State.SENDING).order_by("id").values_list("id", flat=True)[:AT_ONCE]
    return (
        back
        + sum(_end_deadly(message_id, now) for message_id in list(deadly))
        + sum(_recover_sending(message_id, now) for message_id in list(lost))
    )


def end_missed(*, now: datetime) -> int:
    """What waited past its end is missed, and a person hears of it. What failed before is dead."""
    late = Message.objects.filter(state=State.QUEUED, due_at__lte=now, not_after__lte=now)
    return sum(_end_late(message_id, now) for message_id in list(late.values_list("id", flat=True)[:AT_ONCE]))


def push_forward(message_id: int, fence: int, *, now: datetime, chance: float) -> None:
    """A message that cannot be worked on waits, longer each time, and in the end goes to a person.

    So a single broken row never stops the queue. It was certainly not sent: it broke before its sending began.
    """
    with transaction.atomic():
        row = (
            Message.objects.select_for_update(of=("self",))
            .filter(pk=message_id, fence=fence, state=State.CLAIMED)
            .first()
        )
        if row is None:
            return
        due_at = now + wait_after(row.fence, chance=chance)
        if row.fence >= MOST_CLAIMS or due_at >= row.not_after:
            finish(row, State.DEAD, now=now)
        else:
            row.state, row.lease_until, row.due_at = State.QUEUED, None, due_at
            row.save(update_fields=["state", "lease_until", "due_at"])


def _end_late(message_id: int, now: datetime) -> int:
    with transaction.atomic():
        row = (
            Message.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(pk=message_id, state=State.QUEUED, not_after__lte=now)
            .first()
        )
        if row is None:
            return 0
        finish(row, State.DEAD if row.attempts_made else State.MISSED, now=now)
    return 1


def _end_deadly(message_id: int, now: datetime) -> int:
    with transaction.atomic():
        row = (
            Message.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(pk=message_id, state=State.CLAIMED, lease_until__lt=Now(), fence__gte=MOST_CLAIMS)
            .first()
        )
        if row is None:
            return 0
        finish(row, State.DEAD, now=now)
    return 1


def _recover_sending(message_id: int, now: datetime) -> int:
    with transaction.atomic():
        row = (
            Message.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(pk=message_id, state=State.SENDING, lease_until__lt=Now())
            .first()
        )
        if row is None:
            return 0
        end_attempt(row.pk, row.fence, Outcome.UNKNOWN, "process ended", now)
        # Whoever still holds it in a process that was only slow finds another number.
        row.fence += 1
        Message.objects.filter(pk=row.pk).update(fence=F("fence") + 1)
        leave_unknown(row, now=now)
    log.warning("message %s may or may not have been sent: its sender ended", message_id)
    return 1
