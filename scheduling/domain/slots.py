"""Free times for a visit: any nurse with any room, wherever all that the visit needs is free for its whole length.

Times begin on the clinic's grid as its clocks show it, and a visit lies within one local day. First come those
that fit between target and latest, then earlier ones, then those after latest, marked at risk; times after the
refill must have happened only when there is nothing else. The search works on spans, day by day, and stops as
soon as it has enough.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import IntEnum
from itertools import islice

from scheduling.domain.intervals import (
    Spans,
    instant_at,
    intersect,
    seconds_of,
    starts_for,
    subtract,
    union,
)
from scheduling.domain.local_time import date_of
from scheduling.domain.opening import Opening
from scheduling.domain.seats import Busy, Resource, ResourceKind, SeatBook
from scheduling.domain.wall_time import DAY_SECONDS, day_parts, grid_starts

DAYS_SEARCHED_AFTER_DEADLINE = 28
_DAY = timedelta(days=1)


class Fit(IntEnum):
    """How a day stands to the window, best first."""

    IN_WINDOW = 0
    EARLY = 1
    AT_RISK = 2
    TOO_LATE = 3


@dataclass(frozen=True, slots=True)
class Window:
    """The days a visit should be on. Without ``must_by`` every day after ``latest_on`` is at risk, none too late."""

    target_on: date
    latest_on: date
    must_by: date | None = None
    earliest_on: date | None = None

    def __post_init__(self) -> None:
        if self.latest_on < self.target_on:
            raise ValueError("a window ends before it begins")

    def fit_on(self, day: date) -> Fit:
        """How the day fits."""
        if day < self.target_on:
            return Fit.EARLY
        if day <= self.latest_on:
            return Fit.IN_WINDOW
        return Fit.AT_RISK if self.must_by is None or day <= self.must_by else Fit.TOO_LATE

    def days(self, today: date) -> list[tuple[Fit, Sequence[date]]]:
        """The days to search from ``today`` on, best first; the early ones nearest to the target first."""
        beyond = max(today, self.latest_on if self.must_by is None else self.must_by)
        beyond += timedelta(days=DAYS_SEARCHED_AFTER_DEADLINE)
        early = _days(max(today, self.earliest_on or self.target_on), self.target_on - _DAY)
        at_risk_until = beyond if self.must_by is None else self.must_by
        after = [] if self.must_by is None else _days(max(today, self.must_by + _DAY), beyond)
        return [
            (Fit.IN_WINDOW, _days(max(today, self.target_on), self.latest_on)),
            (Fit.EARLY, early[::-1]),
            (Fit.AT_RISK, _days(max(today, self.latest_on + _DAY), at_risk_until)),
            (Fit.TOO_LATE, after),
        ]


@dataclass(frozen=True, slots=True)
class Needs:
    """What a visit takes, all at once. ``nurse_id`` and ``room_id`` ask for a certain one."""

    duration_minutes: int
    needs_nurse: bool = True
    needs_room: bool = True
    capacity_id: int | None = None
    nurse_id: int | None = None
    room_id: int | None = None
    preferred_nurse_id: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.duration_minutes <= 24 * 60:
            raise ValueError("a visit takes from 1 minute to a day")

    @property
    def seconds(self) -> int:
        """The duration in seconds."""
        return self.duration_minutes * 60


@dataclass(frozen=True, slots=True)
class Slot:
    """A free time, with the nurse and the room that are free for all of it. Instants in UTC."""

    starts_at: datetime
    ends_at: datetime
    local_on: date
    fit: Fit
    nurse_id: int | None = None
    room_id: int | None = None
    capacity_id: int | None = None

    @property
    def is_at_risk(self) -> bool:
        """Whether it is after the last day the clinic accepts."""
        return self.fit >= Fit.AT_RISK


@dataclass(slots=True)
class House:
    """What free times are searched in. Nurses and rooms are tried in the order given; instants from ``now`` on."""

    opening: Opening
    resources: Sequence[Resource]
    now: datetime
    slot_minutes: int = 15
    books: dict[int, SeatBook] = field(init=False)
    first_second: int = field(init=False)
    """The first whole second that is not before ``now``."""

    def __post_init__(self) -> None:
        if self.now.tzinfo is None:
            raise ValueError("a time without a zone is not an instant")
        if not 1 <= self.slot_minutes <= DAY_SECONDS // 60:
            raise ValueError("the grid is from 1 minute to a day")
        self.first_second = seconds_of(self.now - timedelta(microseconds=1)) + 1
        self.books = {each.id: SeatBook(each, self.opening) for each in self.resources}

    def of_kind(self, kind: ResourceKind, only: int | None = None) -> list[SeatBook]:
        """The books of one kind, or of one resource of it."""
        return [
            book
            for book in self.books.values()
            if book.resource.kind is kind and only in (None, book.resource.id)
        ]


def find_slots(
    needs: Needs,
    window: Window,
    house: House,
    *,
    patient_busy: Sequence[Busy] = (),
    limit: int = 20,
    most_a_day: int | None = None,
    fits: Collection[Fit] = tuple(Fit),
) -> list[Slot]:
    """Up to ``limit`` free times, best first: by fit, the preferred nurse's before others', then in time.

    Each start is offered once, with the first nurse and room that can. Every slot offered is free for its
    whole length of whatever the visit needs and of the patient's other visits, and none begins before
    ``house.now``. Times that are too late come only when there are no others. ``fits`` leaves out the rest.
    """
    today = date_of(house.now, house.opening.zone)
    patient = union((seconds_of(busy.starts_at), seconds_of(busy.ends_at)) for busy in patient_busy)
    found: list[Slot] = []
    for fit, days in window.days(today):
        if fit not in fits:
            continue
        if fit is Fit.TOO_LATE and found:
            break
        slots = _slots_by_preference(needs, fit, days, house, patient, most_a_day)
        found.extend(islice(slots, limit - len(found)))
        if len(found) >= limit:
            break
    return found


def starts_on(
    day: date,
    needs: Needs,
    house: House,
    *,
    nurses: Sequence[SeatBook],
    rooms: Sequence[SeatBook],
    patient: Spans,
) -> list[int]:
    """The grid starts of one day (seconds since 1970) at which the visit could be.

    One of the nurses, one of the rooms, the capacity and the patient are then free for all of it, as far as
    the visit needs them.
    """
    if not house.opening.is_open(day):
        return []
    length = needs.seconds
    parts = day_parts(day, house.opening.zone)
    if not parts:
        return []
    whole = (max(parts[0][0], house.first_second), parts[-1][1])
    spans = subtract(starts_for([whole], length), [(low - length + 1, high) for low, high in patient])
    if needs.needs_nurse:
        spans = intersect(spans, any_starts(nurses, day, length))
    else:
        spans = intersect(spans, starts_for(house.opening.house_on(day), length))
    if needs.needs_room and spans:
        spans = intersect(spans, any_starts(rooms, day, length))
    if needs.capacity_id is not None and spans:
        capacity = house.of_kind(ResourceKind.CAPACITY, needs.capacity_id)
        spans = intersect(spans, any_starts(capacity, day, length))
    return grid_starts(day, spans, house.slot_minutes * 60, house.opening.zone)


def _slots_by_preference(
    needs: Needs, fit: Fit, days: Sequence[date], house: House, patient: Spans, most_a_day: int | None
) -> Iterator[Slot]:
    nurses = house.of_kind(ResourceKind.NURSE, needs.nurse_id)
    rooms = house.of_kind(ResourceKind.ROOM, needs.room_id)
    preferred = [book for book in nurses if book.resource.id == needs.preferred_nurse_id]
    offered: dict[date, set[int]] = {}
    for chosen in (preferred, nurses) if needs.needs_nurse and preferred else (nurses,):
        for day in days:
            before = offered.setdefault(day, set())
            for start in starts_on(day, needs, house, nurses=chosen, rooms=rooms, patient=patient):
                if most_a_day is not None and len(before) >= most_a_day:
                    break
                if start not in before:
                    before.add(start)
                    yield _slot(day, start, needs, fit, chosen, rooms)


def _slot(
    day: date, start: int, needs: Needs, fit: Fit, nurses: Sequence[SeatBook], rooms: Sequence[SeatBook]
) -> Slot:
    return Slot(
        starts_at=instant_at(start),
        ends_at=instant_at(start + needs.seconds),
        local_on=day,
        fit=fit,
        nurse_id=first_free(nurses, day, start, needs.seconds) if needs.needs_nurse else None,
        room_id=first_free(rooms, day, start, needs.seconds) if needs.needs_room else None,
        capacity_id=needs.capacity_id,
    )


def first_free(books: Sequence[SeatBook], day: date, start: int, length: int) -> int:
    """The first resource on which a visit can begin at this second; one of them must be free."""
    return next(book.resource.id for book in books if book.has_room(day, start, length))


def any_starts(books: Sequence[SeatBook], day: date, length: int) -> Spans:
    """The seconds of a day at which a visit of this length can begin on one of the resources."""
    if len(books) == 1:
        return books[0].starts(day, length)
    return union(span for book in books for span in book.starts(day, length))


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
