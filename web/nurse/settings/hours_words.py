"""Hours and the days that differ, as people say them."""

from __future__ import annotations

from itertools import groupby

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from scheduling.domain.hours import Week, day_hours_words
from scheduling.selectors.rows import HoursException
from web.words import day_words


def week_words(week: Week) -> list[tuple[str, str]]:
    """(days, hours), days with the same hours that follow each other together: Mon–Fri, 09:00–12:00."""
    texts = [(weekday, day_hours_words(week.get(weekday, ()))) for weekday in range(7)]
    found: list[tuple[str, str]] = []
    for hours, days in groupby(texts, key=lambda each: each[1]):
        numbers = [weekday for weekday, _text in days]
        if hours:
            found.append((_days(numbers[0], numbers[-1]), hours))
    return found


def exception_words(exception: HoursException) -> str:
    """Away Mon 3 Mar 2027 to Fri 14 Mar 2027, 09:00–11:00 (course)."""
    days = day_words(exception.first_on)
    if exception.last_on != exception.first_on:
        days = _("%(first)s to %(last)s") % {"first": days, "last": day_words(exception.last_on)}
    words = _("there %(days)s") if exception.is_available else _("away %(days)s")
    said = words % {"days": days}
    if exception.starts_at and exception.ends_at:
        said += f", {exception.starts_at:%H:%M}–{exception.ends_at:%H:%M}"
    return f"{said} ({exception.reason})" if exception.reason else said


def _days(first: int, last: int) -> str:
    begin = str(WEEKDAYS_ABBR[first])
    return begin if first == last else f"{begin}–{WEEKDAYS_ABBR[last]}"
