"""A program that subscribed to a calendar, as tests play it.

mine = reader(house, scope=FeedScope.NURSE, of=desk.nurse.ref)
mine.fetch()
assert mine.events == {}
assert mine.again().status_code == 304
"""

from __future__ import annotations

from typing import Any

from django.test import Client

from scheduling.models import CalendarFeed, FeedScope
from scheduling.services.calendar_feeds import FeedEntry, create_feed
from tests import ical
from tests.factories import House


class Reader:
    """A program that subscribed: it keeps what it was given and asks whether that still holds."""

    def __init__(self, token: str, **headers: str) -> None:
        self.path = f"/calendars/{token}.ics"
        self.headers = headers
        self.client = Client()
        self.etag = self.modified = ""
        self.status = 0
        self.calendar: ical.ReadCalendar | None = None
        self.body = b""

    def fetch(self, **headers: str) -> Any:
        response = self.client.get(self.path, headers=self.headers | headers)
        self.status = response.status_code
        if response.status_code == 200:
            self.body = response.content
            self.calendar = ical.read(self.body)
            self.etag, self.modified = response.get("ETag", ""), response.get("Last-Modified", "")
        return response

    def again(self) -> Any:
        """As most do: with the tag and the date of the copy."""
        return self.fetch(**{"If-None-Match": self.etag, "If-Modified-Since": self.modified})

    @property
    def events(self) -> dict[str, ical.ReadEvent]:
        assert self.calendar is not None
        return self.calendar.by_uid

    @property
    def event(self) -> ical.ReadEvent:
        (found,) = self.events.values()
        return found


def link(house: House, **values: Any) -> tuple[CalendarFeed, str]:
    entry = FeedEntry(**({"label": "Mine", "scope": FeedScope.CLINIC} | values))
    return create_feed(clinic=house.clinic, entry=entry, actor_id=house.nurse.id, now=house.now)


def reader(house: House, **values: Any) -> Reader:
    return Reader(link(house, **values)[1])
