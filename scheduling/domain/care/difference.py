"""What must be written so that the stored follow-ups are the planned ones.

Done, not needed and postponed are decisions of people. A computation never closes a follow-up as done or not
needed, with one exception: the refill item, which the next refill does. It moves what is open, ends what has lost
its reason and says which, and brings back what it ended once the reason returns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from clinic.domain.register.reasons import Reason, gettext_noop
from scheduling.domain.care.plan import CareFacts, FollowUpKey, Planned
from scheduling.domain.care.protocol import REFILL_ROW_KEY, Anchor, Mode


class State(StrEnum):
    """Where a follow-up stands."""

    OPEN = "open"
    POSTPONED = "postponed"
    DONE = "done"
    NOT_NEEDED = "not_needed"
    ENDED = "ended"


UNFINISHED = frozenset({State.OPEN, State.POSTPONED})


class EndedBecause(StrEnum):
    """Why a computation ended a follow-up."""

    EXPLANT = "explant"
    DEATH = "death"
    ANCHOR = "anchor"
    PROTOCOL = "protocol"


class ChangeKind(StrEnum):
    """What is to be done to one follow-up. ``reword`` changes texts only."""

    CREATE = "create"
    RE_ANCHOR = "re_anchor"
    REWORD = "reword"
    RESUME = "resume"
    REINSTATE = "reinstate"
    FINISH = "finish"
    END = "end"


POSTPONED_TOO_LONG = gettext_noop("it was postponed beyond its new last day")
POSTPONEMENT_OVER = gettext_noop("the day it was postponed to has come")
REFILLED = gettext_noop("refilled on %(day)s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A follow-up as it is stored."""

    id: int
    key: FollowUpKey
    anchor: Anchor
    anchored_on: date | None
    target_on: date | None
    latest_on: date | None
    title: str
    mode: Mode
    state: State
    instructions: str = ""
    visit_kind_key: str = ""
    postponed_until: date | None = None

    def has_dates_of(self, planned: Planned) -> bool:
        """Whether it is due when the plan says."""
        return (self.target_on, self.latest_on, self.anchored_on) == (
            planned.target_on,
            planned.latest_on,
            planned.anchored_on,
        )

    def has_words_of(self, planned: Planned) -> bool:
        """Whether it says what the plan says."""
        return (self.title, self.instructions, self.mode, self.visit_kind_key, self.anchor) == (
            planned.title,
            planned.instructions,
            planned.mode,
            planned.visit_kind_key,
            planned.anchor,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing to write. ``resumes`` says that a postponed follow-up is open again besides, for ``reason``."""

    kind: ChangeKind
    planned: Planned | None = None
    stored: Stored | None = None
    because: EndedBecause | None = None
    reason: Reason | None = None
    resumes: bool = False


def difference(
    facts: CareFacts, planned: Sequence[Planned], stored: Sequence[Stored], *, today: date
) -> list[Change]:
    """The changes that make ``stored`` what ``planned`` says; none when it is so already.

    ``stored`` must hold every unfinished and every ended follow-up of these facts, and those of the planned
    keys. First come the ones that make room, so that they can be written in this order.
    """
    wanted = {one.key: one for one in planned}
    present = {one.key: one for one in stored}
    changes = [change for one in stored if one.key not in wanted for change in _unwanted(facts, one, wanted)]
    for key, plan_of in wanted.items():
        found = present.get(key)
        if found is None:
            if plan_of.may_be_created:
                changes.append(Change(kind=ChangeKind.CREATE, planned=plan_of))
        else:
            changes += _kept(found, plan_of, today)
    return changes


def _unwanted(facts: CareFacts, stored: Stored, wanted: Mapping[FollowUpKey, Planned]) -> Iterator[Change]:
    if stored.state not in UNFINISHED:
        return
    if _is_refilled(facts, stored):
        day = facts.refill.anchored_on.isoformat() if facts.refill else ""
        yield Change(kind=ChangeKind.FINISH, stored=stored, reason=Reason(REFILLED, {"day": day}))
        return
    yield Change(kind=ChangeKind.END, stored=stored, because=_because(facts, stored))


def _is_refilled(facts: CareFacts, stored: Stored) -> bool:
    """Whether this is the refill item of a pump still in place, and a later refill than its own is recorded."""
    if facts.died_on is not None or facts.explanted_on is not None or facts.refill is None:
        return False
    return stored.key.row_key == REFILL_ROW_KEY and stored.key.anchor_key in facts.refill.earlier_keys


def _because(facts: CareFacts, stored: Stored) -> EndedBecause:
    if facts.died_on is not None:
        return EndedBecause.DEATH
    if facts.explanted_on is not None and stored.anchor is not Anchor.EXPLANT:
        return EndedBecause.EXPLANT
    stands = any(anchor.key == stored.key.anchor_key for anchor in facts.anchors)
    if stands and stored.key.row_key != REFILL_ROW_KEY:
        return EndedBecause.PROTOCOL
    return EndedBecause.ANCHOR


def _kept(stored: Stored, planned: Planned, today: date) -> Iterator[Change]:
    is_refill_taken_back = stored.key.row_key == REFILL_ROW_KEY and stored.state not in UNFINISHED
    if stored.state is State.ENDED or is_refill_taken_back:
        yield Change(kind=ChangeKind.REINSTATE, planned=planned, stored=stored)
        return
    if stored.state not in UNFINISHED:
        return
    moves = not stored.has_dates_of(planned)
    reason = _reason_to_resume(stored, planned, today, moves=moves)
    resumes = reason is not None
    if moves:
        kind = ChangeKind.RE_ANCHOR
    elif resumes:
        kind = ChangeKind.RESUME
    elif not stored.has_words_of(planned):
        kind = ChangeKind.REWORD
    else:
        return
    yield Change(kind=kind, planned=planned, stored=stored, reason=reason, resumes=resumes)


def _reason_to_resume(stored: Stored, planned: Planned, today: date, *, moves: bool) -> Reason | None:
    """Why a postponed follow-up is open again; None for one that is not, or stays postponed.

    A refill never waits beyond its last day; something else may by a person's decision, until its dates move.
    """
    until = stored.postponed_until
    if stored.state is not State.POSTPONED or until is None:
        return None
    is_bound = moves or stored.key.row_key == REFILL_ROW_KEY
    if is_bound and (planned.latest_on is None or until > planned.latest_on):
        return Reason(POSTPONED_TOO_LONG)
    if until <= today:
        return Reason(POSTPONEMENT_OVER)
    return None
