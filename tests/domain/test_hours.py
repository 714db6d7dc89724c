"""Hours as people type them: read exactly or refused, and exceptions that cannot be are refused at their field."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.checks import RecordError
from scheduling.domain.hours import (
    DaySpan,
    ExceptionEntry,
    NotHours,
    check_day_spans,
    check_exception,
    check_week,
    day_hours_words,
    read_day_hours,
)

TODAY = date(2026, 11, 21)


def span(begin: str, end: str) -> DaySpan:
    return DaySpan(time.fromisoformat(begin), time.fromisoformat(end))


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("", ()),
        ("  ", ()),
        ("9-12", (span("09:00", "12:00"),)),
        ("9–12, 13–17", (span("09:00", "12:00"), span("13:00", "17:00"))),
        ("13:00-17:30; 8.15-12", (span("08:15", "12:00"), span("13:00", "17:30"))),
        ("9h30 - 12h00 and 14h00 to 18h00", (span("09:30", "12:00"), span("14:00", "18:00"))),
        ("9 am - 5 pm", (span("09:00", "17:00"),)),
        ("12am-12pm", (span("00:00", "12:00"),)),
        ("9-12,12-14", (span("09:00", "12:00"), span("12:00", "14:00"))),
        ("0:00-23:59", (span("00:00", "23:59"),)),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, spans: tuple[DaySpan, ...]) -> None:
    assert read_day_hours(text) == spans


@pytest.mark.parametrize(
    "text",
    [
        "9",
        "9-",
        "9-5",
        "9-9",
        "24-25",
        "9-24",
        "9:60-10",
        "13 pm-14 pm",
        "0 am-3 am",
        "closed",
        "9-12, 11-13",
        "9-12 x 13-14",
        "8-9,9-10,10-11,11-12,12-13",
        "9-12,,",
        "٩-12x",
        "-9-12",
    ],
)
def test_what_is_no_hours_is_refused(text: str) -> None:
    with pytest.raises(NotHours):
        read_day_hours(text)


minutes = st.integers(0, 24 * 60 - 1).map(lambda number: time(number // 60, number % 60))


@given(st.sets(minutes, min_size=0, max_size=8).map(sorted))
def test_what_is_written_is_read_back(edges: list[time]) -> None:
    spans = tuple(DaySpan(one, other) for one, other in zip(edges[::2], edges[1::2], strict=False))
    assert read_day_hours(day_hours_words(spans)) == spans


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        spans = read_day_hours(text)
    except NotHours:
        return
    assert check_day_spans(spans) == spans


def test_a_week_is_refused_at_its_day() -> None:
    spans = (span("09:00", "12:00"), span("11:00", "13:00"))
    with pytest.raises(RecordError) as refused:
        check_week({0: (), 3: spans})
    assert refused.value.field == "day_3"
    with pytest.raises(RecordError):
        check_week({7: ()})


AWAY = ExceptionEntry(first_on=TODAY, last_on=TODAY + timedelta(days=3))
EXTRA = ExceptionEntry(
    first_on=TODAY, last_on=TODAY, starts_at=time(18), ends_at=time(20), is_available=True, reason="evening"
)


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (replace(AWAY, last_on=TODAY - timedelta(days=1)), "last_on"),
        (replace(AWAY, first_on=TODAY - timedelta(days=9), last_on=TODAY - timedelta(days=1)), "last_on"),
        (replace(AWAY, last_on=TODAY + timedelta(days=733)), "last_on"),
        (replace(AWAY, starts_at=time(9)), "ends_at"),
        (replace(AWAY, ends_at=time(9)), "starts_at"),
        (replace(EXTRA, starts_at=None, ends_at=None), "starts_at"),
        (replace(EXTRA, ends_at=time(18)), "ends_at"),
    ],
)
def test_an_exception_that_cannot_be_is_refused_at_its_field(entry: ExceptionEntry, field: str) -> None:
    with pytest.raises(RecordError) as refused:
        check_exception(entry, today=TODAY)
    assert refused.value.field == field


def test_an_exception_that_began_earlier_and_goes_on_is_taken() -> None:
    entry = replace(AWAY, first_on=TODAY - timedelta(days=9))
    assert check_exception(entry, today=TODAY) == entry


@pytest.mark.parametrize(
    ("other", "is_refused"),
    [
        (AWAY, True),
        (replace(AWAY, first_on=TODAY + timedelta(days=1)), False),
        (replace(AWAY, starts_at=time(8), ends_at=time(12)), False),
        (replace(AWAY, starts_at=time(8), ends_at=time(18, 1)), True),
        (EXTRA, False),
    ],
)
def test_nobody_is_there_and_away_at_the_same_time(other: ExceptionEntry, is_refused: bool) -> None:
    if not is_refused:
        check_exception(EXTRA, today=TODAY, others=[other])
        return
    with pytest.raises(RecordError):
        check_exception(EXTRA, today=TODAY, others=[other])
