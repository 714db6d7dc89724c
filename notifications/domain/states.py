"""The life of a message, in one table.

``queued`` waits for its hour; ``claimed`` is in a dispatcher's hands and certainly not sent; ``sending`` may
have been sent; ``unknown`` may have been sent and nobody can tell. Only what is certainly not sent goes back
to ``queued``: nothing is ever sent twice on a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    QUEUED = "queued"
    CLAIMED = "claimed"
    SENDING = "sending"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED = "failed"
    DEAD = "dead"
    MISSED = "missed"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"


_S = State
TRANSITIONS: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        _S.QUEUED: frozenset({_S.CLAIMED, _S.CANCELLED, _S.SUPPRESSED, _S.MISSED}),
        _S.CLAIMED: frozenset({_S.QUEUED, _S.SENDING, _S.CANCELLED, _S.SUPPRESSED, _S.MISSED}),
        _S.SENDING: frozenset({_S.ACCEPTED, _S.UNKNOWN, _S.FAILED, _S.DEAD, _S.QUEUED}),
        _S.UNKNOWN: frozenset({_S.ACCEPTED, _S.DELIVERED, _S.FAILED}),
        _S.ACCEPTED: frozenset({_S.DELIVERED, _S.FAILED}),
        _S.DELIVERED: frozenset(),
        _S.FAILED: frozenset(),
        _S.DEAD: frozenset(),
        # Never attempted: when the facts turn back, the same message is planned again.
        _S.MISSED: frozenset({_S.QUEUED}),
        _S.SUPPRESSED: frozenset({_S.QUEUED}),
        _S.CANCELLED: frozenset({_S.QUEUED}),
    }
)
OPEN = frozenset({_S.QUEUED, _S.CLAIMED})
WENT_OUT = frozenset({_S.SENDING, _S.UNKNOWN, _S.ACCEPTED, _S.DELIVERED})
"""The patient has it, or may have it."""
NEEDS_A_PERSON = frozenset({_S.UNKNOWN, _S.FAILED, _S.DEAD, _S.MISSED})
LEASED = frozenset({_S.CLAIMED, _S.SENDING})


class Outcome(StrEnum):
    """How one attempt to send ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """For good: the address is wrong, the text is not taken."""
    POSTPONED = "postponed"
    """Certainly not sent, and worth another try."""
    UNKNOWN = "unknown"


BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (30, 120, 480, 1_800, 3_600))
MOST_ATTEMPTS = len(BACKOFF) + 1


def after_attempt(outcome: Outcome, attempts: int) -> tuple[State, timedelta | None]:
    """The state after the ``attempts``-th attempt, and how long to wait where it is tried again."""
    match outcome:
        case Outcome.ACCEPTED:
            return State.ACCEPTED, None
        case Outcome.REFUSED:
            return State.FAILED, None
        case Outcome.POSTPONED if attempts < MOST_ATTEMPTS:
            return State.QUEUED, BACKOFF[attempts - 1]
        case Outcome.POSTPONED:
            return State.DEAD, None
    return State.UNKNOWN, None
