"""What is entered about a telephone call, and what cannot be."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop

CALL_BACK = "call_back"
OUTCOMES = frozenset({"reached", "left_message", "no_answer", "wrong_number", CALL_BACK})
WHOM = frozenset({"patient", "proxy", "other"})
FARTHEST_CALL_BACK = timedelta(days=366)
EARLIEST_CALL = timedelta(days=31)
"""A call may be written down later; one that is older belongs in a note."""
LONGEST_NOTE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEntry:
    """One call: when, with whom, how it went. ``called_at`` None: now. ``call_back_on`` puts the patient back on the
    list on that day, whatever the outcome was; it must be given when the patient asked to be called back.
    """

    outcome: str
    whom: str = "patient"
    call_back_on: date | None = None
    note: str = ""
    called_at: datetime | None = None


def check_call(entry: CallEntry, *, today: date, now: datetime) -> None:
    """Raise RecordError at the field that cannot be."""
    _check_choice("outcome", entry.outcome, OUTCOMES)
    _check_choice("whom", entry.whom, WHOM)
    if entry.outcome == CALL_BACK and entry.call_back_on is None:
        raise RecordError("call_back_on", gettext_noop("say on which day to call back"))
    if entry.call_back_on is not None:
        if entry.call_back_on < today:
            raise RecordError(
                "call_back_on", gettext_noop("%(day)s has passed"), day=entry.call_back_on.isoformat()
            )
        if entry.call_back_on > today + FARTHEST_CALL_BACK:
            raise RecordError("call_back_on", gettext_noop("is more than a year away"))
    if len(entry.note) > LONGEST_NOTE:
        raise RecordError("note", gettext_noop("at most %(most)s letters"), most=LONGEST_NOTE)
    _check_time(entry.called_at, now)


def _check_choice(field: str, value: str, known: Collection[str]) -> None:
    if value not in known:
        raise RecordError(field, gettext_noop("choose one of the list"))


def _check_time(called_at: datetime | None, now: datetime) -> None:
    if called_at is None:
        return
    if called_at.utcoffset() is None:
        raise RecordError("called_at", gettext_noop("the time has no time zone"))
    if called_at > now:
        raise RecordError("called_at", gettext_noop("the time is in the future"))
    if called_at < now - EARLIEST_CALL:
        raise RecordError("called_at", gettext_noop("is more than a month ago"))
