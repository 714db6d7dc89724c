"""What the shipped table makes of answers: for every row one that meets it, and the nearest that does not."""

from dataclasses import replace
from decimal import Decimal

import pytest

from notifications.domain.check_in.answers import Answers, Temperature, TemperatureUnit
from notifications.domain.check_in.grading import Review, grade
from notifications.domain.check_in.questions import DRY, WELL, Context, Question, questions_for
from notifications.domain.check_in.rules import DEFAULT_RULES, Grade

QUIET = Context(
    days_since_operation=20, drugs=frozenset({"morphine"}), days_to_alarm=60, hours_since_change=400
)
BACLOFEN = replace(QUIET, drugs=frozenset({"bupivacaine", "baclofen"}))
ZICONOTIDE = replace(QUIET, drugs=frozenset({"ziconotide"}))


def says(*signs: str, celsius: str = "", **said: str) -> Answers:
    """Well, but for what is named."""
    return Answers(
        wound=frozenset(signs or (DRY,)),
        scales={**WELL, **{Question(question): value for question, value in said.items()}},
        temperature=Temperature(Decimal(celsius), TemperatureUnit.CELSIUS) if celsius else None,
    )


E, S, W, F = Grade.EMERGENCY, Grade.SAME_DAY, Grade.WORKING_DAY, Grade.FINE
TABLE = {
    "two_tones": (says(alarm="double"), QUIET, E, says(alarm="single"), QUIET, S),
    "fever_neck": (says(fever="yes", neck="yes"), QUIET, E, says(fever="yes"), QUIET, S),
    "withdrawal_near_alarm": (
        says(withdrawal="yes"),
        replace(BACLOFEN, days_to_alarm=7),
        E,
        says(withdrawal="yes"),
        replace(BACLOFEN, days_to_alarm=8),
        S,
    ),
    "breathing_after_change": (
        says(breathing="yes"),
        replace(QUIET, hours_since_change=24),
        E,
        says(),
        replace(QUIET, hours_since_change=24),
        F,
    ),
    "weakness": (says(weakness="yes"), QUIET, E, says(weakness="no"), QUIET, F),
    "single_tone": (says(alarm="single"), QUIET, S, says(alarm="none"), QUIET, F),
    "clear_fluid": (says("fluid"), QUIET, S, says("swelling"), QUIET, W),
    "wound_opening": (says("open"), QUIET, S, says("redness"), QUIET, W),
    "wound_fever": (says("swelling", fever="yes"), QUIET, S, says("swelling"), QUIET, W),
    "headache_severe": (says(headache="severe"), QUIET, S, says(headache="mild"), QUIET, W),
    "loss_of_effect": (says(feeling="lost"), QUIET, S, says(feeling="worse"), QUIET, W),
    "mood_ziconotide": (says(mood="yes"), ZICONOTIDE, S, says(mood="yes"), QUIET, W),
    "redness": (says("redness"), QUIET, W, says(), QUIET, F),
    "headache_mild": (says(headache="mild"), QUIET, W, says(headache="none"), QUIET, F),
    "swelling": (says("swelling"), QUIET, W, says(), QUIET, F),
    "moved": (says("moved"), QUIET, W, says(), QUIET, F),
    "breathing": (says(breathing="yes"), QUIET, E, says(breathing="no"), QUIET, F),
    "pus": (says("pus"), QUIET, S, says("moved"), QUIET, W),
    "fever": (says(fever="yes"), QUIET, S, says(fever="no"), QUIET, F),
    "neck": (says(neck="yes"), QUIET, S, says(neck="no"), QUIET, F),
    "withdrawal": (says(withdrawal="yes"), BACLOFEN, S, says(withdrawal="no"), BACLOFEN, F),
    "mood": (says(mood="yes"), QUIET, W, says(mood="no"), QUIET, F),
    "worse": (says(feeling="worse"), QUIET, W, says(feeling="same"), QUIET, F),
}


def graded(answers: Answers, context: Context = QUIET) -> Grade:
    return grade(answers, asked=questions_for(context), context=context, rules=DEFAULT_RULES).grade


def test_the_table_below_speaks_of_every_shipped_row() -> None:
    assert list(TABLE) == [rule.key for rule in DEFAULT_RULES]


@pytest.mark.parametrize("key", TABLE)
def test_a_row_catches_what_it_names_and_not_the_nearest_milder_answer(key: str) -> None:
    answers, context, reached, milder, beside, less = TABLE[key]

    found = grade(answers, asked=questions_for(context), context=context, rules=DEFAULT_RULES)
    near = grade(milder, asked=questions_for(beside), context=beside, rules=DEFAULT_RULES)

    assert (found.grade, key in found.matched) == (reached, True)
    assert (near.grade, key in near.matched) == (less, False)


def test_the_same_itching_is_no_emergency_on_another_drug() -> None:
    near = replace(QUIET, days_to_alarm=-3)

    assert graded(says(withdrawal="yes"), near) is Grade.SAME_DAY
    assert graded(says(withdrawal="yes"), replace(near, drugs=frozenset({"baclofen"}))) is Grade.EMERGENCY


