"""Refill dates as an iCalendar file: whole-day entries that block no time and name nobody.

RFC 5545: a day is VALUE=DATE with an exclusive end (3.6.1); without METHOD, DTSTAMP is the last change
(3.8.7.2), so the same dates give the same bytes. Texts are escaped and folded by the icalendar library.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Event

PRODUCT = "-//Refillwise//Refill dates 1.0//EN"


@dataclass(frozen=True, slots=True)
class Deadline:
    """One refill date. ``uid`` is random and stays with the implant; ``summary`` must name nobody."""

    uid: str
    refill_by: date
    summary: str
    url: str
    changed_at: datetime


def deadline_calendar(deadlines: Iterable[Deadline], *, name: str) -> bytes:
    """The calendar file. Importing it again moves the entries it made before, since their UIDs stay."""
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    for deadline in deadlines:
        calendar.add_component(_event(deadline))
    content: bytes = calendar.to_ical()
    return content


def _event(deadline: Deadline) -> Event:
    changed_at = deadline.changed_at.astimezone(UTC).replace(microsecond=0)
    event = Event()
    event.add("uid", deadline.uid)
    event.add("dtstamp", changed_at)
    event.add("last-modified", changed_at)
    event.add("dtstart", deadline.refill_by)
    event.add("dtend", deadline.refill_by + timedelta(days=1))
    event.add("summary", deadline.summary)
    event.add("url", deadline.url)
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")
    return event
