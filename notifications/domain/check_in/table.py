"""A clinic's own table: how it is stored, what it may not be without, and what asks for a reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from clinic.domain.catalogue import Confidence
from clinic.domain.register.reasons import Reason, gettext_noop
from notifications.domain.check_in.answers import Answers
from notifications.domain.check_in.grading import grade
from notifications.domain.check_in.questions import SCALES, SIGNS, WELL, Context, Question
from notifications.domain.check_in.rules import DEFAULT_RULES, GRADE_OF, Condition, Grade, Kind, Rule

MOST_RULES = 60
MOST_CONDITIONS = 6
LONGEST_TITLE = 120
LONGEST_KEY = 40
MOST_OF = {Kind.ALARM_WITHIN_DAYS: 60, Kind.CHANGE_WITHIN_HOURS: 168, Kind.OPERATION_WITHIN_DAYS: 400}
"""The largest number that each condition takes."""
_KEY = re.compile(r"[a-z][a-z0-9_]*")
_AT_WORST = Context(days_since_operation=3, drugs=frozenset(), days_to_alarm=-1, hours_since_change=1)


class NotATable(ValueError):
    """What is stored is no table that this version reads."""


@dataclass(frozen=True, slots=True)
class RuleFault:
    """What is wrong with one field of one row; ``key`` is empty for the table as a whole."""

    key: str
    field: str
    reason: Reason


def read_table(rows: object) -> tuple[Rule, ...]:
    """The stored table. Raises NotATable for what is none; nothing of it is then used."""
    try:
        rules = tuple(_read(row) for row in rows)  # type: ignore[attr-defined]
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise NotATable(type(error).__name__) from None
    if any(True for _ in faults_of(rules)):
        raise NotATable("faults")
    return rules


def stored_table(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """As it is kept: ``read_table`` reads it back."""
    return [
        {
            "key": rule.key,
            "title": rule.title,
            "grade": rule.grade.key,
            "conditions": [_stored(each) for each in rule.conditions],
            "source": rule.source,
            "sure": rule.sure.value,
            "is_active": rule.is_active,
        }
        for rule in rules
    ]


def faults_of(rules: Sequence[Rule]) -> Iterator[RuleFault]:
    """Everything for which the table cannot be put in force, the floor (``uncovered``) included."""
    seen: set[str] = set()
    is_sound = True
    for rule in rules:
        for field, reason in _faults(rule, seen):
            is_sound = False
            yield RuleFault(rule.key, field, reason)
        seen.add(rule.key)
    if not rules or len(rules) > MOST_RULES:
        yield RuleFault("", "", Reason(gettext_noop("a table has 1 to 60 rows")))
    for rule in uncovered(rules) if is_sound else ():
        message = (
            gettext_noop("“%(title)s” must stay same day or sooner")
            if rule.grade is Grade.EMERGENCY
            else gettext_noop("“%(title)s” must stay within one working day or sooner")
        )
        yield RuleFault("", "grade", Reason(message, {"title": rule.title}))


def uncovered(rules: Sequence[Rule]) -> list[Rule]:
    """The shipped rows whose answers this table reads as too harmless.

    What is shipped as an emergency stays at least *same day*, what is shipped as *same day* at least *one working
    day*, by whatever row of the table. Only what is shipped below that may be graded fine.
    """
    return [
        rule
        for rule in DEFAULT_RULES
        if rule.grade >= Grade.SAME_DAY
        and grade(sample_of(rule), asked=(), context=context_of(rule), rules=rules).grade < rule.grade - 1
    ]


def sample_of(rule: Rule) -> Answers:
    """The mildest answers that meet the row's conditions; everything else is well."""
    signs = [each.values[0] for each in rule.conditions if each.kind is Kind.WOUND]
    said = {
        each.question: each.value for each in rule.conditions if each.kind is Kind.ANSWER and each.question
    }
    return Answers(wound=frozenset(signs) or frozenset({"dry"}), scales={**WELL, **said})


