"""Laws of grading over generated answers, tables and facts."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.check_in.answers import (
    Answers,
    Temperature,
    TemperatureUnit,
    read_answers,
    read_degrees,
    stored,
)
from notifications.domain.check_in.grading import grade
from notifications.domain.check_in.questions import DRY, SCALES, SIGNS, WELL, Context, Question, questions_for
from notifications.domain.check_in.rules import DEFAULT_RULES, Condition, Grade, Kind, Rule
from notifications.domain.check_in.table import MOST_OF, faults_of, read_table, stored_table

contexts = st.builds(
    Context,
    days_since_operation=st.none() | st.integers(0, 400),
    drugs=st.none() | st.frozensets(st.sampled_from(["baclofen", "morphine", "ziconotide"])),
    days_to_alarm=st.none() | st.integers(-30, 100),
    hours_since_change=st.none() | st.integers(0, 1000),
)
temperatures = st.builds(
    Temperature,
    st.decimals(min_value=30, max_value=115, places=1),
    st.none() | st.sampled_from(TemperatureUnit),
)
scales = st.fixed_dictionaries(
    {}, optional={question: st.sampled_from(scale) for question, scale in SCALES.items()}
)
answers = st.builds(
    Answers,
    wound=st.none() | st.frozensets(st.sampled_from([DRY, *SIGNS]), min_size=1),
    scales=scales,
    temperature=st.none() | temperatures,
    note=st.sampled_from(["", "It itches a little."]),
    all_well=st.booleans(),
)
conditions = st.one_of(
    *(
        st.builds(
            Condition,
            kind=st.just(Kind.ANSWER),
            question=st.just(question),
            value=st.sampled_from(scale[scale.index(WELL[question]) + 1 :]),
        )
        for question, scale in SCALES.items()
    ),
    st.builds(
        Condition,
        kind=st.just(Kind.WOUND),
        values=st.lists(st.sampled_from(SIGNS), min_size=1, unique=True).map(tuple),
    ),
    st.builds(Condition, kind=st.just(Kind.DRUG), values=st.just(("baclofen",))),
    *(
        st.builds(Condition, kind=st.just(kind), number=st.integers(0, most))
        for kind, most in MOST_OF.items()
    ),
)
rules = st.lists(
    st.builds(
        Rule,
        key=st.just("row"),
        title=st.just("Row"),
        grade=st.sampled_from(Grade),
        conditions=st.lists(conditions, min_size=1, max_size=4).map(tuple),
        is_active=st.booleans(),
    ),
    max_size=6,
)


@st.composite
def worse_pairs(draw: st.DrawFn) -> tuple[Answers, Answers]:
    """Complete answers, and the same with one of them worse."""
    said = {question: draw(st.sampled_from(scale)) for question, scale in SCALES.items()}
    signs = draw(st.frozensets(st.sampled_from(SIGNS)))
    before = Answers(wound=signs or frozenset({DRY}), scales=said)
    question = draw(st.sampled_from(Question))
    if question is Question.WOUND:
        return before, replace(before, wound=signs | {draw(st.sampled_from(SIGNS))})
    scale = SCALES[question]
    worse = draw(st.sampled_from(scale[scale.index(said[question]) :]))
    return before, replace(before, scales={**said, question: worse})


@given(worse_pairs(), contexts, rules)
def test_a_worse_answer_never_gives_a_lower_grade_under_any_table(
    pair: tuple[Answers, Answers], context: Context, table: list[Rule]
) -> None:
    asked = questions_for(context)
    for given_rules in (DEFAULT_RULES, table):
        before, after = (grade(each, asked=asked, context=context, rules=given_rules) for each in pair)
        assert after.grade >= before.grade
        assert set(before.matched) <= set(after.matched)


@given(answers, contexts)
def test_anything_that_is_not_well_is_never_fine_under_the_shipped_table(
    said: Answers, context: Context
) -> None:
    asked = questions_for(context)
    found = grade(said, asked=asked, context=context, rules=DEFAULT_RULES)
    is_well = (
        all(said.is_answered(question) for question in asked)
        and not said.signs
        and not said.has_fever
        and not said.note
        and all(SCALES[q].index(v) <= SCALES[q].index(WELL[q]) for q, v in said.scales.items())
        and (said.temperature is None or said.temperature.celsius is not None)
    )

    assert (found.grade is Grade.FINE) == (is_well and not found.matched)
    assert bool(found.matched) == (found.grade is not Grade.FINE)
    if not is_well:
        assert found.grade >= Grade.WORKING_DAY


@given(answers, contexts, rules)
def test_knowing_less_never_gives_a_lower_grade(said: Answers, context: Context, table: list[Rule]) -> None:
    asked = questions_for(context)
    known = grade(said, asked=asked, context=context, rules=table).grade
    unknown = grade(said, asked=asked, context=Context(), rules=table).grade

    assert unknown >= known


@given(answers)
def test_stored_answers_are_read_back_as_they_were(said: Answers) -> None:
    assert read_answers(stored(said)) == said


@given(
    st.dictionaries(
        st.sampled_from([*Question, "temperature", "note", "all_well"]),
        st.none() | st.integers() | st.text(max_size=5) | st.lists(st.text(max_size=9)),
    )
)
def test_whatever_is_posted_is_read_without_an_error_and_stray_words_are_no_answers(
    raw: dict[str, object],
) -> None:
    said = read_answers(raw)

    assert read_answers(stored(said)) == said


@given(st.decimals(min_value=34, max_value=42, places=2))
def test_a_fahrenheit_reading_is_a_fever_exactly_when_its_celsius_is(celsius: Decimal) -> None:
    fahrenheit = celsius * 9 / 5 + 32
    both = [
        Answers(temperature=Temperature(value, unit)).has_fever
        for value, unit in ((celsius, TemperatureUnit.CELSIUS), (fahrenheit, TemperatureUnit.FAHRENHEIT))
    ]

    assert both[0] == both[1] == (celsius >= 38)


@given(rules)
def test_a_sound_table_is_read_back_as_it_was_stored(table: list[Rule]) -> None:
    own = [replace(rule, key=f"row_{number}") for number, rule in enumerate(table)]
    whole = (*DEFAULT_RULES, *own)
    if not list(faults_of(whole)):
        assert read_table(stored_table(whole)) == whole


def test_a_temperature_is_read_with_a_point_or_a_comma() -> None:
    assert [read_degrees(text) for text in ("38,4", " 38.4 ", "hot", "1e9", "")] == [
        Decimal("38.4"),
        Decimal("38.4"),
        None,
        None,
        None,
    ]
