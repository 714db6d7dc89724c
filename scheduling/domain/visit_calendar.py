"""One visit as an iCalendar file that a patient keeps: it says where and when, and not what for.

RFC 5545: the UID is random and stays with the visit, SEQUENCE counts its moves (3.8.7.4), and without METHOD
DTSTAMP is the last change (3.8.7.2), so the same visit gives the same bytes and a later file moves the earlier
entry. Times are in UTC, which every calendar shows in its reader's zone and none can mistake for another. Texts are
escaped and folded by the icalendar library.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from icalendar import Calendar, Event

PRODUCT = "-//Refillwise//Visit 1.0//EN"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarVisit:
    """What the entry shows. None of the texts names a patient, a drug, or what is to be done."""

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    summary: str
    place: str
    description: str
    changed_at: datetime


def visit_calendar(visit: CalendarVisit) -> bytes:
    """The calendar file with the one visit."""
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    changed_at = _utc(visit.changed_at)
    event = Event()
    event.add("uid", visit.uid)
    event.add("dtstamp", changed_at)
    event.add("last-modified", changed_at)
    event.add("sequence", visit.sequence)
    event.add("dtstart", _utc(visit.starts_at))
    event.add("dtend", _utc(visit.ends_at))
    event.add("summary", _one_line(visit.summary))
    if visit.place:
        event.add("location", _one_line(visit.place))
    if visit.description:
        event.add("description", _one_line(visit.description))
    event.add("status", "CONFIRMED")
    event.add("class", "PRIVATE")
    event.add("transp", "OPAQUE")
    calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _one_line(text: str) -> str:
    """Control characters are not allowed in a text (3.3.11), and the library lets them through."""
    return _CONTROL.sub(" ", text).strip()
