"""The life of one matter: opened, graver, passed on, tried, and ended by a person and by nothing else.

While it is open its rung never sinks, somebody is responsible at every moment (by name, or everybody), and no time
that passes ends it. A cause that goes away marks the matter and stops the passing on: a person still confirms.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from notifications.domain.escalation.causes import TRIES, Cause, Rule, rule_for
from notifications.domain.escalation.hours import begins, ends
from notifications.domain.escalation.roster import Roster
from scheduling.domain.care.rungs import Rung
from scheduling.domain.opening import Opening


class Outcome(StrEnum):
    """What a person did; ``notifications.models.EscalationOutcome`` has the labels."""

    SPOKE = "spoke"
    SPOKE_HELPER = "spoke_helper"
    BOOKED = "booked"
    SENT_IN = "sent_in"
    NO_ANSWER = "no_answer"
    """Ends nothing: it is a try, and the matter comes back."""
    MENDED = "mended"
    NOT_NEEDED = "not_needed"


ENDS = tuple(outcome for outcome in Outcome if outcome is not Outcome.NO_ANSWER)


class Refused(ValueError):
    """Why a matter cannot be ended like this."""


class AlreadyEnded(Refused):
    """Somebody else was first."""


class NoEnd(Refused):
    """No answer is no end."""


class NoteMissing(Refused):
    """That nothing needs doing must be said why."""


@dataclass(frozen=True, slots=True)
class Setting:
    """The clinic's calendar and people, as they stand."""

    opening: Opening
    roster: Roster


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """One matter. ``responsible`` None: everybody was asked, and everybody stays asked.

    ``asked`` are those asked since it was opened or became graver. ``again_at``: somebody tried, nobody answered,
    and it is that person's again from then on. ``gone_at``: since when the cause no longer holds.
    """

    cause: Cause
    rung: Rung
    respond_by: datetime
    responsible: int | None
    level: int = 0
    asked: frozenset[int] = frozenset()
    tries: int = 0
    again_at: datetime | None = None
    gone_at: datetime | None = None
    ended_by: int | None = None
    outcome: Outcome | None = None

    @property
    def is_open(self) -> bool:
        return self.ended_by is None

    @property
    def rule(self) -> Rule:
        return rule_for(self.cause, self.rung)


def opened(cause: Cause, rung: Rung, *, now: datetime, setting: Setting) -> Matter:
    """A new matter, with the first person of its rung who is there on the day on which its time begins."""
    person = next(iter(_chain(rule_for(cause, rung), now, setting)), None)
    return Matter(
        cause=cause,
        rung=rung,
        responsible=person,
        respond_by=_limit(rule_for(cause, rung), now, setting),
        asked=_asked(person),
    )


def graver(matter: Matter, rung: Rung, *, now: datetime, setting: Setting) -> Matter:
    """At a higher rung it begins again with that rung's first person; a lower one changes nothing.

    Whoever has it already gets no more time by that. What everybody has stays with everybody.
    """
    if rung <= matter.rung or not matter.is_open:
        return matter
    fresh = opened(matter.cause, rung, now=now, setting=setting)
    by = fresh.respond_by
    if matter.responsible is None and matter.asked:
        return replace(matter, rung=rung, respond_by=by, again_at=None)
    if fresh.responsible == matter.responsible and matter.again_at is None and matter.gone_at is None:
        by = min(by, matter.respond_by)
    return replace(fresh, respond_by=by, level=matter.level, gone_at=matter.gone_at)


def joined(matter: Matter, rung: Rung, *, now: datetime, setting: Setting) -> Matter:
    """Something new is said of the same: graver where that is, and not silent until the next try any longer."""
    after = graver(back(matter, now=now, setting=setting), rung, now=now, setting=setting)
    if after.again_at is None:
        return after
    by = min(after.respond_by, _limit(after.rule, now, setting))
    return replace(after, again_at=None, respond_by=by)


def is_due(matter: Matter, now: datetime, setting: Setting) -> bool:
    """Whether it goes on now: its time has run out, or who has it may no longer act."""
    if not matter.is_open or matter.gone_at is not None:
        return False
    has_left = matter.responsible is not None and matter.responsible not in setting.roster.eligible
    return has_left or matter.respond_by <= now


