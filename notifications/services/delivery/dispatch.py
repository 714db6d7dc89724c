"""The loop's body: so many due messages of each channel, one after the other, none in the way of the others."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.db import InterfaceError, OperationalError, connection

from clinic.statements import planned_once
from notifications.channels import carrier_for
from notifications.domain.breaker import Breaker
from notifications.domain.kinds import ChannelName
from notifications.domain.states import Outcome
from notifications.domain.transport import Receipt
from notifications.services.delivery.beginning import (
    Letter,
    Taken,
    begin_after,
    begin_sending,
    running_seconds,
)
from notifications.services.delivery.claims import SENDS_WITHIN, Claim, claim_due, give_back, take_up_unknown
from notifications.services.delivery.outcomes import settle
from notifications.services.delivery.restored import doubt_claimed
from notifications.services.delivery.sweeping import push_forward, sweep
from notifications.services.delivery.unknowns import Question, begin_again, settle_question

log = logging.getLogger(__name__)

BATCH = 20
_chance = random.SystemRandom().random
Clock = Callable[[], datetime]


class Dispatcher:
    """Sends what is due in this process. Knows which carriers are of no use just now; all else is in the rows."""

    def __init__(self) -> None:
        self.breakers: dict[ChannelName, Breaker] = {}

    def deliver(self, channel: ChannelName, *, clock: Clock, size: int = BATCH) -> int:
        """Send up to ``size`` due messages of a channel and clear up as many unknown ones; how many were in hand.

        Any number of processes may do so at once. ``clock`` is asked at each message: a batch can take minutes.
        """
        most = self._breaker(channel).most(now=clock(), size=size)
        if not most:
            return 0
        with planned_once():
            return self._deliver(channel, most, clock)

    def _deliver(self, channel: ChannelName, most: int, clock: Clock) -> int:
        claims = claim_due(now=clock(), size=most, channel=channel)
        before: Taken | None = None
        try:
            for number, claim in enumerate(claims):
                if not self._breaker(channel).most(now=clock(), size=1):
                    give_back(claims[number:])
                    return number
                before = self._one(claim, partial(_begin, before), clock)
        finally:
            _write_down(before)
        unknown = take_up_unknown(now=clock(), size=most, channel=channel)
        for claim in unknown:
            _write_down(self._one(claim, begin_again, clock))
        return len(claims) + len(unknown)

    def _one(
        self, claim: Claim, begin: Callable[..., Letter | Question | None], clock: Clock
    ) -> Taken | None:
        """One message; that it was taken is for the caller to write down, everything else is written.

        Whatever is wrong with it stays with it; a database that is gone ends the batch.
        """
        try:
            found = begin(claim, now=clock())
            if isinstance(found, Letter):
                receipt = hand_over(found)
                self._note(claim.channel, receipt.outcome, clock())
                if receipt.outcome is Outcome.ACCEPTED:
                    return Taken(claim, receipt, clock())
                settle(claim, receipt, now=clock())
            elif isinstance(found, Question):
                answer = carrier_for(claim.channel).look_up(
                    key=found.key, address=found.address, since=found.since
                )
                settle_question(claim, answer, now=clock())
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            log.error("message %s cannot be worked on (%s)", claim.message_id, type(error).__name__)
            push_forward(claim.message_id, claim.fence, now=clock(), chance=_chance())
        return None

    def _breaker(self, channel: ChannelName) -> Breaker:
        return self.breakers.get(channel, Breaker())

    def _note(self, channel: ChannelName, outcome: Outcome, now: datetime) -> None:
        before = self._breaker(channel)
        self.breakers[channel] = after = before.after(outcome, now=now)
        if after.rests_until and after.rests_until != before.rests_until:
            log.warning(
                "%s rests until %s: it failed %s times in a row", channel, after.rests_until, after.failures
            )


def deliver_batch(*, now: datetime, size: int = BATCH, dispatcher: Dispatcher | None = None) -> int:
    """Sweep, then send up to ``size`` due messages of every channel, all as of ``now``; how many were in hand."""
    sweep(now=now)
    dispatcher = dispatcher or Dispatcher()
    return sum(dispatcher.deliver(channel, clock=lambda: now, size=size) for channel in ChannelName)


def _begin(before: Taken | None, claim: Claim, *, now: datetime) -> Letter | None:
    """Begin this one, and have it written down that the one before was taken: in one commit where that can be.

    Whatever is in the way of both at once, the one before has nothing to do with it and is written down alone.
    """
    letter = None
    if before is not None and not claim.is_in_doubt:
        try:
            letter = begin_after(before, claim, now=now)
        except Exception as error:
            log.info("message %s begins by itself (%s)", claim.message_id, type(error).__name__)
            connection.close_if_unusable_or_obsolete()
    if letter is not None:
        return letter
    _write_down(before)
    if claim.is_in_doubt:
        doubt_claimed(claim, now=now)
        return None
    return begin_sending(claim, now=now)


def _write_down(taken: Taken | None) -> None:
    """That a message was taken, by itself. Done already, or no longer ours to do, it changes nothing."""
    if taken is None:
        return
    try:
        settle(taken.claim, taken.receipt, now=taken.at)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # it stands as begun, and is cleared up when its lease is over
        log.error("message %s cannot be written down (%s)", taken.claim.message_id, type(error).__name__)


def hand_over(letter: Letter) -> Receipt:
    """Give the letter to its carrier, outside any transaction. Whatever it raises may have sent it.

    A process that stood still since it said that sending begins does not send any more: others may have taken it
    for dead and asked the provider already.
    """
    if running_seconds() - letter.begun_at > SENDS_WITHIN.total_seconds():
        return Receipt(Outcome.POSTPONED, error="stood still")
    try:
        return carrier_for(letter.claim.channel).send(letter.outgoing)
    except Exception as error:
        log.error("message %s: its carrier raised %s", letter.claim.message_id, type(error).__name__)
        return Receipt(Outcome.UNKNOWN, error=type(error).__name__)
