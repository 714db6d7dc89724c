"""What a clinic may change about its table, and what it cannot be without."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from notifications.domain.check_in.questions import Question
from notifications.domain.check_in.rules import DEFAULT_RULES, Condition, Grade, Kind, Rule, answer
from notifications.domain.check_in.table import (
    NotATable,
    faults_of,
    free_key,
    lowered,
    read_table,
    stored_table,
    uncovered,
)

Change = Callable[[Rule], Rule]


def changed(key: str, **values: object) -> tuple[Rule, ...]:
    """The shipped table with one row changed."""
    assert any(rule.key == key for rule in DEFAULT_RULES)
    return tuple(replace(rule, **values) if rule.key == key else rule for rule in DEFAULT_RULES)  # type: ignore[arg-type]


def off(*keys: str) -> tuple[Rule, ...]:
    return tuple(replace(rule, is_active=rule.key not in keys) for rule in DEFAULT_RULES)


def test_the_shipped_table_is_sound_and_read_back_as_it_was_stored() -> None:
    assert list(faults_of(DEFAULT_RULES)) == []
    assert read_table(stored_table(DEFAULT_RULES)) == DEFAULT_RULES


@pytest.mark.parametrize(
    ("rules", "missing"),
    [
        (off("weakness"), ["weakness"]),
        (changed("weakness", grade=Grade.WORKING_DAY), ["weakness"]),
        (changed("weakness", grade=Grade.SAME_DAY), []),
        (off("clear_fluid"), ["clear_fluid"]),
        (changed("clear_fluid", grade=Grade.WORKING_DAY), []),
        (off("two_tones"), []),  # the single tone still catches it on the same day
        (off("two_tones", "single_tone"), ["two_tones", "single_tone"]),
        (off("redness", "swelling", "headache_mild", "moved", "worse"), []),
    ],
)
def test_what_is_shipped_as_grave_cannot_be_made_harmless(
    rules: tuple[Rule, ...], missing: list[str]
) -> None:
    assert [rule.key for rule in uncovered(rules)] == missing
    assert bool(missing) == bool(list(faults_of(rules)))


@pytest.mark.parametrize(
    ("after", "keys"),
    [
        (DEFAULT_RULES, []),
        (changed("weakness", grade=Grade.SAME_DAY), ["weakness"]),
        (off("two_tones"), ["two_tones"]),
        (changed("fever_neck", conditions=(answer(Question.FEVER, "yes"),)), ["fever_neck"]),
        (changed("single_tone", grade=Grade.WORKING_DAY), []),
        (changed("single_tone", grade=Grade.EMERGENCY), []),
        (changed("weakness", title="Legs"), []),
    ],
)
def test_a_reason_is_asked_for_whatever_may_make_an_emergency_less(
    after: tuple[Rule, ...], keys: list[str]
) -> None:
    assert [rule.key for rule in lowered(DEFAULT_RULES, after)] == keys


@pytest.mark.parametrize(
    "condition",
    [
        Condition(kind=Kind.ANSWER, question=Question.ALARM, value="none"),
        Condition(kind=Kind.ANSWER, question=Question.FEELING, value="same"),
        Condition(kind=Kind.ANSWER, question=Question.ALARM, value="loud"),
        Condition(kind=Kind.WOUND, values=("dry",)),
        Condition(kind=Kind.WOUND),
        Condition(kind=Kind.DRUG),
        Condition(kind=Kind.ALARM_WITHIN_DAYS),
        Condition(kind=Kind.ALARM_WITHIN_DAYS, number=61),
        Condition(kind=Kind.CHANGE_WITHIN_HOURS, number=-1),
    ],
)
def test_a_condition_that_says_nothing_is_refused(condition: Condition) -> None:
    row = Rule(
        key="own", title="Own", grade=Grade.SAME_DAY, conditions=(answer(Question.NECK, "yes"), condition)
    )

    assert [fault.key for fault in faults_of((*DEFAULT_RULES, row))] == ["own"]


def test_a_row_without_an_answer_is_refused_because_it_would_hold_for_everybody() -> None:
    row = Rule(
        key="own",
        title="Own",
        grade=Grade.SAME_DAY,
        conditions=(Condition(kind=Kind.OPERATION_WITHIN_DAYS, number=3),),
    )

    assert [fault.field for fault in faults_of((*DEFAULT_RULES, row))] == ["conditions"]


@pytest.mark.parametrize("stored", [None, 3, [], [{}], ["x"], [{"key": "a"}], stored_table(off("weakness"))])
def test_what_is_no_table_is_refused_whole(stored: object) -> None:
    with pytest.raises(NotATable):
        read_table(stored)


def test_a_row_of_the_clinics_own_gets_a_key_that_nobody_has() -> None:
    assert free_key("Weakness!", DEFAULT_RULES) == "weakness_2"
    assert free_key("38 °C", DEFAULT_RULES).startswith("row_38")