def context_of(rule: Rule) -> Context:
    """Facts under which the row's conditions hold."""
    drugs = frozenset(drug for each in rule.conditions if each.kind is Kind.DRUG for drug in each.values)
    return replace(_AT_WORST, drugs=drugs)


def lowered(before: Sequence[Rule], after: Sequence[Rule]) -> list[Rule]:
    """The emergency rows of ``before`` that may catch less, or grade lower, in ``after``: they ask for a reason.

    Any other conditions count as fewer answers caught: whether they are is for the person to say.
    """
    new = {rule.key: rule for rule in after if rule.is_active}
    return [
        rule
        for rule in before
        if rule.is_active
        and rule.grade is Grade.EMERGENCY
        and (
            rule.key not in new
            or new[rule.key].grade < rule.grade
            or new[rule.key].conditions != rule.conditions
        )
    ]


def free_key(title: str, rules: Iterable[Rule]) -> str:
    """A key for a row of the clinic's own."""
    taken = {rule.key for rule in rules}
    words = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")
    base = (words if _KEY.match(words) else f"row_{words}").strip("_")[: LONGEST_KEY - 4]
    number = 1
    while (key := base if number == 1 else f"{base}_{number}") in taken:
        number += 1
    return key


def _faults(rule: Rule, seen: set[str]) -> Iterator[tuple[str, Reason]]:
    if not _KEY.fullmatch(rule.key) or len(rule.key) > LONGEST_KEY or rule.key in seen:
        yield "key", Reason(gettext_noop("is no name of its own"))
    if not rule.title.strip() or len(rule.title) > LONGEST_TITLE:
        yield "title", Reason(gettext_noop("takes 1 to 120 characters"))
    if rule.grade is Grade.FINE:
        yield "grade", Reason(gettext_noop("a row says how soon; put it out of use instead"))
    if not any(each.kind in (Kind.ANSWER, Kind.WOUND) for each in rule.conditions):
        yield "conditions", Reason(gettext_noop("needs an answer: it would hold for everybody"))
    if len(rule.conditions) > MOST_CONDITIONS:
        yield "conditions", Reason(gettext_noop("has more than six conditions"))
    for condition in rule.conditions:
        if not _is_sound(condition):
            yield "conditions", Reason(gettext_noop("has a condition that says nothing"))


def _is_sound(condition: Condition) -> bool:
    match condition.kind:
        case Kind.ANSWER:
            question = condition.question
            scale = SCALES.get(question, ()) if question else ()
            if question is None or condition.value not in scale:
                return False
            return scale.index(condition.value) > scale.index(WELL[question])
        case Kind.WOUND:
            return bool(condition.values) and set(condition.values) <= set(SIGNS)
        case Kind.DRUG:
            return bool(condition.values) and all(condition.values)
    return condition.number is not None and 0 <= condition.number <= MOST_OF[condition.kind]


def _stored(condition: Condition) -> dict[str, Any]:
    kept: dict[str, Any] = {"kind": condition.kind.value}
    if condition.question is not None:
        kept |= {"question": condition.question.value, "value": condition.value}
    if condition.values:
        kept["values"] = list(condition.values)
    if condition.number is not None:
        kept["number"] = condition.number
    return kept


def _read(row: Mapping[str, Any]) -> Rule:
    return Rule(
        key=str(row["key"]),
        title=str(row["title"]),
        grade=GRADE_OF[row["grade"]],
        conditions=tuple(_read_condition(each) for each in row["conditions"]),
        source=str(row.get("source", "")),
        sure=Confidence(row.get("sure", "D")),
        is_active=bool(row["is_active"]),
    )


def _read_condition(row: Mapping[str, Any]) -> Condition:
    number = row.get("number")
    if number is not None and (not isinstance(number, int) or isinstance(number, bool)):
        raise TypeError("number")
    return Condition(
        kind=Kind(row["kind"]),
        question=Question(row["question"]) if "question" in row else None,
        value=str(row.get("value", "")),
        values=tuple(str(each) for each in row.get("values", ())),
        number=number,
    )
