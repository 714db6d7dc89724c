"""Days relative to an event."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.care.relative_date import (
    FARTHEST_YEARS,
    NotARelativeDate,
    Offset,
    RelativeDate,
    Unit,
    longest_days,
    shortest_days,
)

ANCHORS = st.dates(min_value=date(1960, 1, 1), max_value=date(2040, 12, 31))
MOST = {Unit.DAY: 365, Unit.WEEK: 52, Unit.MONTH: 12, Unit.YEAR: 1}


@st.composite
def relative_dates(draw: st.DrawFn, *, years: int = FARTHEST_YEARS) -> RelativeDate:
    unit = draw(st.sampled_from(Unit))
    most = MOST[unit] * years
    return RelativeDate(draw(st.integers(min_value=-most, max_value=most)), unit)


@pytest.mark.parametrize(
    ("text", "anchor", "day"),
    [
        ("+10 d", "2026-02-20", "2026-03-02"),
        ("-3 d", "2026-03-01", "2026-02-26"),
        ("+2 w", "2026-12-20", "2027-01-03"),
        ("+1 mo", "2026-01-31", "2026-02-28"),
        ("+1 mo", "2028-01-31", "2028-02-29"),
        ("-6 mo", "2026-08-31", "2026-02-28"),
        ("-3 mo", "2026-02-15", "2025-11-15"),
        ("+13 mo", "2026-11-30", "2027-12-30"),
        ("+1 y", "2028-02-29", "2029-02-28"),
        ("+4 y", "2028-02-29", "2032-02-29"),
        ("0 d", "2026-03-08", "2026-03-08"),
    ],
)
def test_a_relative_date_is_counted_on_the_calendar_and_never_slips_into_the_next_month(
    text: str, anchor: str, day: str
) -> None:
    assert RelativeDate.parse(text).on(date.fromisoformat(anchor)) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("10d", "+10 d"),
        (" + 10 D ", "+10 d"),
        ("−6 MO", "-6 mo"),
        ("0 w", "0 d"),
        ("-0 y", "0 d"),
        ("2w", "+2 w"),
    ],
)
def test_what_a_person_may_write(written: str, shown: str) -> None:
    assert str(RelativeDate.parse(written)) == shown


@pytest.mark.parametrize(
    "text", ["", "10", "d", "ten d", "1.5 w", "+ d", "10 m", "1 d 2 w", "--3 d", "999999 d", "5 h"]
)
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(NotARelativeDate, match=r"\+10 d, -6 mo"):
        RelativeDate.parse(text)


@pytest.mark.parametrize("text", ["+51 y", "-601 mo", "+2601 w", "+18251 d"])
def test_more_than_fifty_years_are_refused(text: str) -> None:
    with pytest.raises(NotARelativeDate, match="more than fifty years"):
        RelativeDate.parse(text)


def test_it_cannot_be_built_wrong() -> None:
    with pytest.raises(NotARelativeDate):
        RelativeDate(1.5, Unit.DAY)  # type: ignore[arg-type]
    with pytest.raises(NotARelativeDate):
        RelativeDate(1, "fortnight")  # type: ignore[arg-type]
    with pytest.raises(NotARelativeDate):
        RelativeDate(51, Unit.YEAR)


@given(relative=relative_dates())
def test_its_text_reads_back_as_the_same(relative: RelativeDate) -> None:
    assert RelativeDate.parse(str(relative)) == relative


@given(relative=relative_dates(), anchor=ANCHORS)
def test_it_falls_on_the_side_it_says(relative: RelativeDate, anchor: date) -> None:
    day = relative.on(anchor)
    assert (day > anchor, day < anchor) == (relative.count > 0, relative.count < 0)


@given(relative=relative_dates(), anchor=ANCHORS, days=st.integers(min_value=0, max_value=400))
def test_a_later_anchor_never_gives_an_earlier_day(relative: RelativeDate, anchor: date, days: int) -> None:
    assert relative.on(anchor) <= relative.on(anchor + timedelta(days=days))


@given(relative=relative_dates(), anchor=ANCHORS)
def test_a_month_keeps_the_day_of_the_month_or_gives_the_last_one(
    relative: RelativeDate, anchor: date
) -> None:
    day = relative.on(anchor)
    if relative.unit in (Unit.MONTH, Unit.YEAR):
        is_last = (day + timedelta(days=1)).day == 1
        assert day.day == anchor.day or (is_last and day.day < anchor.day)
        assert (day.year - anchor.year) * 12 + day.month - anchor.month == relative.offset.months


@given(one=relative_dates(years=4), other=relative_dates(years=4), anchor=ANCHORS)
def test_never_before_holds_from_every_anchor(one: RelativeDate, other: RelativeDate, anchor: date) -> None:
    if one.is_never_before(other):
        assert one.on(anchor) >= other.on(anchor)


@pytest.mark.parametrize(
    ("one", "other", "holds"),
    [
        ("+31 d", "+1 mo", True),
        ("+30 d", "+1 mo", False),
        ("+1 mo", "+28 d", True),
        ("+1 mo", "+29 d", False),
        ("+1 y", "+12 mo", True),
        ("+54 w", "+1 y", True),
        ("-5 mo", "-6 mo", True),
        ("-10 w", "-3 mo", True),
        ("-6 mo", "-5 mo", False),
        ("+2 w", "+14 d", True),
    ],
)
def test_which_relative_date_is_never_before_which(one: str, other: str, *, holds: bool) -> None:
    assert RelativeDate.parse(one).is_never_before(RelativeDate.parse(other)) is holds


@given(one=relative_dates(years=3), other=relative_dates(years=3), anchor=ANCHORS, times=st.integers(0, 12))
def test_offsets_add_up_within_their_bounds(
    one: RelativeDate, other: RelativeDate, anchor: date, times: int
) -> None:
    total = one.offset
    for _ in range(times):
        total += other.offset
    assert total == Offset(
        one.offset.months + times * other.offset.months, one.offset.days + times * other.offset.days
    )
    assert shortest_days(total) <= (total.after(anchor) - anchor).days <= longest_days(total)
