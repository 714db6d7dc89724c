"""The second commit: look at the world once more and say that sending begins.

Only the message's own row is locked. That is enough: whoever changes the world brings the message rows up to date in
the same transaction, so it either waits for this lock and finds the message ``sending``, or was first and is seen.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models.functions import Now

from notifications.channels import carrier_for
from notifications.domain.kinds import ChannelName
from notifications.domain.leave import Stay, Verdict, Wait, may_leave
from notifications.domain.plan import WhyNot
from notifications.domain.states import State
from notifications.domain.transport import Carrier, Outgoing
from notifications.models import Attempt, Message
from notifications.selectors.world import world_of
from notifications.services.delivery.claims import LEASE_MARGIN, Claim
from notifications.services.delivery.consequences import hand_to_person
from notifications.services.words import compose


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be handed over now, outside any transaction. Patient data."""

    claim: Claim
    outgoing: Outgoing
    begun_at: float
    """By ``running_seconds``: taken before the commit that says that sending begins."""


def begin_sending(claim: Claim, *, now: datetime) -> Letter | None:
    """Commit that sending begins; None when the message must not go now, or is no longer ours."""
    begun_at = running_seconds()
    with transaction.atomic():
        row = (
            Message.objects.select_for_update(of=("self",))
            .filter(pk=claim.message_id, state=State.CLAIMED, fence=claim.fence, lease_until__gt=Now())
            .first()
        )
        if row is None:
            return None
        verdict = look_at_world(row, now)
        if isinstance(verdict, Wait):
            put_back(row, until=verdict.until)
            return None
        outgoing = None if isinstance(verdict, Stay) else compose(row, now=now)
        if outgoing is None:
            stay = verdict if isinstance(verdict, Stay) else Stay(State.SUPPRESSED, WhyNot.NO_ADDRESS)
            keep_back(row, stay, now=now)
            return None
        write_beginning(row, carrier_for(claim.channel), now=now)
    return Letter(claim, outgoing, begun_at)


def look_at_world(row: Message, now: datetime) -> Verdict:
    """The verdict on a message whose row is locked. Texts to one patient are judged one after the other."""
    if row.channel == ChannelName.SMS and row.patient_id is not None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended('texts of ' || %s::text, 0))",
                [str(row.patient_id)],
            )
    return may_leave(world_of(row, now=now), now=now)


def write_beginning(row: Message, carrier: Carrier, *, now: datetime) -> None:
    """From here on the message may be out. The lease outlasts the longest that the carrier can take."""
    row.state, row.attempts_made = State.SENDING, row.attempts_made + 1
    row.first_sent_at = row.first_sent_at or now
    row.provider, row.look_again_at = carrier.name, None
    Message.objects.filter(pk=row.pk).update(
        state=row.state,
        attempts_made=row.attempts_made,
        first_sent_at=row.first_sent_at,
        provider=row.provider,
        look_again_at=None,
        lease_until=Now() + carrier.longest + LEASE_MARGIN,
    )
    Attempt.objects.create(message=row, fence=row.fence, started_at=now)


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
