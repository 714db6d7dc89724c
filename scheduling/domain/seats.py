"""One resource's seats: when it works, which of its seats are taken, and where a visit of some length can begin.

A resource with N seats serves N visits at once, and a visit keeps one seat for its whole length: two half-free
seats are no seat. Visits that somebody put in by overbooking sit on seats beyond N; the time in which as many
visits run as there are seats is full, whichever seats they have.
"""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from scheduling.domain.intervals import Span, Spans, holds, seconds_of, starts_for, subtract, union
from scheduling.domain.opening import Hours, HoursChange, Opening, spans_at_work
from scheduling.domain.wall_time import day_parts

_DAY = timedelta(days=1)


class ResourceKind(StrEnum):
    """What a visit takes: a nurse, a room, or one of so many places for visits of one kind."""

    NURSE = "nurse"
    ROOM = "room"
    CAPACITY = "capacity"


@dataclass(frozen=True, slots=True)
class Busy:
    """A seat taken from ``starts_at`` until ``ends_at`` (both aware)."""

    starts_at: datetime
    ends_at: datetime
    seat: int = 1

    def __post_init__(self) -> None:
        if self.starts_at.tzinfo is None or self.ends_at.tzinfo is None:
            raise ValueError("a time without a zone is not an instant")
        if self.starts_at >= self.ends_at:
            raise ValueError("something busy ends after it begins")


@dataclass(frozen=True, slots=True)
class Resource:
    """A nurse, a room or a capacity as stored. Rooms and capacities without hours are there on every open day."""

    id: int
    kind: ResourceKind
    seats: int = 1
    hours: tuple[Hours, ...] = ()
    changes: tuple[HoursChange, ...] = ()
    busy: tuple[Busy, ...] = ()

    def __post_init__(self) -> None:
        if self.seats < 1:
            raise ValueError("a resource has at least one seat")


class SeatBook:
    """The seats of one resource, day by day. Entries can be added and taken out again while planning."""

    def __init__(self, resource: Resource, opening: Opening) -> None:
        self.resource, self.opening = resource, opening
        self._taken: defaultdict[date, list[tuple[int, int, int]]] = defaultdict(list)
        self._work: dict[date, Spans] = {}
        self._starts: dict[date, dict[int, Spans]] = {}
        for busy in resource.busy:
            self.take(seconds_of(busy.starts_at), seconds_of(busy.ends_at), busy.seat)

    def copy(self) -> SeatBook:
        """The seats as they were stored."""
        return SeatBook(self.resource, self.opening)

    def at_work(self, day: date) -> Spans:
        """When the resource is there on this day, taken or not."""
        if day not in self._work:
            self._work[day] = spans_at_work(
                day,
                hours=self.resource.hours,
                changes=self.resource.changes,
                opening=self.opening,
                is_always_there=self.resource.kind is not ResourceKind.NURSE,
            )
        return self._work[day]

    def starts(self, day: date, length: int) -> Spans:
        """The seconds of this day at which a visit of ``length`` seconds can begin on some seat."""
        known = self._starts.setdefault(day, {})
        if length not in known:
            known[length] = self._find_starts(day, length)
        return known[length]

    def has_room(self, day: date, start: int, length: int) -> bool:
        """Whether a visit of ``length`` seconds can begin at this very second."""
        return holds(self.starts(day, length), start)

    def taken(self, start: int, end: int) -> set[tuple[int, int, int]]:
        """What is taken between two instants, as (start, end, seat)."""
        return {
            each
            for day in self._days(start, end)
            for each in self._taken.get(day, ())
            if each[0] < end and each[1] > start
        }

    def free_seat(self, start: int, end: int) -> int:
        """The lowest of the resource's seats that nobody has in between; a seat beyond them when none is free."""
        taken = {seat for _, _, seat in self.taken(start, end)}
        seat = 1
        while seat in taken:
            seat += 1
        return seat

    def take(self, start: int, end: int, seat: int) -> None:
        """Take a seat from ``start`` until ``end``."""
        for day in self._days(start, end):
            insort(self._taken[day], (start, end, seat))
            self._starts.pop(day, None)

    def give_back(self, start: int, end: int, seat: int) -> None:
        """Undo ``take`` with the same values."""
        for day in self._days(start, end):
            self._taken[day].remove((start, end, seat))
            self._starts.pop(day, None)

    def _find_starts(self, day: date, length: int) -> Spans:
        work = self.at_work(day)
        taken = self._taken.get(day, [])
        if not work or not taken:
            return starts_for(work, length)
        seats: defaultdict[int, Spans] = defaultdict(list)
        for start, end, seat in taken:
            seats[seat].append((start, end))
        if max(seats) > self.resource.seats:
            work = subtract(work, _full(taken, self.resource.seats))
        return union(
            start
            for seat in range(1, self.resource.seats + 1)
            for start in starts_for(subtract(work, seats.get(seat, [])), length)
        )

    def _days(self, start: int, end: int) -> list[date]:
        zone = self.opening.zone
        day, days = datetime.fromtimestamp(start, zone).date(), []
        while True:
            days.append(day)
            parts = day_parts(day, zone)
            if parts and parts[-1][1] >= end:
                return days
            day += _DAY


def _full(taken: list[tuple[int, int, int]], seats: int) -> Spans:
    """When as many visits run at once as there are seats."""
    edges = sorted([(start, 1) for start, _, _ in taken] + [(end, -1) for _, end, _ in taken])
    found: list[Span] = []
    running = since = 0
    for at, step in edges:
        before, running = running, running + step
        if before < seats <= running:
            since = at
        elif running < seats <= before:
            found.append((since, at))
    return union(found)
