"""When a plan may be another though its facts are the same: what it holds against the clock, seen beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from notifications.domain.kinds import MessageKind
from notifications.domain.plan.facts import PatientFacts
from notifications.domain.plan.planner import Plan
from notifications.domain.plan.rules import NOT_AGAIN_WITHIN, Policy
from notifications.domain.plan.wishes import Wish
from notifications.domain.quiet_hours import last_allowed, sending_time

_MINUTE = timedelta(minutes=1)


def next_moment(facts: PatientFacts, planned: Plan, policy: Policy, *, now: datetime) -> datetime | None:
    """The first moment after ``now`` at which ``plan`` may answer otherwise for the same facts; None: never.

    ``planned`` is what it answers now.

    Every moment that anything in this package compares with now, for whichever address a wish may go to: rather one
    too many than one too few.
    """
    return min((moment for moment in _moments(facts, planned, policy) if moment > now), default=None)


def _moments(facts: PatientFacts, planned: Plan, policy: Policy) -> Iterator[datetime]:
    for visit in facts.visits:
        yield visit.starts_at
        yield visit.ends_at
    for known in facts.known:
        yield known.due_at
        yield known.not_after
        if known.first_sent_at is not None:
            yield known.first_sent_at + NOT_AGAIN_WITHIN
    zones = {facts.zone, *(each.zone for reader in facts.readers for each in reader.addresses)}
    zones |= {each.address.zone for each in facts.former}
    for wish in planned.wishes:
        for zone in zones:
            yield from _of_wish(wish, zone, policy)


def _of_wish(wish: Wish, zone: ZoneInfo, policy: Policy) -> Iterator[datetime]:
    due, until = wish.due.on_clock_of(zone), wish.until.on_clock_of(zone)
    yield from (due, until)
    sends_at = sending_time(due, until, zone, policy.quiet)
    if sends_at is not None:
        yield sends_at
    if wish.kind is MessageKind.INVITATION:  # no hour is left from the quiet ones before its end on
        last = last_allowed(until, zone, policy.quiet)
        yield from (last, last + _MINUTE)
