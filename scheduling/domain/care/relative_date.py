"""A day relative to something that happens: ten days after, six months before.

Days and weeks are counted on the calendar; a month or year that has no such day gives its last one, so a relative
date never slips into the month after. Clock changes do not matter: only local dates are counted.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, date, timedelta
from enum import StrEnum
from functools import lru_cache

from clinic.domain.register.reasons import Reason, gettext_noop

FARTHEST_YEARS = 50
_MONTHS_A_YEAR = 12
_IN_EVERY_MONTH = 28
_TEXT = re.compile(r"([+\-−]?)\s*(\d{1,5})\s*(d|w|mo|y)", re.IGNORECASE)


class Unit(StrEnum):
    """What is counted."""

    DAY = "d"
    WEEK = "w"
    MONTH = "mo"
    YEAR = "y"


_DAYS = {Unit.DAY: 1, Unit.WEEK: 7}
_MONTHS = {Unit.MONTH: 1, Unit.YEAR: _MONTHS_A_YEAR}
_MOST = {
    Unit.DAY: 365 * FARTHEST_YEARS,
    Unit.WEEK: 52 * FARTHEST_YEARS,
    Unit.MONTH: _MONTHS_A_YEAR * FARTHEST_YEARS,
    Unit.YEAR: FARTHEST_YEARS,
}


class NotARelativeDate(ValueError):
    """A text or a count that says no relative date; ``reason`` says why, in words that can be translated."""

    def __init__(self, message: str, **values: str) -> None:
        self.reason = Reason(message, values)
        super().__init__(str(self.reason))


@dataclass(frozen=True, slots=True)
class Offset:
    """So many months, then so many days. Offsets add up; adding them never loses a day to a short month."""

    months: int = 0
    days: int = 0

    def __add__(self, other: Offset) -> Offset:
        return Offset(self.months + other.months, self.days + other.days)

    def times(self, number: int) -> Offset:
        """So many of them, one after the other."""
        return Offset(self.months * number, self.days * number)

    def after(self, day: date) -> date:
        """The day so far from ``day``; months first, and a month without such a day gives its last one."""
        return day_after(day, self.months, self.days)


@dataclass(frozen=True, slots=True)
class RelativeDate:
    """``count`` days, weeks, months or years after an anchor, or before it where ``count`` is negative.

    Built wrong it cannot be: NotARelativeDate for a unit there is not, and for more than fifty years. None of
    anything is 0 days, whatever the unit.
    """

    count: int
    unit: Unit = Unit.DAY
    offset: Offset = field(init=False, compare=False, repr=False)
    """The same as months and days, to be added to another."""

    def __post_init__(self) -> None:
        if isinstance(self.count, bool) or not isinstance(self.count, int):
            raise NotARelativeDate(gettext_noop("the number of days, weeks, months or years must be whole"))
        if self.unit not in tuple(Unit):
            raise NotARelativeDate(gettext_noop("the unit must be d, w, mo or y"))
        object.__setattr__(self, "unit", Unit(self.unit) if self.count else Unit.DAY)
        if abs(self.count) > _MOST[self.unit]:
            raise NotARelativeDate(gettext_noop("%(text)s is more than fifty years away"), text=str(self))
        months, days = _MONTHS.get(self.unit, 0), _DAYS.get(self.unit, 0)
        object.__setattr__(self, "offset", Offset(self.count * months, self.count * days))

    @classmethod
    def parse(cls, text: str) -> RelativeDate:
        """Read ``+10 d``, ``-6 mo``, ``2w``, ``+1 y``. Raises NotARelativeDate for anything else."""
        found = _TEXT.fullmatch(text.strip())
        if found is None:
            raise NotARelativeDate(
                gettext_noop(
                    "write a number and d, w, mo or y, with - for before: +10 d, -6 mo, +2 w, +1 y, 0 d"
                )
            )
        sign, digits, unit = found.groups()
        return cls(-int(digits) if sign in ("-", "−") else int(digits), Unit(unit.lower()))

    def __str__(self) -> str:
        """The compact text that ``parse`` reads back: ``+10 d``, ``-6 mo``, ``0 d``."""
        return f"{self.count:+d} {self.unit.value}" if self.count else "0 d"

    def on(self, anchor: date) -> date:
        """The day that is meant when ``anchor`` is known. The 31st plus a month is the last of the next."""
        return self.offset.after(anchor)

    def is_never_before(self, other: RelativeDate) -> bool:
        """Whether this is on or after ``other`` from every anchor: 31 days after are never before a month
        after, 30 days may be.
        """
        mine, theirs = self.offset, other.offset
        if mine.months == theirs.months:
            return mine.days >= theirs.days
        if not mine.days and not theirs.days:
            return mine.months >= theirs.months
        return shortest_days(mine) >= longest_days(theirs)


def day_after(day: date, months: int, days: int) -> date:
    """The day so many months, and then so many days, after ``day``: an offset that nobody need build."""
    if months:
        day = _months_after(day, months)
    return day + timedelta(days) if days else day


def shortest_days(offset: Offset) -> int:
    """The fewest days that the offset can be."""
    return offset.days + (_month_days(offset.months)[0] if offset.months else 0)


def longest_days(offset: Offset) -> int:
    """The most days that the offset can be."""
    return offset.days + (_month_days(offset.months)[1] if offset.months else 0)


@lru_cache(maxsize=512)
def _month_days(months: int) -> tuple[int, int]:
    """(fewest, most) days in so many months, from any day of a four-year round (1901 to 2099)."""
    first = date(2001, 1, 1)
    anchors = (first + timedelta(days=number) for number in range(4 * 365 + 1))
    lengths = {(_months_after(anchor, months) - anchor).days for anchor in anchors}
    return min(lengths), max(lengths)


def _months_after(day: date, months: int) -> date:
    number = day.year * _MONTHS_A_YEAR + day.month - 1 + months
    year, month = divmod(number, _MONTHS_A_YEAR)
    if not MINYEAR <= year <= MAXYEAR:
        raise OverflowError("date value out of range")
    if day.day <= _IN_EVERY_MONTH:
        return date(year, month + 1, day.day)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
