"""Taking what is due: leased on the database's clock, fenced, and never the same to two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from notifications.domain.kinds import ChannelName
from notifications.domain.states import State
from notifications.models import Message

CLAIM_LEASE = timedelta(seconds=settings.MESSAGE_LEASE_SECONDS)
LEASE_MARGIN = CLAIM_LEASE / 4
"""Between the longest that a carrier may take and the end of the lease on what is being sent."""
SENDS_WITHIN = CLAIM_LEASE / 6
"""Whoever has not handed a message over so long after saying that sending begins, does not any more."""
LOOK_HOLD = CLAIM_LEASE * 3
"""How long whoever takes up an unknown message has it alone."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A message in our hands for as long as nobody else counts its fence on."""

    message_id: int
    fence: int
    clinic_id: int
    channel: ChannelName
    is_in_doubt: bool = False
    """It was due before the database was put back from a backup: it may have been sent, and the outbox forgot."""


# The rows are picked in a step of their own: inside the UPDATE the planner may run the pick again and take more.
# Nothing is taken as long as a restore is not decided (``notifications.services.restoring``).
_IS_HELD = "EXISTS (SELECT FROM notifications_restoration WHERE decided_at IS NULL)"
_CLAIM = f"""
WITH due AS MATERIALIZED (
    SELECT id FROM notifications_message
    WHERE state = 'queued' AND due_at <= %s::timestamptz AND channel = %s::text AND NOT {_IS_HELD}
    ORDER BY due_at, id LIMIT %s::int FOR UPDATE SKIP LOCKED
)
UPDATE notifications_message AS m
SET state = 'claimed', lease_until = clock_timestamp() + %s::interval, fence = m.fence + 1
FROM due WHERE m.id = due.id
RETURNING m.id, m.fence, m.clinic_id, m.channel, m.due_at,
    EXISTS (SELECT FROM notifications_restoration AS r WHERE m.due_at <= r.sent_until)
"""  # noqa: S608
_TAKE_UP = f"""
WITH due AS MATERIALIZED (
    SELECT id FROM notifications_message
    WHERE state = 'unknown' AND look_again_at <= %s::timestamptz AND channel = %s::text AND NOT {_IS_HELD}
    ORDER BY look_again_at, id LIMIT %s::int FOR UPDATE SKIP LOCKED
)
UPDATE notifications_message AS m
SET look_again_at = %s::timestamptz, fence = m.fence + 1, looks_made = m.looks_made + 1
FROM due WHERE m.id = due.id
RETURNING m.id, m.fence, m.clinic_id, m.channel, m.due_at, false
"""  # noqa: S608


def claim_due(*, now: datetime, size: int, channel: ChannelName = ChannelName.EMAIL) -> list[Claim]:
    """Take up to ``size`` due messages of a channel that nobody holds, oldest first. One statement, one commit."""
    return _claimed(_CLAIM, [now, channel.value, size, CLAIM_LEASE])


def take_up_unknown(*, now: datetime, size: int, channel: ChannelName) -> list[Claim]:
    """Take unknown messages whose next look has come. Whoever dies over one gives it back when its hold ends."""
    return _claimed(_TAKE_UP, [now, channel.value, size, now + LOOK_HOLD])


def give_back(claims: Sequence[Claim]) -> None:
    """Put back what was taken and certainly not sent, for whoever comes next."""
    for claim in claims:
        Message.objects.filter(pk=claim.message_id, fence=claim.fence, state=State.CLAIMED).update(
            state=State.QUEUED, lease_until=None
        )


def _claimed(statement: str, values: Sequence[Any]) -> list[Claim]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    rows.sort(key=lambda row: (row[4], row[0]))
    return [
        Claim(pk, fence, clinic_id, ChannelName(channel), is_in_doubt)
        for pk, fence, clinic_id, channel, _, is_in_doubt in rows
    ]
