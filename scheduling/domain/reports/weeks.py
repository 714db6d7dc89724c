"""Calendar weeks, from Monday on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

_DAY, _WEEK = timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """Seven days from a Monday on."""

    starts_on: date

    @property
    def ends_on(self) -> date:
        """Its Sunday."""
        return self.starts_on + 6 * _DAY

    @property
    def days(self) -> list[date]:
        """Monday to Sunday."""
        return [self.starts_on + number * _DAY for number in range(7)]

    def after(self, count: int) -> Week:
        """The week so many weeks later."""
        return Week(self.starts_on + count * _WEEK)


def week_of(day: date) -> Week:
    """The week that holds this day."""
    return Week(day - timedelta(days=day.weekday()))


def weeks_from(today: date, count: int) -> list[Week]:
    """So many weeks, the one that holds today first."""
    return [week_of(today).after(number) for number in range(count)]
