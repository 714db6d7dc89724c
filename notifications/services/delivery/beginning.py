"""The second commit: look at the world once more and say that sending begins.

Only the message's own row is locked. That is enough: whoever changes the world brings the message rows up to date in
the same transaction, so it either waits for this lock and finds the message ``sending``, or was first and is seen.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from notifications.channels import carrier_for
from notifications.domain.leave import Leave, Stay, Wait, may_leave
from notifications.domain.plan import WhyNot
from notifications.domain.states import State
from notifications.domain.transport import Carrier, Outgoing, Receipt
from notifications.models import Message
from notifications.selectors.world import see, world_of
from notifications.services.delivery.claims import LEASE_MARGIN, Claim
from notifications.services.delivery.consequences import hand_to_person, let_go
from notifications.services.words import compose, keep_invite


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be handed over now, outside any transaction. Patient data."""

    claim: Claim
    outgoing: Outgoing
    begun_at: float
    """By ``running_seconds``: taken before the commit that says that sending begins."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that its carrier took, and of which this is not written down yet."""

    claim: Claim
    receipt: Receipt
    at: datetime


def begin_sending(claim: Claim, *, now: datetime) -> Letter | None:
    """Commit that sending begins; None when the message must not go now, or is no longer ours."""
    begun_at = running_seconds()
    with transaction.atomic():
        if not hold(claim, State.CLAIMED):
            return None
        seen = see(claim.message_id, clinic_id=claim.clinic_id, now=now)
        row, verdict = seen.message, may_leave(world_of(seen, now=now), now=now)
        if isinstance(verdict, Wait):
            put_back(row, until=verdict.until)
            return None
        outgoing = None if isinstance(verdict, Stay) else compose(seen, now=now)
        if outgoing is None:
            stay = verdict if isinstance(verdict, Stay) else Stay(State.SUPPRESSED, WhyNot.NO_ADDRESS)
            keep_back(row, stay, now=now)
            return None
        write_beginning(row, carrier_for(claim.channel), outgoing, now=now)
    return Letter(claim, outgoing, begun_at)


def begin_after(taken: Taken, claim: Claim, *, now: datetime) -> Letter | None:
    """Commit at once that a message was taken and that the next one's sending begins. None: neither is written.

    Only for the usual course. Whoever finds a lock taken, or anything else to do than these two, has done nothing and
    does one after the other: a message that was sent must not wait for another one's, and whoever holds two would let
    others wait for each other. The one that was taken comes last, when every lock of the other is held.
    """
    begun_at = running_seconds()
    with suppress(_OneByOne), transaction.atomic():
        if not _hold_at_once(claim):
            raise _OneByOne
        seen = see(claim.message_id, clinic_id=claim.clinic_id, now=now)
        if not isinstance(may_leave(world_of(seen, now=now), now=now), Leave):
            raise _OneByOne
        outgoing = compose(seen, now=now)
        if outgoing is None:
            raise _OneByOne
        if not write_beginning(seen.message, carrier_for(claim.channel), outgoing, now=now, after=taken):
            raise _OneByOne
        return Letter(claim, outgoing, begun_at)
    return None


class _OneByOne(Exception):
    """Takes back what was written so far."""


LONGEST_WAIT_MS = 500
"""How long two messages in one commit wait for a lock: less than PostgreSQL takes to look for a deadlock."""
_HOLD = """
WITH ours AS MATERIALIZED (
    SELECT channel, patient_id FROM notifications_message
    WHERE id = %s AND state = %s AND fence = %s AND (lease_until IS NULL OR lease_until > statement_timestamp())
    FOR UPDATE
)
SELECT CASE WHEN channel = 'sms' AND patient_id IS NOT NULL
    THEN pg_advisory_xact_lock(hashtextextended('texts of ' || patient_id::text, 0))::text END
FROM ours
"""


def hold(claim: Claim, state: State) -> bool:
    """Lock our message's row, then the texts to its patient: they are judged one after the other. False: not ours.

    A statement of its own, so that what bears on the message is read once both locks are held.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [claim.message_id, state.value, claim.fence])
        return cursor.fetchone() is not None


# Here and below the state comes as a value: named, it would let the planner look for one message among all that are or
# were in hand, by the index of leases, instead of by its key.
_HOLD_AT_ONCE = """
WITH ours AS MATERIALIZED (
    SELECT channel, patient_id FROM notifications_message
    WHERE id = %s AND state = %s AND fence = %s AND lease_until > statement_timestamp()
    FOR UPDATE SKIP LOCKED
)
SELECT set_config('lock_timeout', %s, true), CASE WHEN channel = 'sms' AND patient_id IS NOT NULL
    THEN pg_try_advisory_xact_lock(hashtextextended('texts of ' || patient_id::text, 0)) ELSE true END