@pytest.mark.parametrize(
    "unknown", [{"drugs": None}, {"days_to_alarm": None}, {"drugs": None, "days_to_alarm": None}]
)
def test_what_the_record_does_not_know_is_taken_for_the_worse(unknown: dict[str, None]) -> None:
    near = replace(BACLOFEN, days_to_alarm=2)

    assert graded(says(withdrawal="yes"), replace(near, **unknown)) is Grade.EMERGENCY


@pytest.mark.parametrize(
    ("value", "unit", "is_fever"),
    [
        ("38", "C", True),
        ("38.0", "C", True),
        ("37.9", "C", False),
        ("100.4", "F", True),
        ("100.3", "F", False),
        ("37.99", "C", False),
    ],
)
def test_a_measured_temperature_is_a_fever_from_38_celsius_or_100_4_fahrenheit(
    value: str, unit: str, is_fever: bool
) -> None:
    measured = Answers(wound=frozenset({DRY}), temperature=Temperature(Decimal(value), TemperatureUnit(unit)))

    assert measured.has_fever is is_fever


@pytest.mark.parametrize(
    ("value", "unit"), [("38.5", None), ("38.5", "F"), ("101", "C"), ("3.8", "C"), ("NaN", "C")]
)
def test_a_temperature_without_a_unit_or_beyond_belief_needs_review_and_is_no_proof_of_health(
    value: str, unit: str | None
) -> None:
    measured = Temperature(Decimal(value), TemperatureUnit(unit) if unit else None)
    answers = replace(says(), temperature=measured)

    found = grade(answers, asked=questions_for(QUIET), context=QUIET, rules=DEFAULT_RULES)

    assert (found.grade, found.matched) == (Grade.WORKING_DAY, (Review.TEMPERATURE.value,))


def test_a_high_temperature_counts_although_no_fever_was_said() -> None:
    found = grade(says("redness", fever="no", celsius="38.6"), asked=(), context=QUIET, rules=DEFAULT_RULES)

    assert found.grade is Grade.SAME_DAY
    assert {"wound_fever", Review.CONTRADICTS.value} <= set(found.matched)


@pytest.mark.parametrize("question", questions_for(QUIET))
def test_a_question_left_open_is_never_fine(question: Question) -> None:
    scales = {each: value for each, value in WELL.items() if each is not question}
    answers = Answers(wound=None if question is Question.WOUND else frozenset({DRY}), scales=scales)

    found = grade(answers, asked=questions_for(QUIET), context=QUIET, rules=DEFAULT_RULES)

    assert (found.grade, found.matched) == (Grade.WORKING_DAY, (Review.UNANSWERED.value,))


def test_all_is_well_answers_everything() -> None:
    assert graded(Answers(all_well=True)) is Grade.FINE


def test_all_is_well_beside_something_that_is_not_is_graded_by_the_latter_and_needs_review() -> None:
    answers = Answers(all_well=True, scales={Question.ALARM: "double"})

    found = grade(answers, asked=questions_for(QUIET), context=QUIET, rules=DEFAULT_RULES)

    assert found.grade is Grade.EMERGENCY
    assert Review.CONTRADICTS.value in found.matched


@pytest.mark.parametrize(
    "answers",
    [says(DRY, "moved"), says(fever="yes", celsius="36.8"), replace(says(), note="The plaster came off.")],
)
def test_contradictions_and_a_patients_own_words_are_read_by_a_person(answers: Answers) -> None:
    assert graded(answers) >= Grade.WORKING_DAY


def test_the_highest_row_wins_and_stands_first() -> None:
    found = grade(says("redness", alarm="double"), asked=(), context=QUIET, rules=DEFAULT_RULES)

    assert found.grade is Grade.EMERGENCY
    assert found.matched == ("two_tones", "single_tone", "redness")


def test_a_row_out_of_use_catches_nothing() -> None:
    rules = [replace(rule, is_active=False) for rule in DEFAULT_RULES]

    assert grade(says(alarm="double"), asked=(), context=QUIET, rules=rules).grade is Grade.FINE


@pytest.mark.parametrize(
    ("change", "is_asked"),
    [
        ({"hours_since_change": 24}, {Question.BREATHING: True}),
        ({"hours_since_change": 25}, {Question.BREATHING: False}),
        ({"hours_since_change": None}, {Question.BREATHING: True}),
        ({"drugs": frozenset({"ziconotide", "morphine"})}, {Question.MOOD: True}),
        ({"drugs": frozenset({"morphine"})}, {Question.MOOD: False}),
        ({"drugs": None}, {Question.MOOD: True}),
        ({"days_since_operation": 120}, {Question.HEADACHE: True}),
        ({"days_since_operation": 121}, {Question.HEADACHE: False}),
        ({"days_since_operation": None}, {Question.HEADACHE: True}),
    ],
)
def test_the_questions_follow_the_day_and_the_record(
    change: dict[str, object], is_asked: dict[Question, bool]
) -> None:
    asked = questions_for(replace(QUIET, **change))  # type: ignore[arg-type]

    assert {question: question in asked for question in is_asked} == is_asked
