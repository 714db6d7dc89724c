"""Clearing up what may or may not have been sent: the same key again, or a question to the carrier."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from notifications.channels import carrier_for
from notifications.domain.leave import Leave, Wait, may_leave
from notifications.domain.states import MOST_ATTEMPTS, State
from notifications.domain.transport import Found, LookUp
from notifications.domain.unknown import MOST_LOOKS, SAFE_SHARE_OF_WINDOW
from notifications.models import Message
from notifications.selectors.world import see, world_of
from notifications.services.delivery.beginning import (
    Letter,
    hold,
    running_seconds,
    write_beginning,
)
from notifications.services.delivery.claims import Claim
from notifications.services.delivery.outcomes import finish, leave_unknown, promise_for, requeue
from notifications.services.words import compose

_STATE_OF = {Found.ACCEPTED: State.ACCEPTED, Found.DELIVERED: State.DELIVERED, Found.FAILED: State.FAILED}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a carrier about a message. Patient data."""

    key: str
    address: str
    since: datetime


def begin_again(claim: Claim, *, now: datetime) -> Letter | Question | None:
    """Say how an unknown message is cleared up now: a letter to send again, a question to ask, or None.

    It is sent again only as long as its carrier remembers the key and what it says still holds; else it is asked
    for, where that is possible, and else it goes to a person.
    """
    carrier, begun_at = carrier_for(claim.channel), running_seconds()
    with transaction.atomic():
        if not hold(claim, State.UNKNOWN):
            return None
        seen = see(claim.message_id, clinic_id=claim.clinic_id, now=now)
        row = seen.message
        if row.looks_made > MOST_LOOKS:
            finish(row, State.UNKNOWN, now=now)
            return None
        if _may_send_again(row, now):
            verdict = may_leave(world_of(seen, now=now), now=now)
            if isinstance(verdict, Wait) and _may_send_again(row, verdict.until):
                row.look_again_at = verdict.until
                row.save(update_fields=["look_again_at"])
                return None
            outgoing = compose(seen, now=now) if isinstance(verdict, Leave) else None
            if outgoing is not None:
                write_beginning(row, carrier, outgoing, now=now)
                return Letter(claim, outgoing, begun_at)
        if promise_for(row).settle is None:
            finish(row, State.UNKNOWN, now=now)
            return None
        return Question(str(row.ref), _address(row), row.first_sent_at or row.due_at)


def settle_question(claim: Claim, answer: LookUp, *, now: datetime) -> bool:
    """Write down what the carrier said; False when somebody else took the message up meanwhile."""
    with transaction.atomic():
        row = (
            Message.objects.select_for_update(of=("self",))
            .filter(pk=claim.message_id, state=State.UNKNOWN, fence=claim.fence)
            .first()
        )
        if row is None:
            return False
        if answer.found is Found.UNSURE:
            leave_unknown(row, now=now)
        elif answer.found is Found.ABSENT:
            _was_not_sent(row, now)
        else:
            finish(row, _STATE_OF[answer.found], now=now, provider_message_id=answer.provider_message_id)
    return True


def _may_send_again(row: Message, moment: datetime) -> bool:
    window = promise_for(row).idempotent_for
    if window is None or row.is_cancel_requested or row.first_sent_at is None:
        return False
    return moment < row.first_sent_at + window * SAFE_SHARE_OF_WINDOW


def _was_not_sent(row: Message, now: datetime) -> None:
    if row.attempts_made >= MOST_ATTEMPTS and not row.is_cancel_requested:
        row.first_sent_at = None
        finish(row, State.DEAD, now=now)
        return
    requeue(row, at=now, now=now)


def _address(row: Message) -> str:
    """Where it went, in use or no longer."""
    if row.recipient is None:
        return row.user.email if row.user else ""
    return row.recipient.dialable or row.recipient.value
