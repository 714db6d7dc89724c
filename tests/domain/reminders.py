"""Facts of one patient for tests of the plan: whatever a test cares about, and the rest as in most clinics."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from notifications.domain.kinds import ChannelName, MessageKind
from notifications.domain.plan import (
    DEFAULT_RULES,
    Address,
    Known,
    PatientFacts,
    Plan,
    Planned,
    Policy,
    Reader,
    Rule,
    Standing,
    VisitFacts,
    plan,
)
from notifications.domain.plan.facts import CHECK_INS, REMINDERS
from notifications.domain.quiet_hours import instant_at
from notifications.domain.states import State

CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)  # Saturday, 10:00 in Chicago
TODAY = date(2026, 11, 21)
EMAIL, SMS = ChannelName.EMAIL, ChannelName.SMS
ALL = frozenset((channel, topic) for channel in ChannelName for topic in (REMINDERS, CHECK_INS))


def address(channel: ChannelName, *, zone: ZoneInfo = CHICAGO, **values: Any) -> Address:
    number = 1 if channel is EMAIL else 2
    return Address(**({"contact_id": number, "channel": channel, "zone": zone} | values))


def reader(*channels: ChannelName, proxy_id: int | None = None, zone: ZoneInfo = CHICAGO) -> Reader:
    found = channels or (EMAIL, SMS)
    first = 0 if proxy_id is None else proxy_id * 100
    return Reader(
        proxy_id=proxy_id,
        addresses=tuple(
            address(channel, zone=zone, contact_id=first + (1 if channel is EMAIL else 2))
            for channel in found
        ),
    )


def visit(
    days: int = 30, *, at: time = time(10), zone: ZoneInfo = CHICAGO, number: int = 5, **values: Any
) -> VisitFacts:
    """A check-up that was booked a moment ago."""
    on = values.pop("local_on", TODAY + timedelta(days=days))
    starts_at = instant_at(on, at, zone)
    usual: dict[str, Any] = {
        "visit_id": number,
        "kind": MessageKind.CHECK_UP,
        "sequence": 0,
        "standing": Standing.BOOKED,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=30),
        "local_on": on,
        "since": NOW - timedelta(minutes=1),
    }
    return VisitFacts(**(usual | values))


def facts(**values: Any) -> PatientFacts:
    """A patient who agreed to everything, with an address for each channel."""
    usual: dict[str, Any] = {"patient_id": 1, "zone": CHICAGO, "readers": (reader(),), "consents": ALL}
    return PatientFacts(**(usual | values))


def planned(
    of: PatientFacts,
    *,
    rules: tuple[Rule, ...] = DEFAULT_RULES,
    policy: Policy | None = None,
    now: datetime = NOW,
) -> Plan:
    return plan(of, rules, policy or Policy(), now=now)


def sent(found: Plan) -> list[Planned]:
    return [each for each in found.messages if each.sends]


def steps(found: Plan) -> list[tuple[str, str]]:
    """(step, channel or why not) of each message, by hour."""
    return [(each.wish.step, _fate(each)) for each in found.messages]


def _fate(each: Planned) -> str:
    if each.is_told:
        return "told"
    return each.why_not.value if each.why_not else str(each.channel.value if each.channel else "")


def known(of: Planned, state: State = State.QUEUED, *, number: int = 900, **values: Any) -> Known:
    """The message as it would be stored."""
    if of.address is None:
        raise ValueError("a message without an address is not stored")
    wish = of.wish
    went_out = state not in (State.QUEUED, State.CLAIMED, State.SUPPRESSED, State.CANCELLED, State.MISSED)
    usual: dict[str, Any] = {
        "message_id": number,
        "proxy_id": of.proxy_id,
        "recipient_id": of.address.contact_id,
        "kind": wish.kind,
        "occurrence": wish.occurrence,
        "step": wish.step,
        "channel": of.address.channel,
        "version": wish.version,
        "state": state,
        "reason": of.why_not.value if of.why_not else "",
        "implant_id": wish.implant_id,
        "due_at": of.due_at,
        "not_after": of.not_after,
        "first_sent_at": of.due_at if went_out else None,
    }
    return Known(**(usual | values))


def stored(found: Plan) -> tuple[Known, ...]:
    """The whole plan as it would be stored."""
    numbers = {each.key: 900 + number for number, each in enumerate(found.messages)}
    return tuple(
        known(
            each,
            State.QUEUED if each.sends else State.SUPPRESSED,
            number=numbers[each.key],
            carrier_id=numbers.get(each.carried_by) if each.carried_by else None,
        )
        for each in found.messages
        if each.address is not None and not each.is_told
    )


def with_known(of: PatientFacts, *more: Known) -> PatientFacts:
    return replace(of, known=(*of.known, *more))
