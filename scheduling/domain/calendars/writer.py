"""The one writer of events and of the calendars around them.

A feed, a download and an invitation hold the same event: the same UID, the same times, the same SEQUENCE. Times are
UTC, which no reader can mistake for another zone and which is right in the hour that a clock repeats or leaves out;
a day is a DATE with an exclusive end (RFC 5545, 3.6.1). Without METHOD, DTSTAMP is the last change (3.8.7.2), so that
the same facts give the same bytes; with it, the moment at which the message was made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import NamedTuple

from scheduling.domain.calendars.text import content_line, escaped, mail_address, parameter

PRODUCT = "-//Refillwise//Calendars 1.0//EN"
END_OF_EVENT = b"END:VEVENT\r\n"
END = b"END:VCALENDAR\r\n"


class Method(StrEnum):
    """What an invitation asks for (RFC 5546); a feed and a download have none."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


class Standing(StrEnum):
    """How an event stands."""

    CONFIRMED = "CONFIRMED"
    TENTATIVE = "TENTATIVE"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What of an event is the same for every reader.

    ``starts`` and ``ends`` are instants, or days of which the second is the first after the event. ``sequence`` rises
    whenever they or ``standing`` change. ``standing`` None leaves it out: somebody alone is no longer invited.
    """

    uid: str
    sequence: int
    changed_at: datetime
    starts: datetime | date
    ends: datetime | date
    standing: Standing | None = Standing.CONFIRMED
    takes_time: bool = True


class Words(NamedTuple):
    """What an event says to one kind of reader."""

    summary: str
    location: str = ""
    description: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """Who invites, and the one person who is invited; nobody sees who else is."""

    organizer: str
    organizer_name: str
    attendee: str
    made_at: datetime


def core(timing: Timing, invited: Invited | None = None) -> bytes:
    """The event from its beginning up to its words."""
    changed = _utc(timing.changed_at)
    takes_time = timing.takes_time and timing.standing is not Standing.CANCELLED
    busy = ("TENTATIVE" if timing.standing is Standing.TENTATIVE else "BUSY") if takes_time else "FREE"
    parts = [
        b"BEGIN:VEVENT\r\n",
        content_line("UID", timing.uid),
        content_line("DTSTAMP", _utc(invited.made_at) if invited else changed),
        content_line("LAST-MODIFIED", changed),
        content_line("SEQUENCE", str(timing.sequence)),
        _moment("DTSTART", timing.starts),
        _moment("DTEND", timing.ends),
    ]
    if timing.standing is not None:
        parts.append(content_line("STATUS", timing.standing.value))
    parts += [
        content_line("CLASS", "PRIVATE"),
        content_line("TRANSP", "OPAQUE" if takes_time else "TRANSPARENT"),
        content_line("X-MICROSOFT-CDO-BUSYSTATUS", busy),
    ]
    if invited is not None:
        parts += [
            content_line(
                f"ORGANIZER;CN={parameter(invited.organizer_name)}", mail_address(invited.organizer)
            ),
            content_line(
                "ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=FALSE",
                mail_address(invited.attendee),
            ),
        ]
    return b"".join(parts)


def words(said: Words) -> bytes:
    """The words of an event, cleaned by whoever chose them (``text.one_line``)."""
    parts = [content_line("SUMMARY", escaped(said.summary))]
    if said.location:
        parts.append(content_line("LOCATION", escaped(said.location)))
    if said.description:
        parts.append(content_line("DESCRIPTION", escaped(said.description)))
    if said.url:
        parts.append(content_line("URL", said.url))
    return b"".join(parts)


def event(timing: Timing, said: Words, invited: Invited | None = None) -> bytes:
    """The whole event."""
    return core(timing, invited) + words(said) + END_OF_EVENT


def head(*, name: str = "", zone: bytes = b"", method: Method | None = None, refresh: str = "") -> bytes:
    """A calendar up to its first event.

    ``name`` as ``text.name`` gives it; ``refresh`` is how often a reader should ask again (a DURATION). No UID and no X-WR-TIMEZONE: each breaks a reader
    that takes it for an event's.
    """
    parts = [
        b"BEGIN:VCALENDAR\r\n",
        content_line("VERSION", "2.0"),
        content_line("PRODID", PRODUCT),
        content_line("CALSCALE", "GREGORIAN"),
    ]
    if method is not None:
        parts.append(content_line("METHOD", method.value))
    if name:
        parts += [content_line("NAME", name), content_line("X-WR-CALNAME", name)]
    if refresh:
        parts += [
            content_line("REFRESH-INTERVAL;VALUE=DURATION", refresh),
            content_line("X-PUBLISHED-TTL", refresh),
        ]
    return b"".join(parts) + zone


def calendar(head: bytes, events: Iterable[bytes]) -> Iterator[bytes]:
    """A whole calendar, piece by piece."""
    yield head
    yield from events
    yield END


def _moment(name: str, value: datetime | date) -> bytes:
    if isinstance(value, datetime):
        return content_line(name, _utc(value))
    return content_line(f"{name};VALUE=DATE", f"{value:%Y%m%d}")


def _utc(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("an instant has a zone")
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
