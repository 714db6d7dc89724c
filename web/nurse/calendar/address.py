"""What stands in a calendar's address: the view, the day, whose visits. What cannot be read is left out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import get_language

from clinic.domain import manners
from clinic.writing import country_here
from scheduling.selectors.calendar import Choices, Wanted

DAY, WEEK, MONTH, LIST = "day", "week", "month", "list"
VIEWS = (DAY, WEEK, MONTH, LIST)
_DAY = timedelta(days=1)
_FIRST, _LAST = date(1990, 1, 1), date(2200, 12, 31)


@dataclass(frozen=True, slots=True)
class Address:
    """What a reader asked to see. ``view`` is empty where the screen may decide."""

    view: str
    day: date
    nurse: str = ""
    room: str = ""
    kind: str = ""

    @property
    def first_on(self) -> date:
        """The first day that the view shows."""
        if self.view == MONTH:
            return self.day.replace(day=1)
        return self.day - _DAY * _days_into_week(self.day) if self.view == WEEK else self.day

    @property
    def last_on(self) -> date:
        """The last day that the view shows."""
        if self.view == MONTH:
            return (self.first_on + timedelta(days=31)).replace(day=1) - _DAY
        return self.first_on + 6 * _DAY if self.view == WEEK else self.day

    def earlier(self) -> Address:
        """The view before this one."""
        return replace(self, day=_within(self.first_on - _DAY))

    def later(self) -> Address:
        """The view after this one."""
        return replace(self, day=_within(self.last_on + _DAY))

    def query(self, **changed: Any) -> str:
        """The address's query, with some of its values changed."""
        said = replace(self, **changed)
        values = {
            "view": said.view,
            "date": said.day.isoformat(),
            **{name: getattr(said, name) for name in ("nurse", "room", "kind")},
        }
        return urlencode({name: value for name, value in values.items() if value})

    def wanted(self, choices: Choices) -> Wanted:
        """The filters by the ids of what is in use."""
        return Wanted(
            nurse_id=next((each.id for each in choices.nurses if str(each.ref) == self.nurse), None),
            room_id=next((each.id for each in choices.rooms if str(each.ref) == self.room), None),
            kind_id=next((each.id for each in choices.kinds if each.key == self.kind), None),
        )


def read_address(data: QueryDict, *, choices: Choices, today: date) -> Address:
    """The address as it was asked for; a nurse, room or kind that is not in use is left out."""
    view = data.get("view", "")
    day = read_day(data.get("date", ""))
    return Address(
        view=view if view in VIEWS else "",
        day=day or today,
        nurse=_one_of(data.get("nurse", ""), {str(each.ref) for each in choices.nurses}),
        room=_one_of(data.get("room", ""), {str(each.ref) for each in choices.rooms}),
        kind=_one_of(data.get("kind", ""), {each.key for each in choices.kinds}),
    )


def read_day(text: str) -> date | None:
    """A day written 2026-11-21, within the years a calendar shows; None for anything else."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _FIRST <= day <= _LAST else None


def read_ref(text: str) -> UUID | None:
    """A reference as it stands in an address; None for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return None


def first_weekday() -> int:
    """On which weekday the week of the clinic's country begins: 0 is Sunday, as browsers count."""
    return (manners.first_weekday(get_language() or "en", country_here()) + 1) % 7


def _days_into_week(day: date) -> int:
    return (day.isoweekday() - first_weekday()) % 7


def _one_of(text: str, known: set[str]) -> str:
    return text if text in known else ""


def _within(day: date) -> date:
    return min(max(day, _FIRST), _LAST)
