"""What an entry says to whom, and how it stands.

A calendar is read by the servers of whoever keeps it and by whoever looks over a shoulder: so an entry names a patient
only where the clinic chose so, never a drug, a dose, a diagnosis or a note, and to most readers only that time is
taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from scheduling.domain.calendars.text import one_line
from scheduling.domain.calendars.writer import Standing, Words

LONGEST_NAME = 80


class Detail(StrEnum):
    """How much a calendar says, the least first."""

    BUSY = "busy"
    WORK = "work"
    INITIALS = "initials"
    NAMES = "names"


BUSY = Words(summary="Busy")
BUSY_CANCELLED = Words(summary="Cancelled")
BUSY_DEADLINE = Words(summary="Last day")

STANDING = {
    "pending": Standing.TENTATIVE,
    "booked": Standing.CONFIRMED,
    "arrived": Standing.CONFIRMED,
    "checked-in": Standing.CONFIRMED,
    "fulfilled": Standing.CONFIRMED,
    "noshow": Standing.CONFIRMED,
    "cancelled": Standing.CANCELLED,
    "entered-in-error": Standing.CANCELLED,
}
"""How a visit stands in a calendar; a slot that is only held is nobody's visit yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SameWords:
    """What every entry of a calendar says alike: nothing in it is about one patient."""

    visit: Words = BUSY
    deadline: Words = BUSY_DEADLINE
    cancelled: Words = BUSY_CANCELLED

    def of(self, *, is_visit: bool, is_cancelled: bool) -> Words:
        """What an entry says that is of a visit or a last day, and cancelled or not."""
        if is_cancelled:
            return self.cancelled
        return self.visit if is_visit else self.deadline


class EntryWords(NamedTuple):
    """The words of one entry for each reader who learns more than that time is taken."""

    work: Words
    initials: Words
    names: Words


class Entry(NamedTuple):
    """An entry as the facts want it: a visit with its instants, or a refill date as a day."""

    starts: datetime | date
    ends: datetime | date
    standing: Standing
    takes_time: bool
    said: EntryWords


class Called(NamedTuple):
    """What entries call a patient, cleaned once for all of them."""

    initials: str
    whole: str


def called(first_name: str, last_name: str) -> Called:
    """What entries call a patient with these names."""
    return Called(initials(first_name, last_name), _short(f"{first_name} {last_name}"))


def visit_entry(
    *,
    status: str,
    starts_at: datetime,
    ends_at: datetime,
    kind: str,
    room: str,
    patient: Called,
    url: str,
) -> Entry | None:
    """The entry of a visit; None for a slot that is only held."""
    standing = STANDING.get(status)
    if standing is None:
        return None
    before = {Standing.CANCELLED: "Cancelled: ", Standing.TENTATIVE: "To be moved: "}.get(standing, "")
    return Entry(
        starts=starts_at,
        ends=ends_at,
        standing=standing,
        takes_time=True,
        said=_said(before + _short(kind), patient, room=_short(room), url=url),
    )


def deadline_entry(
    *, last_on: date, until: date, patient: Called, url: str, is_in_doubt: bool, is_over: bool
) -> Entry:
    """The last day to refill a pump, which takes no time. ``until`` is the day after it.

    One whose projection fell into doubt stays where it was, and says so: it must not vanish from a calendar.
    """
    before = "Cancelled: " if is_over else "Needs review: " if is_in_doubt else ""
    return Entry(
        starts=last_on,
        ends=until,
        standing=Standing.CANCELLED if is_over else Standing.CONFIRMED,
        takes_time=False,
        said=_said(before + "last day to refill" if before else "Last day to refill", patient, url=url),
    )


def initials(first_name: str, last_name: str) -> str:
    """The first letters of the names, each with its point."""
    letters = [one_line(name)[:1] for name in (first_name, last_name)]
    return " ".join(f"{letter.upper()}." for letter in letters if letter)


def _said(what: str, patient: Called, *, room: str = "", url: str = "") -> EntryWords:
    return EntryWords(
        work=Words(summary=what, location=room, url=url),
        initials=Words(summary=f"{what}, {patient.initials}", location=room, url=url),
        names=Words(summary=f"{what}, {patient.whole}", location=room, url=url),
    )


def _short(text: str) -> str:
    return one_line(text, most=LONGEST_NAME)
