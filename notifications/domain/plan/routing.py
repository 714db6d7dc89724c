"""To whom a wish goes, through what, and when: one reader at a time, whatever else that reader gets."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from notifications.domain.kinds import ChannelName, MessageKind
from notifications.domain.plan.facts import Address, Known, PatientFacts, Reader
from notifications.domain.plan.planned import Planned, Same, key_of, same_of
from notifications.domain.plan.rules import TO_HELPERS, TRUE_UNTIL_THE_END, Policy
from notifications.domain.plan.why_not import WhyNot
from notifications.domain.plan.wishes import Wish
from notifications.domain.quiet_hours import first_allowed, sending_time
from notifications.domain.states import State

_SETTLED = (State.FAILED, State.DEAD, State.UNKNOWN)
"""Tried, and no longer the plan's to repeat: whoever sees to it may send by another channel."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What the routes of one patient share."""

    facts: PatientFacts
    policy: Policy
    now: datetime
    known: Mapping[Same, tuple[Known, ...]]


def setting_of(facts: PatientFacts, policy: Policy, now: datetime) -> Setting:
    known: dict[Same, tuple[Known, ...]] = {}
    for each in facts.known:
        known[same_of(each)] = (*known.get(same_of(each), ()), each)
    return Setting(facts, policy, now, known)


def readers_of(wish: Wish, facts: PatientFacts) -> Iterator[Reader]:
    """The patient, and the helpers who hear of such things; where it is for one address, whoever that reaches."""
    if wish.only_at is not None:
        yield Reader(proxy_id=wish.only_to, addresses=(wish.only_at,))
        return
    for reader in facts.readers:
        if wish.is_for_one:
            if reader.proxy_id == wish.only_to:
                yield reader
        elif reader.proxy_id is None or wish.kind in TO_HELPERS:
            yield reader


def route(
    wish: Wish, reader: Reader, setting: Setting, *, without: Collection[ChannelName] = ()
) -> Planned | None:
    """The wish for one reader; None where there is nothing to say any more and nothing to explain.

    ``without``: channels that have been found full.
    """
    address, why = _address(wish, reader, setting, without)
    zone = address.zone if address else setting.facts.zone
    planned = _timed(wish, reader, address, zone, setting)
    if planned is None:
        return None
    known = setting.known.get(planned.same, ())
    if any(each.went_out or each.state in _SETTLED for each in known):
        return replace(planned, is_told=True)
    return replace(planned, why_not=wish.why_not or _too_late(planned, setting, known) or why)


def reaches(wish: Wish, reader: Reader, setting: Setting) -> bool | None:
    """Whether there is an address that it may go to, whatever a day may hold.

    None: its hour had passed when it came to be known, or passed while there was one.
    """
    address, why = _address(wish, reader, setting, ())
    planned = _timed(wish, reader, address, address.zone if address else setting.facts.zone, setting)
    if planned is None or (wish.since is not None and planned.due_at < wish.since):
        return None
    if why is not None:
        return False
    return True if planned.due_at >= setting.now else None


def _address(
    wish: Wish, reader: Reader, setting: Setting, without: Collection[ChannelName]
) -> tuple[Address | None, WhyNot | None]:
    """The first channel in order that may be used; else the first with an address, and what is against it."""
    refused: tuple[Address | None, WhyNot | None] = (None, WhyNot.NO_ADDRESS)
    for channel in wish.channels:
        address = reader.by(channel)
        if address is None:
            continue
        why = _against(wish, address, setting)
        if why is None and channel in without:
            why = WhyNot.CAP
        if why is None:
            return address, None
        if refused[0] is None or why is WhyNot.CAP:
            refused = (address, why)
    return refused


def _against(wish: Wish, address: Address, setting: Setting) -> WhyNot | None:
    """What the patient said of a channel holds for the helpers as well: it is about the patient whoever reads it."""
    if address.channel is ChannelName.SMS and not setting.policy.is_text_on:
        return WhyNot.CHANNEL_OFF
    if address.is_stopped:
        return WhyNot.STOPPED
    if (address.channel, wish.topic) not in setting.facts.consents:
        return WhyNot.NO_CONSENT
    return None


def _timed(
    wish: Wish, reader: Reader, address: Address | None, zone: ZoneInfo, setting: Setting
) -> Planned | None:
    due, until = wish.due.on_clock_of(zone), wish.until.on_clock_of(zone)
    sends_at = sending_time(due, until, zone, setting.policy.quiet)
    if sends_at is None:
        return None
    return Planned(wish=wish, proxy_id=reader.proxy_id, address=address, due_at=sends_at, not_after=until)


def _too_late(planned: Planned, setting: Setting, known: tuple[Known, ...]) -> WhyNot | None:
    """Skipped, not sent late: its hour had passed when it came to be known. What waits already is known."""
    wish, now = planned.wish, setting.now
    if now >= planned.not_after:
        return WhyNot.TOO_LATE
    if wish.kind is MessageKind.INVITATION and not _has_an_hour(planned, setting):
        return WhyNot.PAST_AT_BOOKING
    if wish.kind in TRUE_UNTIL_THE_END:
        return None
    if wish.since is not None and planned.due_at < wish.since:
        return WhyNot.PAST_AT_BOOKING
    if planned.due_at >= now or any(each.waits for each in known):
        return None
    return _as_stored(planned, known) or WhyNot.PAST_AT_BOOKING


def _has_an_hour(planned: Planned, setting: Setting) -> bool:
    """Whether it can still go before its end: nobody is called because a calendar got nothing over night."""
    zone = planned.address.zone if planned.address else setting.facts.zone
    earliest = max(planned.wish.due.on_clock_of(zone), setting.now)
    quiet = setting.policy.quiet
    return first_allowed(earliest, zone, quiet.begin, quiet.end) < planned.not_after


def _as_stored(planned: Planned, known: tuple[Known, ...]) -> WhyNot | None:
    """Why the same message was held back when its hour came: that stays why."""
    held = next((each for each in known if key_of(each) == planned.key), None)
    return WhyNot(held.reason) if held and held.state == State.SUPPRESSED and held.reason else None
