"""Whether a link to a calendar still opens it, and how much it may say. Asked at every fetch."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum

from scheduling.domain.calendars.entries import Detail

UNUSED_FOR = timedelta(days=90)
"""A link that nobody asked for so long is closed."""
EMPTIED_FOR = timedelta(days=30)
"""A closed link gives an empty calendar for so long, which takes away the copy that a program keeps; then nothing."""
DAYS_BACK, DAYS_AHEAD = 30, 366
TOMBSTONE_FOR = timedelta(days=30)
"""A cancelled entry stays for so long, so that every program hears of it."""
MOST_EVENTS = 1_000
"""What Google takes of one calendar (about 1 MB); the nearest ones are kept."""
FETCHES_AN_HOUR = 60
_ORDER = tuple(Detail)


class Door(Enum):
    """What a fetch finds."""

    OPEN = "open"
    EMPTIED = "emptied"
    GONE = "gone"


def door(
    *,
    created_at: datetime,
    fetched_at: datetime | None,
    revoked_at: datetime | None,
    may_read: bool,
    now: datetime,
) -> Door:
    """What a link finds that was made, last fetched and revoked then; ``may_read``: its person still may."""
    unused_from = (fetched_at or created_at) + UNUSED_FOR
    ended_at = min(revoked_at, unused_from) if revoked_at is not None else unused_from
    if now < ended_at:
        return Door.OPEN if may_read else Door.EMPTIED
    return Door.EMPTIED if now < ended_at + EMPTIED_FOR else Door.GONE


def detail_now(asked: Detail, *, most: Detail) -> Detail:
    """What a calendar says now: as much as was asked for when it was made, and no more than the clinic lets it."""
    return min(asked, most, key=_ORDER.index)


def details_up_to(most: Detail) -> tuple[Detail, ...]:
    """What may be chosen where the clinic lets calendars say ``most``."""
    return _ORDER[: _ORDER.index(most) + 1]


def reader_of(agent: str) -> str:
    """Which program a User-Agent belongs to, in a word that a person knows; never the header itself."""
    said = agent.lower()
    return next((name for sign, name in _READERS if sign in said), "Another program" if said else "Unknown")


_READERS = (
    ("google", "Google Calendar"),
    ("thunderbird", "Thunderbird"),
    ("microsoft", "Outlook"),
    ("outlook", "Outlook"),
    ("exchange", "Outlook"),
    ("nextcloud", "Nextcloud"),
    ("icsx5", "ICSx5"),
    ("homeassistant", "Home Assistant"),
    ("calendaragent", "Apple Calendar"),
    ("dataaccessd", "Apple Calendar"),
    ("accountsd", "Apple Calendar"),
    ("remindd", "Apple Calendar"),
    ("mozilla", "A browser"),  # last: others call themselves so too
)
