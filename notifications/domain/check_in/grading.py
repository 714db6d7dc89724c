"""From answers to a grade. Pure; the same answers, table and facts always give the same grade."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from clinic.domain.register.reasons import gettext_noop
from notifications.domain.check_in.answers import Answers
from notifications.domain.check_in.questions import SCALES, YES, Context, Question
from notifications.domain.check_in.rules import Condition, Grade, Kind, Rule


class Review(StrEnum):
    """Why a person must read answers that no row is about: at least within one working day."""

    UNANSWERED = "review:unanswered"
    CONTRADICTS = "review:contradicts"
    TEMPERATURE = "review:temperature"
    NOTE = "review:note"
    TABLE = "review:table"


REVIEWS = {
    Review.UNANSWERED: gettext_noop("Needs review: not everything was answered"),
    Review.CONTRADICTS: gettext_noop("Needs review: answers contradict each other"),
    Review.TEMPERATURE: gettext_noop("Needs review: the temperature has no unit or cannot be right"),
    Review.NOTE: gettext_noop("The patient wrote something"),
    Review.TABLE: gettext_noop(
        "Needs review: the clinic's table could not be read; the shipped one was used"
    ),
}


@dataclass(frozen=True, slots=True)
class Graded:
    """The grade, and the keys of every row and review that led there, gravest first."""

    grade: Grade
    matched: tuple[str, ...]


def grade(answers: Answers, *, asked: Iterable[Question], context: Context, rules: Iterable[Rule]) -> Graded:
    """The highest grade of the active rows whose conditions all hold.

    What was asked and not answered, contradicts itself or cannot be read is never fine: somebody looks at it within
    one working day, and the row that it may stand for still counts.
    """
    met = [
        rule
        for rule in rules
        if rule.is_active and all(_holds(each, answers, context) for each in rule.conditions)
    ]
    met.sort(key=lambda rule: -rule.grade)
    reviews = tuple(_reviews(answers, asked))
    reached = max([rule.grade for rule in met] + [Grade.WORKING_DAY] * bool(reviews), default=Grade.FINE)
    return Graded(reached, (*(rule.key for rule in met), *(review.value for review in reviews)))


def _reviews(answers: Answers, asked: Iterable[Question]) -> Iterator[Review]:
    if not all(answers.is_answered(question) for question in asked):
        yield Review.UNANSWERED
    if any(True for _ in answers.contradictions()):
        yield Review.CONTRADICTS
    if answers.temperature is not None and answers.temperature.celsius is None:
        yield Review.TEMPERATURE
    if answers.note:
        yield Review.NOTE


def _holds(condition: Condition, answers: Answers, context: Context) -> bool:
    match condition.kind:
        case Kind.WOUND:
            return bool(answers.signs and answers.signs & set(condition.values))
        case Kind.ANSWER:
            return _is_at_least(answers, condition)
        case Kind.DRUG:
            return context.drugs is None or bool(context.drugs & set(condition.values))
        case Kind.ALARM_WITHIN_DAYS:
            return _within(context.days_to_alarm, condition.number)
        case Kind.CHANGE_WITHIN_HOURS:
            return _within(context.hours_since_change, condition.number)
        case Kind.OPERATION_WITHIN_DAYS:
            return _within(context.days_since_operation, condition.number)


def _within(known: int | None, number: int | None) -> bool:
    return known is None or number is None or known <= number


def _is_at_least(answers: Answers, condition: Condition) -> bool:
    question = condition.question
    if question is Question.FEVER and condition.value == YES:
        return answers.has_fever is True
    said = None if question is None else answers.value(question)
    if question is None or said is None:
        return False
    scale = SCALES[question]
    return scale.index(said) >= scale.index(condition.value)
