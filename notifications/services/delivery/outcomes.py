"""How an attempt ended, written down by whoever still holds the message, with all that follows from it."""

from __future__ import annotations

import random
from datetime import datetime

from django.db import transaction

from notifications.channels import carrier_for
from notifications.domain.kinds import ChannelName
from notifications.domain.plan import WhyNot
from notifications.domain.states import NEEDS_A_PERSON, WENT_OUT, Outcome, State, after_attempt
from notifications.domain.transport import Capability, Receipt
from notifications.domain.unknown import way_out
from notifications.models import Attempt, Message
from notifications.services.delivery.claims import SENDS_WITHIN, Claim
from notifications.services.delivery.consequences import correct, hand_to_person, let_go, try_other_channel
from notifications.services.delivery.stopped import heed_stop

SETTLED = [
    "state",
    "reason",
    "lease_until",
    "first_sent_at",
    "due_at",
    "settled_at",
    "provider_message_id",
    "look_again_at",
    "looks_made",
    "is_cancel_requested",
]
LONGEST_ERROR = 80
_chance = random.SystemRandom().random


def settle(claim: Claim, receipt: Receipt, *, now: datetime) -> bool:
    """Write down how the attempt ended; False when the lease was lost meanwhile, and then only the attempt is.

    A stop that the provider tells of is heeded first: whoever dies in between finds it done when the text is cleared up.
    """
    if receipt.says_stop:
        heed_stop(claim.message_id, now=now)
    with transaction.atomic():
        row = _ended(claim, receipt, now)
        if row is None:
            return False
        row.lease_until = None
        if row.looks_made and receipt.outcome is not Outcome.ACCEPTED:
            # Sent again under its key: that this attempt came to nothing says nothing of the first.
            leave_unknown(row, now=now)
        else:
            _end(row, receipt, now=now)
    return True


_ENDED = """
WITH ended AS (
    UPDATE notifications_attempt
    SET finished_at = %(now)s::timestamptz, outcome = %(outcome)s::text, error = %(error)s::text
    WHERE message_id = %(id)s::bigint AND fence = %(fence)s::int AND finished_at IS NULL
)
SELECT * FROM notifications_message
WHERE id = %(id)s::bigint AND state = %(state)s::text AND fence = %(fence)s::int FOR UPDATE
"""


def _ended(claim: Claim, receipt: Receipt, now: datetime) -> Message | None:
    """Close the attempt, and lock the message where it is still ours, in one statement: every message takes it."""
    values = {
        "id": claim.message_id,
        "fence": claim.fence,
        "state": State.SENDING.value,
        "now": now,
        "outcome": receipt.outcome.value,
        "error": receipt.error[:LONGEST_ERROR],
    }
    return next(iter(Message.objects.raw(_ENDED, values)), None)


def _end(row: Message, receipt: Receipt, *, now: datetime) -> None:
    state, wait = after_attempt(
        receipt.outcome, row.attempts_made, chance=_chance(), retry_after=receipt.retry_after
    )
    if state is State.QUEUED and wait is not None:
        requeue(row, at=now + wait, now=now)
    elif state is State.UNKNOWN:
        leave_unknown(row, now=now)
    else:
        finish(row, state, now=now, provider_message_id=receipt.provider_message_id)


def requeue(row: Message, *, at: datetime, now: datetime) -> None:
    """Certainly not sent: back into the queue, or to its end where its time, or its visit, is over."""
    row.first_sent_at, row.looks_made, row.look_again_at = None, 0, None
    if row.is_cancel_requested:
        finish(row, State.CANCELLED, now=now)
    elif at >= row.not_after:
        finish(row, State.DEAD, now=now)
    else:
        row.state, row.due_at = State.QUEUED, at
        row.save(update_fields=SETTLED)


def leave_unknown(row: Message, *, now: datetime, last_sent_at: datetime | None = None) -> None:
    """It may have been sent. Say when and how that is cleared up; where nobody can tell, ask a person at once.

    ``last_sent_at``: the latest moment at which it can have been handed over, where the attempts do not tell.
    """
    way = way_out(
        promise_for(row),
        first_sent_at=row.first_sent_at or now,
        last_sent_at=last_sent_at or _last_sent(row, now),
        looks_made=row.looks_made,
        now=now,
        chance=_chance(),
        is_wanted=not row.is_cancel_requested and now < row.not_after,
    )
    if way is None:
        finish(row, State.UNKNOWN, now=now)
        return
    row.state, row.look_again_at, row.lease_until = State.UNKNOWN, way.at, None
    row.save(update_fields=SETTLED)


def promise_for(row: Message) -> Capability:
    """What the carrier that was given the message promises. Nothing, where another carries its channel now.

    Another provider knows neither the key nor the message: to it the one is new and the other absent.
    """
    carrier = carrier_for(ChannelName(row.channel))
    return carrier.capability if row.provider in ("", carrier.name) else Capability()


def finish(row: Message, state: State, *, now: datetime, provider_message_id: str | None = None) -> None:
    """Bring a message to its end, with whatever must follow in the same commit."""
    row.state, row.lease_until, row.look_again_at, row.settled_at = state, None, None, now
    row.provider_message_id = provider_message_id or row.provider_message_id
    if state is State.CANCELLED and not row.reason:
        row.reason = WhyNot.CANCELLED.value
    elif state is not State.CANCELLED:
        row.reason = ""
    row.save(update_fields=SETTLED)
    if state in NEEDS_A_PERSON:
        hand_to_person(row, now=now)
    if state not in WENT_OUT:
        let_go(row, now=now)
    if row.is_cancel_requested:
        if state in (State.ACCEPTED, State.DELIVERED, State.UNKNOWN):
            correct(row, now=now)
    elif state in (State.FAILED, State.DEAD) or (state is State.UNKNOWN and row.is_critical):
        try_other_channel(row, now=now)


def end_attempt(message_id: int, fence: int, outcome: Outcome, error: str, now: datetime) -> None:
    """Close the attempt that this claim began."""
    Attempt.objects.filter(message_id=message_id, fence=fence, finished_at=None).update(
        finished_at=now, outcome=outcome, error=error[:LONGEST_ERROR]
    )


def _last_sent(row: Message, now: datetime) -> datetime:
    """The latest moment at which the last attempt can have been handed over: from then on the provider settles."""
    started = row.attempts.order_by("-fence").values_list("started_at", flat=True).first()
    return (started or row.first_sent_at or now) + SENDS_WITHIN
