"""What a check-in comes down to at a glance, and a patient's days one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from notifications.domain.check_in.answers import Answers
from notifications.domain.check_in.questions import SCALES, SIGNS, WELL, Question
from notifications.domain.check_in.rules import Grade

TREND_DAYS = 14


def not_well(answers: Answers) -> Iterator[tuple[Question, str]]:
    """The answers that are worse than well, in the order of the questions, as question and value."""
    for question in Question:
        if question is Question.WOUND:
            yield from ((question, sign) for sign in SIGNS if sign in (answers.signs or ()))
        elif question is Question.FEVER:
            if answers.has_fever:
                yield question, "yes"
        elif (said := answers.value(question)) is not None and _is_worse(question, said):
            yield question, said


def _is_worse(question: Question, said: str) -> bool:
    return SCALES[question].index(said) > SCALES[question].index(WELL[question])


class DayKind(StrEnum):
    """What a day of the trend shows."""

    ANSWERED = "answered"
    MISSED = "missed"
    """Asked, and the window passed without an answer."""
    OPEN = "open"
    """Asked, and there is still time."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class TrendDay:
    """One day; ``grade`` is the gravest answer of that day."""

    on: date
    kind: DayKind
    grade: Grade | None = None


def trend_of(
    *, today: date, grades: Mapping[date, Grade], asked: Sequence[tuple[date, date]], days: int = TREND_DAYS
) -> tuple[TrendDay, ...]:
    """The last days to today, oldest first. ``asked`` are first and last day of each check-in."""
    return tuple(_day(today - timedelta(days=back), today, grades, asked) for back in reversed(range(days)))


def _day(on: date, today: date, grades: Mapping[date, Grade], asked: Sequence[tuple[date, date]]) -> TrendDay:
    if on in grades:
        return TrendDay(on, DayKind.ANSWERED, grades[on])
    windows = [(first, last) for first, last in asked if first == on]
    unanswered = [window for window in windows if not any(window[0] <= day <= window[1] for day in grades)]
    if not unanswered:
        return TrendDay(on, DayKind.NONE)
    return TrendDay(on, DayKind.OPEN if any(last >= today for _, last in unanswered) else DayKind.MISSED)


def missed_in_a_row(trend: Sequence[TrendDay]) -> int:
    """How many check-ins in a row were let pass since the last answer."""
    number = 0
    for day in reversed(trend):
        if day.kind is DayKind.ANSWERED:
            break
        number += day.kind is DayKind.MISSED
    return number
