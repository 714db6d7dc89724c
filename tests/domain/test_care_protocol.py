"""Protocol rows: what an administrator may enter, and when a row is due."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import islice, pairwise, takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.care.default_protocol import DEFAULT_PROTOCOL
from scheduling.domain.care.protocol import Anchor, Mode, Row, Step, occurrences
from scheduling.domain.care.protocol_entry import RowEntry, StepEntry, entry_of, read_rows
from scheduling.domain.care.relative_date import RelativeDate
from scheduling.domain.visit_kinds import DEFAULT_VISIT_KINDS

KINDS = {kind.key for kind in DEFAULT_VISIT_KINDS}
ENTRY = RowEntry(
    key="wound_check",
    title="Wound check",
    anchor="surgery",
    mode="visit",
    target="+10 d",
    latest="+14 d",
    visit_kind_key="wound_check",
)
DAILY_THEN_WEEKLY = (StepEntry(every="+1 d", until="+14 d"), StepEntry(every="+1 w", until="+90 d"))
YEARLY = (StepEntry(every="+1 y"),)


def faults_of(entry: RowEntry) -> list[tuple[str, str]]:
    return [(fault.field, str(fault.reason)) for fault in read_rows([entry], visit_kind_keys=KINDS)[1]]


@pytest.mark.parametrize(
    "mended", [{}, {"repeats": DAILY_THEN_WEEKLY}, {"repeats": YEARLY}, {"title": " x "}]
)
def test_a_sound_row_is_read(mended: dict[str, object]) -> None:
    assert faults_of(replace(ENTRY, **mended)) == []


@pytest.mark.parametrize(
    ("field", "broken"),
    [
        ("key", {"key": ""}),
        ("key", {"key": "Wound check"}),
        ("key", {"key": "x" * 41}),
        ("key", {"key": "refill"}),
        ("title", {"title": "  "}),
        ("title", {"title": "x" * 81}),
        ("instructions", {"instructions": "x" * 1001}),
        ("anchor", {"anchor": "birthday"}),
        ("mode", {"mode": "letter"}),
        ("visit_kind_key", {"visit_kind_key": "picnic"}),
        ("visit_kind_key", {"visit_kind_key": ""}),
        ("target", {"target": "soon"}),
        ("latest", {"latest": ""}),
        ("latest", {"latest": "+9 d"}),
        ("latest", {"target": "+1 mo", "latest": "+30 d"}),
        ("repeats", {"repeats": (StepEntry(every="0 d", until="+14 d"),)}),
        ("repeats", {"repeats": (StepEntry(every="-1 d", until="+14 d"),)}),
        ("repeats", {"repeats": (StepEntry(every="often", until="+14 d"),)}),
        ("repeats", {"repeats": (StepEntry(every="+1 d", until="later"),)}),
        ("repeats", {"repeats": (StepEntry(every="+1 d", until="+9 d"),)}),
        ("repeats", {"repeats": (*DAILY_THEN_WEEKLY, StepEntry(every="+1 mo", until="+80 d"))}),
        ("repeats", {"repeats": (StepEntry(every="+1 w"), StepEntry(every="+1 mo", until="+1 y"))}),
        ("repeats", {"repeats": (StepEntry(every="+1 d", until="+131 d"),)}),
        ("repeats", {"repeats": (StepEntry(every="+6 d"),)}),
        ("repeats", {"repeats": YEARLY, "anchor": "refill"}),
        ("repeats", {"repeats": (StepEntry(every="+1 d", until="+14 d"),) * 5}),
    ],
)
def test_a_fault_stands_at_its_field(field: str, broken: dict[str, object]) -> None:
    assert [name for name, _ in faults_of(replace(ENTRY, **broken))] == [field]


def test_120_times_are_taken_and_121_are_not() -> None:
    def until(days: int) -> RowEntry:
        return replace(
            ENTRY, target="0 d", latest="0 d", repeats=(StepEntry(every="+1 d", until=f"+{days} d"),)
        )

    assert faults_of(until(119)) == []
    assert faults_of(until(120)) == [("repeats", "that is more than 120 times")]


def test_two_rows_of_one_key_are_refused_at_the_second() -> None:
    _, (fault,) = read_rows([ENTRY, ENTRY], visit_kind_keys=KINDS)
    assert (fault.position, fault.field) == (1, "key")


@pytest.mark.parametrize("count", [0, 101])
def test_a_protocol_has_1_to_100_rows(count: int) -> None:
    entries = [replace(ENTRY, key=f"row_{number}") for number in range(count)]
    _, (fault,) = read_rows(entries, visit_kind_keys=KINDS)
    assert str(fault.reason) == "a protocol has 1 to 100 rows"


def test_the_default_protocol_may_be_entered_as_it_is() -> None:
    rows = tuple(default.row for default in DEFAULT_PROTOCOL)
    assert read_rows([entry_of(row) for row in rows], visit_kind_keys=KINDS) == (rows, ())


def test_the_default_protocol_has_a_row_for_every_anchor_and_says_where_each_comes_from() -> None:
    assert {default.row.anchor for default in DEFAULT_PROTOCOL} == set(Anchor)
    assert all(default.source for default in DEFAULT_PROTOCOL)


def row_of(entry: RowEntry) -> Row:
    (row,), faults = read_rows([entry], visit_kind_keys=KINDS)
    assert faults == ()
    return row


def days_of(entry: RowEntry, *, most: int = 40) -> list[int]:
    anchor = date(2026, 1, 1)
    return [(one.target_on - anchor).days for one in islice(occurrences(row_of(entry), anchor), most)]


def test_daily_to_day_14_then_weekly_to_day_90() -> None:
    entry = replace(ENTRY, target="+1 d", latest="+2 d", repeats=DAILY_THEN_WEEKLY)
    assert days_of(entry) == [*range(1, 15), *range(21, 91, 7)]


def test_what_repeats_for_good_has_always_a_next_one_on_its_own_day() -> None:
    row = row_of(replace(ENTRY, target="+1 y", latest="+13 mo", repeats=YEARLY))
    days = [one.target_on for one in islice(occurrences(row, date(2024, 2, 29)), 4)]
    assert days == [date(2025, 2, 28), date(2026, 2, 28), date(2027, 2, 28), date(2028, 2, 29)]


RELATIVE = st.builds(
    lambda count, unit: RelativeDate.parse(f"{count} {unit}"),
    st.integers(0, 24),
    st.sampled_from(["d", "w", "mo"]),
)
EVERY = st.builds(
    lambda count, unit: RelativeDate.parse(f"{count} {unit}"),
    st.integers(1, 9),
    st.sampled_from(["d", "w", "mo", "y"]),
)


@given(
    target=RELATIVE,
    latest=RELATIVE,
    steps=st.lists(st.tuples(EVERY, RELATIVE), max_size=3),
    anchor=st.dates(min_value=date(1990, 1, 1), max_value=date(2060, 1, 1)),
)
def test_occurrences_follow_each_other_and_stay_within_reach(
    target: RelativeDate, latest: RelativeDate, steps: list[tuple[RelativeDate, RelativeDate]], anchor: date
) -> None:
    row = Row(
        key="row",
        title="Row",
        anchor=Anchor.SURGERY,
        mode=Mode.CALL,
        target=target,
        latest=latest,
        repeats=tuple(Step(*step) for step in steps),
    )
    found = list(occurrences(row, anchor))
    assert [one.number for one in found] == list(range(len(found)))
    assert all(one.target_on < two.target_on for one, two in pairwise(found))
    assert all(one.target_on <= one.latest_on for one in found)
    reach = row.reach_days
    assert reach is not None
    if latest.is_never_before(target):
        assert all(one.latest_on <= anchor + timedelta(days=reach) for one in found)


@given(
    target=RELATIVE,
    latest=RELATIVE,
    first=st.none() | st.tuples(EVERY, RELATIVE),
    every=EVERY,
    anchor=st.dates(min_value=date(1990, 1, 1), max_value=date(2030, 1, 1)),
    since=st.dates(min_value=date(1990, 1, 1), max_value=date(2035, 1, 1)),
)
def test_leaving_out_what_is_long_over_leaves_out_nothing_else(
    target: RelativeDate,
    latest: RelativeDate,
    first: tuple[RelativeDate, RelativeDate] | None,
    every: RelativeDate,
    anchor: date,
    since: date,
) -> None:
    steps = ([Step(*first)] if first else []) + [Step(every)]
    row = Row(
        key="row",
        title="Row",
        anchor=Anchor.SURGERY,
        mode=Mode.CALL,
        target=target,
        latest=latest,
        repeats=tuple(steps),
    )
    end = max(since, anchor) + timedelta(days=400)
    everything = list(takewhile(lambda one: one.target_on <= end, occurrences(row, anchor)))
    shortened = list(takewhile(lambda one: one.target_on <= end, occurrences(row, anchor, since=since)))
    assert [one for one in shortened if one not in everything] == []
    assert {one for one in everything if one.latest_on >= since} <= set(shortened)
