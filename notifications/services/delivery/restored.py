"""After a restore: what was sent since the backup stands in the queue again, and must not simply be sent again."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from notifications.domain.states import State
from notifications.models import Message
from notifications.services.delivery.outcomes import leave_unknown

BEFORE_BACKUP = timedelta(hours=1)


def doubt_since(*, since: datetime, now: datetime) -> int:
    """Take everything due between an hour before ``since`` and now for perhaps sent; how many. Before dispatch starts.

    Each is then cleared up like any unknown message: by its key, by a question, or by a person.
    """
    doubtful = Message.objects.filter(
        state__in=[State.QUEUED, State.CLAIMED, State.SENDING],
        due_at__gte=since - BEFORE_BACKUP,
        due_at__lte=now,
    )
    return sum(_doubt(message_id, now) for message_id in list(doubtful.values_list("id", flat=True)))


def _doubt(message_id: int, now: datetime) -> int:
    with transaction.atomic():
        row = (
            Message.objects.select_for_update(of=("self",))
            .filter(pk=message_id, state__in=[State.QUEUED, State.CLAIMED, State.SENDING])
            .first()
        )
        if row is None:
            return 0
        row.first_sent_at = row.first_sent_at or row.due_at
        row.fence += 1
        row.looks_made = max(row.looks_made, 1)
        row.save(update_fields=["fence", "looks_made"])
        leave_unknown(row, now=now)
    return 1
