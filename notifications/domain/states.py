"""The life of a message, in one table.

``queued`` waits for its hour; ``claimed`` is in a dispatcher's hands and certainly not sent; ``sending`` may
have been sent; ``unknown`` may have been sent, and what becomes of it hangs on what its carrier can tell
(``notifications.domain.unknown``). Only what is certainly not sent goes back to ``queued``, and only what sends
nothing twice is sent again on a doubt. The diagram in docs/reference/messages.md is drawn from ``TRANSITIONS``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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


class Why(StrEnum):
    """Who or what moves a message from one state to another."""

    CLAIM = "a dispatcher takes it"
    LOOK = "the world is looked at again"
    BEGIN = "sending begins"
    OUTCOME = "how the attempt ended"
    LEASE = "its holder is gone"
    PROOF = "the carrier is asked, or sent the same key again"
    REPORT = "the provider reports"
    CHANGE = "the facts have changed"
    LATE = "its time is over"
    RESTORE = "the database came from a backup"


_S = State
_W = Why
_REPORTED = frozenset({_S.ACCEPTED, _S.DELIVERED, _S.FAILED})
_TAKEN_BACK = frozenset({_S.CANCELLED, _S.SUPPRESSED})


def _table() -> Iterator[tuple[State, Why, frozenset[State]]]:
    yield _S.QUEUED, _W.CLAIM, frozenset({_S.CLAIMED})
    yield _S.QUEUED, _W.CHANGE, _TAKEN_BACK
    yield _S.QUEUED, _W.LATE, frozenset({_S.MISSED, _S.DEAD})
    yield _S.CLAIMED, _W.BEGIN, frozenset({_S.SENDING})
    yield _S.CLAIMED, _W.LOOK, _TAKEN_BACK | {_S.QUEUED, _S.MISSED, _S.DEAD}
    yield _S.CLAIMED, _W.CHANGE, _TAKEN_BACK
    yield _S.CLAIMED, _W.LEASE, frozenset({_S.QUEUED, _S.DEAD})
    yield _S.SENDING, _W.OUTCOME, frozenset({_S.ACCEPTED, _S.QUEUED, _S.UNKNOWN, _S.FAILED, _S.DEAD})
    yield _S.SENDING, _W.LEASE, frozenset({_S.UNKNOWN})
    yield _S.UNKNOWN, _W.PROOF, _REPORTED | {_S.SENDING, _S.QUEUED, _S.CANCELLED, _S.DEAD}
    for before in (_S.UNKNOWN, _S.QUEUED, _S.CLAIMED, _S.DEAD, _S.MISSED, _S.SUPPRESSED, _S.CANCELLED):
        yield before, _W.REPORT, _REPORTED
    yield _S.ACCEPTED, _W.REPORT, frozenset({_S.DELIVERED, _S.FAILED})
    yield _S.FAILED, _W.REPORT, frozenset({_S.DELIVERED})
    for before in (_S.QUEUED, _S.CLAIMED, _S.SENDING):
        yield before, _W.RESTORE, frozenset({_S.UNKNOWN})
    # Never attempted: when the facts turn back, the same message is planned again.
    for before in (_S.MISSED, _S.SUPPRESSED, _S.CANCELLED):
        yield before, _W.CHANGE, frozenset({_S.QUEUED})


TABLE: tuple[tuple[State, Why, frozenset[State]], ...] = tuple(_table())
TRANSITIONS: Mapping[State, frozenset[State]] = MappingProxyType(
    {state: frozenset().union(*(afters for before, _, afters in TABLE if before is state)) for state in State}
)
OPEN = frozenset({_S.QUEUED, _S.CLAIMED})
WENT_OUT = frozenset({_S.SENDING, _S.UNKNOWN, _S.ACCEPTED, _S.DELIVERED})
"""The patient has it, or may have it."""
NEEDS_A_PERSON = frozenset({_S.UNKNOWN, _S.FAILED, _S.DEAD, _S.MISSED})
LEASED = frozenset({_S.CLAIMED, _S.SENDING})

_RANK: Mapping[State, int] = MappingProxyType({_S.ACCEPTED: 1, _S.FAILED: 2, _S.DELIVERED: 3})


def moves_forward(before: State, reported: State) -> bool:
    """Whether a report is news. Reports come twice and in any order: the same ones end in the same state.

    A delivery outranks a failure: what arrived has arrived.
    """
    return _RANK.get(reported, 0) > _RANK.get(before, 0)


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
LONGEST_RETRY_AFTER = timedelta(hours=6)
MOST_CLAIMS = 60
"""A message that was taken so often and never got anywhere ends its senders; it goes to a person."""


def wait_after(attempts: int, *, chance: float, retry_after: timedelta | None = None) -> timedelta:
    """How long to wait after the ``attempts``-th attempt: anything up to the step of the table ("full jitter").

    ``chance``, from 0 to 1, spreads those who failed together. What the provider asks for is the least.
    """
    step = BACKOFF[min(max(attempts, 1), len(BACKOFF)) - 1]
    asked = min(retry_after or timedelta(0), LONGEST_RETRY_AFTER)
    return max(step * chance, asked, timedelta(seconds=1))


def after_attempt(
    outcome: Outcome, attempts: int, *, chance: float = 1.0, retry_after: timedelta | None = None
) -> tuple[State, timedelta | None]:
    """The state after the ``attempts``-th attempt, and how long to wait where it is tried again."""
    match outcome:
        case Outcome.ACCEPTED:
            return State.ACCEPTED, None
        case Outcome.REFUSED:
            return State.FAILED, None
        case Outcome.POSTPONED if attempts < MOST_ATTEMPTS:
            return State.QUEUED, wait_after(attempts, chance=chance, retry_after=retry_after)
        case Outcome.POSTPONED:
            return State.DEAD, None
    return State.UNKNOWN, None


def state_diagram() -> str:
    """The table as a Mermaid state diagram, for the reference."""
    lines = ["stateDiagram-v2", "    [*] --> queued: planned"]
    for before, why, afters in TABLE:
        lines += [f"    {before} --> {after}: {why}" for after in State if after in afters]
    return "\n".join(lines) + "\n"
