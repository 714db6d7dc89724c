"""Free times as the pages offer them: by day, those in time first, each a button that says all it needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from scheduling.domain.slots import Fit, Slot
from scheduling.domain.wall_time import readings_of
from scheduling.selectors.calendar import Choices
from scheduling.selectors.rows import Resource
from web.nurse.calendar.address import read_day, read_ref
from web.words import day_words

A_DAY, DAYS_SHOWN = 6, 6
_ById = dict[int, Resource]

FITS: dict[Fit, str | Promise] = {
    Fit.IN_WINDOW: _("In time"),
    Fit.EARLY: _("Earlier than aimed for"),
    Fit.AT_RISK: _("At risk: after the last safe day"),
    Fit.TOO_LATE: _("Too late: after the day by which the pump must be refilled"),
}


@dataclass(frozen=True, slots=True)
class Pick:
    """A time on the clinic's clock, with the nurse and the room for it; None leaves the choice to the server."""

    local_on: date
    local_at: time
    is_later: bool = False
    nurse_ref: UUID | None = None
    room_ref: UUID | None = None

    @property
    def value(self) -> str:
        """As a button carries it."""
        refs = (str(ref) if ref else "" for ref in (self.nurse_ref, self.room_ref))
        later = "later" if self.is_later else ""
        return "|".join([f"{self.local_on}T{self.local_at:%H:%M}", later, *refs])

    @property
    def fields(self) -> dict[str, str]:
        """As a form field each."""
        said = {"local_on": self.local_on.isoformat(), "local_at": f"{self.local_at:%H:%M}"}
        said["which"] = "later" if self.is_later else "first"
        said |= {"nurse": str(self.nurse_ref)} if self.nurse_ref else {}
        return said | ({"room": str(self.room_ref)} if self.room_ref else {})


@dataclass(frozen=True, slots=True)
class OfferedTime:
    """A free time: what the button carries, what it says, and whom it is with."""

    pick: Pick
    nurse: str
    room: str
    is_at_risk: bool
    note: str

    @property
    def label(self) -> str:
        """The day and the time, for a list that is not ordered by days."""
        return f"{day_words(self.pick.local_on)}, {self.pick.local_at:%H:%M}"


@dataclass(frozen=True, slots=True)
class OfferedDay:
    day: date
    times: list[OfferedTime]


@dataclass(frozen=True, slots=True)
class OfferedGroup:
    """The days that fit equally well."""

    label: str | Promise
    is_at_risk: bool
    days: list[OfferedDay]


def read_pick(text: str) -> Pick | None:
    """What a button carried; None for anything else."""
    parts = text.split("|")
    if len(parts) != 4 or len(parts[0]) != 16:
        return None
    day = read_day(parts[0][:10])
    try:
        at = time.fromisoformat(parts[0][11:])
    except ValueError:
        return None
    if day is None or at.tzinfo is not None:
        return None
    return Pick(day, at, parts[1] == "later", read_ref(parts[2]), read_ref(parts[3]))


def offer(slots: Iterable[Slot], *, choices: Choices, zone: ZoneInfo) -> list[OfferedTime]:
    """The free times in the order given, as buttons."""
    nurses = {each.id: each for each in choices.nurses}
    rooms = {each.id: each for each in choices.rooms}
    return [_offered(slot, nurses, rooms, zone) for slot in slots]


def by_fit_and_day(
    slots: Sequence[Slot], *, choices: Choices, zone: ZoneInfo, all_of_them: bool = False
) -> list[OfferedGroup]:
    """The free times under how they fit and their days, each day's in order of time.

    Some of each day, spread from its morning to its evening, and the first days only; or ``all_of_them``.
    """
    groups: list[OfferedGroup] = []
    room = len(slots) if all_of_them else DAYS_SHOWN
    for fit in Fit:
        fitting = sorted((slot for slot in slots if slot.fit is fit), key=lambda slot: slot.starts_at)
        days = [(day, list(found)) for day, found in groupby(fitting, key=lambda slot: slot.local_on)][:room]
        room -= len(days)
        offered = [
            OfferedDay(
                day, offer(found if all_of_them else _spread(found, A_DAY), choices=choices, zone=zone)
            )
            for day, found in days
        ]
        if offered:
            groups.append(OfferedGroup(FITS[fit], fit >= Fit.AT_RISK, offered))
    return groups


def _spread(slots: list[Slot], most: int) -> list[Slot]:
    """So many of a day's times, evenly over the day, the first and the last among them."""
    if len(slots) <= most:
        return slots
    return [slots[number * (len(slots) - 1) // (most - 1)] for number in range(most)]


def pick_of(starts_at: datetime, nurse: Resource | None, room: Resource | None, zone: ZoneInfo) -> Pick:
    """The instant as the clinic's clock shows it, with whom and where."""
    wall = starts_at.astimezone(zone).replace(tzinfo=None, fold=0)
    readings = readings_of(wall, zone)
    is_later = len(readings) > 1 and starts_at == readings[-1]
    refs = (nurse.ref if nurse else None, room.ref if room else None)
    return Pick(wall.date(), wall.time(), is_later, *refs)


def _offered(slot: Slot, nurses: _ById, rooms: _ById, zone: ZoneInfo) -> OfferedTime:
    nurse = nurses.get(slot.nurse_id) if slot.nurse_id else None
    room = rooms.get(slot.room_id) if slot.room_id else None
    pick = pick_of(slot.starts_at, nurse, room, zone)
    return OfferedTime(
        pick=pick,
        nurse=nurse.name if nurse else "",
        room=room.name if room else "",
        is_at_risk=slot.is_at_risk,
        note=comes_twice_said(slot.starts_at, zone),
    )


def comes_twice_said(starts_at: datetime, zone: ZoneInfo) -> str:
    """Which of the two it is, where the clocks show this time twice on its day."""
    wall = starts_at.astimezone(zone).replace(tzinfo=None, fold=0)
    readings = readings_of(wall, zone)
    if len(readings) < 2:
        return ""
    is_later = starts_at == readings[-1]
    return _t("after the clocks go back") if is_later else _t("before the clocks go back")
