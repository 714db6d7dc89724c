"""Hours of a week as people write them, and what hours and exceptions to them cannot be.

Times are wall times in the clinic's zone, to the minute.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from itertools import pairwise

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import Reason, gettext_noop

MOST_SPANS_A_DAY = 4
FARTHEST_AHEAD_DAYS = 2 * 366

_TIME = r"(\d{1,2})(?:[:.h](\d{2}))?\s*(am|pm|a\.m\.|p\.m\.)?"
_SPAN = re.compile(rf"{_TIME}\s*(?:-|–|—|−|to)\s*{_TIME}", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*(?:[,;/+&]|\band\b)?\s*", re.IGNORECASE)
_NOON = 12


class NotHours(ValueError):
    """A text that says no hours; ``reason`` says why."""

    def __init__(self, message: str, **values: object) -> None:
        self.reason = Reason(message, {name: str(value) for name, value in values.items()})
        super().__init__(str(self.reason))


@dataclass(frozen=True, slots=True, order=True)
class DaySpan:
    """From one time of a day to a later one of the same day. NotHours where it does not end after it begins."""

    starts_at: time
    ends_at: time

    def __post_init__(self) -> None:
        if self.ends_at <= self.starts_at:
            raise NotHours(
                gettext_noop(
                    "%(begin)s to %(end)s does not end after it begins: write the afternoon as 13:00"
                ),
                begin=f"{self.starts_at:%H:%M}",
                end=f"{self.ends_at:%H:%M}",
            )

    def __str__(self) -> str:
        return f"{self.starts_at:%H:%M}–{self.ends_at:%H:%M}"


Week = Mapping[int, tuple[DaySpan, ...]]
"""The spans of each weekday (Monday 0); a weekday that is missing has none."""


def read_day_hours(text: str) -> tuple[DaySpan, ...]:
    """Read ``9-12, 13:00–17:30`` or ``9 am - 5 pm``; empty for an empty text.

    Raises NotHours for a text that is no hours, for hours that overlap, and for more than four spans.
    """
    spans: list[DaySpan] = []
    text, place = text.strip(), 0
    while place < len(text):
        found = _SPAN.match(text, place)
        if found is None:
            raise NotHours(gettext_noop("write the hours as 9:00–12:00, 13:00–17:00"))
        parts = found.groups()
        spans.append(DaySpan(_time(*parts[:3]), _time(*parts[3:])))
        gap = _BETWEEN.match(text, found.end())
        place = gap.end() if gap else found.end()
    return check_day_spans(spans)


def check_day_spans(spans: Iterable[DaySpan]) -> tuple[DaySpan, ...]:
    """The spans in order; NotHours where two overlap, or where there are more than four."""
    ordered = tuple(sorted(spans))
    if len(ordered) > MOST_SPANS_A_DAY:
        raise NotHours(gettext_noop("at most four spans a day"))
    for one, other in pairwise(ordered):
        if other.starts_at < one.ends_at:
            raise NotHours(gettext_noop("%(one)s and %(other)s overlap"), one=one, other=other)
    return ordered


def day_hours_words(spans: Iterable[DaySpan]) -> str:
    """The spans as ``read_day_hours`` reads them back: ``09:00–12:00, 13:00–17:00``."""
    return ", ".join(str(span) for span in spans)


def check_week(week: Week) -> dict[int, tuple[DaySpan, ...]]:
    """The week with each day's spans in order. RecordError at ``day_<weekday>`` for a day that cannot be."""
    checked: dict[int, tuple[DaySpan, ...]] = {}
    for weekday, spans in week.items():
        if weekday not in range(7):
            raise RecordError("week", gettext_noop("a week has seven days"))
        try:
            checked[weekday] = check_day_spans(spans)
        except NotHours as error:
            raise RecordError(f"day_{weekday}", error.reason.message, **error.reason.values) from None
    return checked


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionEntry:
    """Days on which somebody is away, or there beyond the weekly hours. Without times it is the whole day."""

    first_on: date
    last_on: date
    starts_at: time | None = None
    ends_at: time | None = None
    is_available: bool = False
    reason: str = ""

    def contradicts(self, other: ExceptionEntry) -> bool:
        """Whether one says there and the other away for the same time."""
        if self.is_available == other.is_available:
            return False
        if self.last_on < other.first_on or other.last_on < self.first_on:
            return False
        begin, end = self.starts_at or time.min, self.ends_at or time.max
        return begin < (other.ends_at or time.max) and (other.starts_at or time.min) < end


def check_exception(
    entry: ExceptionEntry, *, today: date, others: Iterable[ExceptionEntry] = ()
) -> ExceptionEntry:
    """Refuse, at its field, an exception that has passed, that cannot be, or that says the opposite of another."""
    if entry.last_on < entry.first_on:
        raise RecordError("last_on", gettext_noop("is before the first day"))
    if entry.last_on < today:
        raise RecordError("last_on", gettext_noop("has passed"))
    if (entry.last_on - today).days > FARTHEST_AHEAD_DAYS:
        raise RecordError("last_on", gettext_noop("is more than two years away"))
    if (entry.starts_at is None) != (entry.ends_at is None):
        missing = "starts_at" if entry.starts_at is None else "ends_at"
        raise RecordError(missing, gettext_noop("give both times, or none for the whole day"))
    if entry.is_available and entry.starts_at is None:
        raise RecordError("starts_at", gettext_noop("say from when to when for hours beyond the usual ones"))
    if entry.starts_at and entry.ends_at and entry.ends_at <= entry.starts_at:
        raise RecordError("ends_at", gettext_noop("is not after the begin"))
    for other in others:
        if entry.contradicts(other):
            raise RecordError(
                "first_on",
                gettext_noop("from %(first)s to %(last)s another entry says the opposite: change that one"),
                first=other.first_on,
                last=other.last_on,
            )
    return entry


def _time(hour: str, minute: str | None, half: str | None) -> time:
    hours, minutes = int(hour), int(minute or 0)
    if half:
        if not 1 <= hours <= _NOON:
            raise NotHours(gettext_noop("%(hour)s is no hour of the clock with am or pm"), hour=hour)
        hours = hours % _NOON + (_NOON if half.lower().startswith("p") else 0)
    try:
        return time(hours, minutes)
    except ValueError:
        raise NotHours(
            gettext_noop("%(hour)s:%(minute)s is no time of day"), hour=hour, minute=f"{minutes:02}"
        ) from None