def passed_on(matter: Matter, *, now: datetime, setting: Setting) -> Matter:
    """The next person who was not asked yet; after the last, everybody, again and again.

    One that waits to be tried again goes back to who tried, who has the rung's time for it.
    """
    if not is_due(matter, now, setting):
        return matter
    if matter.again_at is not None and matter.responsible in setting.roster.eligible:
        return replace(matter, again_at=None, respond_by=_limit(matter.rule, now, setting))
    return _to_the_next(matter, now, setting)


def tried(matter: Matter, *, by: int, now: datetime, setting: Setting) -> Matter:
    """Nobody answered: it stays open with whoever tried and is due again; the third time the next person has it."""
    if not matter.is_open:
        raise AlreadyEnded
    matter = replace(matter, tries=matter.tries + 1, asked=matter.asked | {by}, responsible=by)
    if matter.tries % TRIES == 0:
        return _to_the_next(matter, now, setting)
    again = ends(now, matter.rule.try_again, setting.opening)
    return replace(matter, again_at=again, respond_by=again)


def gone(matter: Matter, *, now: datetime) -> Matter:
    """Its cause no longer holds: marked, asked no further, and still open until a person confirms."""
    return matter if matter.gone_at is not None else replace(matter, gone_at=now)


def back(matter: Matter, *, now: datetime, setting: Setting) -> Matter:
    """Its cause holds again: it goes on in fresh time with who has it, or the next where that person has left."""
    if matter.gone_at is None:
        return matter
    again = replace(matter, gone_at=None, again_at=None, respond_by=_limit(matter.rule, now, setting))
    return _to_the_next(again, now, setting) if is_due(again, now, setting) else again


def ended(matter: Matter, *, by: int, outcome: Outcome, note: str) -> Matter:
    """A person has dealt with it. Raises AlreadyEnded, NoEnd or NoteMissing."""
    if not matter.is_open:
        raise AlreadyEnded
    if outcome is Outcome.NO_ANSWER:
        raise NoEnd
    if needs_note(outcome, is_gone=matter.gone_at is not None) and not note.strip():
        raise NoteMissing
    return replace(matter, ended_by=by, outcome=outcome)


def confirms(gone_because: str) -> Outcome:
    """With what a person confirms that the cause is gone."""
    return Outcome.BOOKED if gone_because == "booked" else Outcome.NOT_NEEDED


def needs_note(outcome: Outcome, *, is_gone: bool) -> bool:
    """Whether the outcome must be explained: that nothing is to be done, unless the cause is gone by itself."""
    return outcome is Outcome.NOT_NEEDED and not is_gone


def everybody(matter: Matter, *, now: datetime, setting: Setting) -> tuple[int, ...]:
    """Who is told: the person who has it, or the whole chain when nobody has it alone."""
    if matter.responsible is not None:
        return (matter.responsible,)
    return _chain(matter.rule, now, setting)


def is_back(
    cause: Cause,
    *,
    rung: Rung,
    before: Rung,
    ended_at: datetime,
    was_gone: bool,
    now: datetime,
    opening: Opening,
) -> bool:
    """Whether a matter that a person ended is opened again because its cause (still, or again) holds.

    Graver than it was: at once. Gone when it was ended: it is a new matter, at once. Else after the rung's time.
    """
    if was_gone or rung > before:
        return True
    return now >= ends(ended_at, rule_for(cause, rung).comes_back, opening)


def tells_from(matter: Matter, *, now: datetime, setting: Setting) -> datetime:
    """When people may be told: at once, or in the next hours that count."""
    return begins(now, matter.rule.limit.hours, setting.opening)


def _to_the_next(matter: Matter, now: datetime, setting: Setting) -> Matter:
    person = next((each for each in _chain(matter.rule, now, setting) if each not in matter.asked), None)
    return replace(
        matter,
        responsible=person,
        asked=matter.asked | _asked(person),
        level=matter.level + 1,
        again_at=None,
        respond_by=_limit(matter.rule, now, setting),
    )


def _chain(rule: Rule, now: datetime, setting: Setting) -> tuple[int, ...]:
    day = begins(now, rule.limit.hours, setting.opening).astimezone(setting.opening.zone)
    return setting.roster.chain(rule.first, day.weekday())


def _limit(rule: Rule, now: datetime, setting: Setting) -> datetime:
    return ends(now, rule.limit, setting.opening)


def _asked(person: int | None) -> frozenset[int]:
    return frozenset() if person is None else frozenset({person})
