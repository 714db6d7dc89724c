"""A visit in the calendar of whoever reads of it by e-mail: one entry an address, brought up to date or taken out.

A change that goes to the same address carries the entry itself (``said_by_change``); what is wished here is the
invitation, and whatever no change brings to that calendar.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from notifications.domain.kinds import ChannelName, MessageKind
from notifications.domain.plan.facts import (
    CANNOT_COME,
    Address,
    Holding,
    Known,
    PatientFacts,
    Standing,
    VisitFacts,
)
from notifications.domain.plan.planned import Planned
from notifications.domain.plan.rules import (
    CHANGE_WAITS,
    STEP_CANCELLED,
    STEP_INVITED,
    STEP_LENGTH,
    STEP_MOVED,
    STEP_WITHDRAWN,
    UNPLACED_WAITS,
    Policy,
)
from notifications.domain.plan.why_not import WhyNot
from notifications.domain.plan.wishes import When, Wish

_OFF = (Standing.OFF, Standing.UNPLACED)


def invitations(facts: PatientFacts, policy: Policy) -> Iterator[Wish]:
    """What the calendars of the patient's readers should be told, each address by itself."""
    if facts.has_died:
        return
    for visit in facts.visits:
        for reader in facts.readers:
            address = reader.by(ChannelName.EMAIL)
            if address is not None:
                yield from _to_reader(visit, reader.proxy_id, address, facts, policy)
        for former in facts.former:
            last = last_left(visit, former.address, facts)
            if last is not None and last.left is Holding.ENTRY and last.arrived:
                until = visit.start_told_by(last)
                yield _wish(visit, STEP_WITHDRAWN, former.proxy_id, former.address, until)


def _to_reader(
    visit: VisitFacts, proxy_id: int | None, address: Address, facts: PatientFacts, policy: Policy
) -> Iterator[Wish]:
    last = last_left(visit, address, facts)
    if visit.standing is Standing.BOOKED:
        if last is None and policy.is_invitation_on:
            invited = _wish(visit, STEP_INVITED, proxy_id, address, visit.starts_at)
            yield replace(invited, why_not=WhyNot.ANSWERED) if visit.answer == CANNOT_COME else invited
        elif last is not None and last.arrived and (step := _step_of_change(visit, last)):
            yield _wish(visit, step, proxy_id, address, visit.starts_at)
    elif visit.standing in _OFF and last is not None and last.arrived and last.left is Holding.ENTRY:
        yield _wish(visit, STEP_CANCELLED, proxy_id, address, visit.start_told_by(last))


def last_left(visit: VisitFacts, address: Address, facts: PatientFacts) -> Known | None:
    """The last message that may have changed what the calendar behind the address holds of the visit."""
    found = [
        (known.first_sent_at, known.message_id, known)
        for known in facts.known
        if known.left is not Holding.NOTHING
        and (known.occurrence, known.recipient_id) == (visit.occurrence, address.contact_id)
        and known.went_out
        and known.first_sent_at is not None
    ]
    return max(found, key=lambda each: each[:2])[2] if found else None


def _step_of_change(visit: VisitFacts, last: Known) -> str | None:
    """What puts right what the calendar holds; None where that is right."""
    if last.left is not Holding.ENTRY or visit.start_told_by(last) != visit.starts_at:
        return STEP_MOVED
    is_as_long = last.left_until is None or last.left_until == visit.ends_at
    return None if is_as_long else STEP_LENGTH


def _wish(visit: VisitFacts, step: str, proxy_id: int | None, address: Address, until: datetime) -> Wish:
    waits = UNPLACED_WAITS if visit.standing is Standing.UNPLACED else CHANGE_WAITS
    return Wish(
        kind=MessageKind.INVITATION,
        occurrence=visit.occurrence,
        step=step,
        version=str(visit.sequence),
        due=When(moment=visit.since + waits),
        until=When(moment=until),
        channels=(ChannelName.EMAIL,),
        visit_id=visit.visit_id,
        is_for_one=True,
        only_to=proxy_id,
        only_at=address,
    )


def said_by_change(planned: Sequence[Planned]) -> list[Planned]:
    """The same with what a change brings to the same address left to it: one e-mail, not two."""
    brought = {
        (each.wish.occurrence, each.address)
        for each in planned
        if each.wish.kind is MessageKind.CHANGE
        and each.channel is ChannelName.EMAIL
        and (each.sends or each.is_told)
    }
    return [
        replace(each, why_not=WhyNot.TOLD_ALREADY)
        if each.wish.kind is MessageKind.INVITATION
        and each.sends
        and (each.wish.occurrence, each.address) in brought
        else each
        for each in planned
    ]
