"""After a restore: what was sent since the backup stands in the queue again, and must not simply be sent again."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from notifications.domain.states import State
from notifications.models import Message, Restoration
from notifications.services.delivery.beginning import hold
from notifications.services.delivery.claims import SENDS_WITHIN, Claim
from notifications.services.delivery.outcomes import finish, leave_unknown

CLOCKS_APART = timedelta(minutes=1)
"""Who plans has a clock of its own; a backup's moment is the database's."""


def doubt(message_id: int, restoration: Restoration, *, now: datetime) -> bool:
    """Take a message that was not out at the moment of the backup for perhaps sent since; False: it is none.

    It is then cleared up like any unknown message: by its key, by a question, or by a person. What was planned after
    the backup has another key than what may have been sent: nobody can be asked, so it goes to a person at once.
    """
    with transaction.atomic():
        row = (
            Message.objects.select_for_update(of=("self",))
            .filter(pk=message_id, state__in=[State.QUEUED, State.CLAIMED, State.SENDING, State.UNKNOWN])
            .first()
        )
        if row is None or (row.state == State.UNKNOWN and row.look_again_at is None):
            return False
        row.first_sent_at = row.first_sent_at or max(row.due_at, restoration.backup_at)
        row.fence += 1
        row.looks_made = max(row.looks_made, 1)
        row.save(update_fields=["fence", "looks_made"])
        if row.planned_at > restoration.backup_at + CLOCKS_APART:
            finish(row, State.UNKNOWN, now=now)
        else:
            leave_unknown(row, now=now, last_sent_at=restoration.sent_until + SENDS_WITHIN)
    return True


def doubt_claimed(claim: Claim, *, now: datetime) -> None:
    """A message that was planned after a restore and due before it: whoever sent it then, the database forgot."""
    with transaction.atomic():
        if hold(claim, State.CLAIMED):
            row = Message.objects.get(pk=claim.message_id)
            row.first_sent_at = row.first_sent_at or row.due_at
            finish(row, State.UNKNOWN, now=now)