FROM ours
"""


def _hold_at_once(claim: Claim) -> bool:
    """The same locks, where nobody has them; what is yet to be locked is not waited for long."""
    with connection.cursor() as cursor:
        cursor.execute(
            _HOLD_AT_ONCE,
            [claim.message_id, State.CLAIMED.value, claim.fence, f"{LONGEST_WAIT_MS}ms"],
        )
        found = cursor.fetchone()
    return found is not None and bool(found[1])


_BEGUN = """
    UPDATE notifications_message
    SET state = 'sending', attempts_made = attempts_made + 1, first_sent_at = coalesce(first_sent_at, %(now)s),
        provider = %(provider)s, look_again_at = NULL, lease_until = statement_timestamp() + %(lease)s::interval
    WHERE id = %(id)s
"""
_ATTEMPTED = """
INSERT INTO notifications_attempt (message_id, fence, started_at, outcome, error)
SELECT id, fence, %(now)s, '', '' FROM begun
"""
_BEGIN = f"WITH begun AS ({_BEGUN} RETURNING id, fence) {_ATTEMPTED}"
_BEGIN_AFTER = f"""
WITH taken AS MATERIALIZED (
    SELECT id FROM notifications_message
    WHERE id = %(taken_id)s AND fence = %(taken_fence)s AND state = %(taken_state)s AND NOT is_cancel_requested
    FOR UPDATE SKIP LOCKED
), ended AS (
    UPDATE notifications_attempt AS a SET finished_at = %(taken_at)s, outcome = 'accepted'
    FROM taken WHERE a.message_id = taken.id AND a.fence = %(taken_fence)s AND a.finished_at IS NULL
), settled AS (
    UPDATE notifications_message AS m
    SET state = 'accepted', reason = '', lease_until = NULL, look_again_at = NULL, settled_at = %(taken_at)s,
        provider_message_id = coalesce(%(provider_message_id)s, m.provider_message_id)
    FROM taken WHERE m.id = taken.id
), begun AS ({_BEGUN} AND EXISTS (SELECT FROM taken) RETURNING id, fence)
{_ATTEMPTED}"""  # noqa: S608


def write_beginning(
    row: Message, carrier: Carrier, outgoing: Outgoing, *, now: datetime, after: Taken | None = None
) -> bool:
    """From here on the message may be out, and so may the calendar that goes with it.

    The lease outlasts the longest that the carrier can take. ``after``: in the same statement this one is settled;
    False, and neither is written, where it is no longer ours, is held by somebody, or was taken back meanwhile.
    """
    keep_invite(row, outgoing.invite)
    values: dict[str, Any] = {
        "now": now,
        "provider": carrier.name,
        "lease": carrier.longest + LEASE_MARGIN,
        "id": row.pk,
    }
    if after is not None:
        values |= {
            "taken_id": after.claim.message_id,
            "taken_fence": after.claim.fence,
            "taken_state": State.SENDING.value,
            "taken_at": after.at,
            "provider_message_id": after.receipt.provider_message_id or None,
        }
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN if after is None else _BEGIN_AFTER, values)
        return int(cursor.rowcount) == 1


def running_seconds() -> float:
    """A clock that nobody sets and that goes on while the machine sleeps, where there is one."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.clock_gettime(boot) if boot is not None else time.monotonic()


def put_back(row: Message, *, until: datetime) -> None:
    """Certainly not sent, and due again then."""
    row.state, row.lease_until, row.due_at = State.QUEUED, None, until
    row.save(update_fields=["state", "lease_until", "due_at"])


def keep_back(row: Message, stay: Stay, *, now: datetime) -> None:
    """Certainly not sent, and not to be: with why, and with a person where its time is over."""
    row.state, row.reason = stay.state, stay.reason.value
    row.lease_until, row.settled_at = None, now
    row.save(update_fields=["state", "reason", "lease_until", "settled_at"])
    if row.state == State.MISSED:
        hand_to_person(row, now=now)
    let_go(row, now=now)
