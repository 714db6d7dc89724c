"""The board on which visits of closed days are placed anew: what is free, what stands in whose way, and the way back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from scheduling.domain.intervals import Span, Spans, intersect, seconds_of, starts_for, subtract, union
from scheduling.domain.local_time import date_of
from scheduling.domain.seats import Busy, ResourceKind, SeatBook
from scheduling.domain.slots import House, Needs, first_free, starts_on
from scheduling.domain.wall_time import grid_starts, shown_second

MOST_BLOCKERS = 3
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Displaced:
    """A visit that needs a new time. Nobody minds it after ``latest_on`` when that is None.

    ``earliest_on`` and ``last_on`` bound the days looked at; a refill's ``last_on`` is its *must refill by*.
    """

    id: int
    patient_id: int
    needs: Needs
    starts_at: datetime
    nurse_id: int | None
    room_id: int | None
    earliest_on: date
    latest_on: date | None
    last_on: date


@dataclass(frozen=True, slots=True)
class Place:
    """A time on the board, with the nurse and the room."""

    day: date
    start: int
    nurse_id: int | None
    room_id: int | None


class Board:
    """Free and taken seats with the displaced visits among them; every change can be taken back to a mark."""

    def __init__(
        self, displaced: Sequence[Displaced], house: House, patient_busy: Mapping[int, Sequence[Busy]]
    ) -> None:
        self.house = house
        self.wanted = {visit.id: visit for visit in displaced}
        self.where: dict[int, Place] = {}
        self._today = date_of(house.now, house.opening.zone)
        self._patients: dict[int, list[Span]] = {
            patient_id: [(seconds_of(each.starts_at), seconds_of(each.ends_at)) for each in busy]
            for patient_id, busy in patient_busy.items()
        }
        self._of_patient: defaultdict[int, list[int]] = defaultdict(list)
        for visit in displaced:
            self._of_patient[visit.patient_id].append(visit.id)
        self._seats: dict[int, list[tuple[int, int, int, int]]] = {}
        self._holder: dict[tuple[int, int, int, int], int] = {}
        self._journal: list[tuple[int, Place | None]] = []
        self._placed_on: defaultdict[date, list[Span]] = defaultdict(list)
        self._weeks: dict[tuple[int, date], list[list[date]]] = {}
        self._left: dict[tuple[int | None, date, int], Spans] = {}
        self._before = {number: book.copy() for number, book in house.books.items()}

    def put(self, visit_id: int, place: Place) -> None:
        """Place a visit where it is free."""
        self._journal.append((visit_id, None))
        self._put(visit_id, place)

    def lift(self, visit_id: int) -> None:
        """Take a placed visit off the board."""
        self._journal.append((visit_id, self.where[visit_id]))
        self._lift(visit_id)

    def mark(self) -> int:
        """A point to which ``roll_back`` returns."""
        return len(self._journal)

    def roll_back(self, mark: int) -> None:
        """Undo everything since the mark."""
        while len(self._journal) > mark:
            visit_id, before = self._journal.pop()
            if before is None:
                self._lift(visit_id)
            else:
                self._put(visit_id, before)

    def best_free(self, visit: Displaced, until: date) -> Place | None:
        """The free time with the fewest changes for the patient, up to this day; None when nothing is free.

        The same time with another nurse or room changes nothing for the patient and comes first. Then: the
        same nurse, the same room, the nearest week, the same time of day, the nearest day, the earlier one.
        """
        return self._same_time(visit, until) or self._fewest_changes(visit, until)

    def free_places(self, visit: Displaced, until: date) -> Iterator[Place | None]:
        """Every free place up to this day, with every nurse and room, earliest day first.

        None each time that a day, nurse and room are looked at. Between two answers the board may change, but
        must be as it was when the next is asked for.
        """
        patient = self._patient_spans(visit)
        for day in sorted(day for week in self._days(visit, until) for day in week):
            for nurse in self._books(ResourceKind.NURSE, visit):
                for room in self._books(ResourceKind.ROOM, visit):
                    yield None
                    for start in self._starts(visit, day, nurse, room, patient):
                        yield Place(day, start, _id(nurse), _id(room))

    def crowded_places(
        self, visit: Displaced, until: date, avoid: Collection[int]
    ) -> Iterator[tuple[Place, frozenset[int]] | None]:
        """Places that the visit could have if a few displaced visits (whose ids are named) made way.

        None for a place looked at in vain: nobody in ``avoid`` is asked to move.
        """
        for week in self._days(visit, until):
            for day in week:
                for nurse in self._books(ResourceKind.NURSE, visit):
                    for start in self._starts_beside_others(visit, day, nurse):
                        yield self._in_the_way(visit, day, start, nurse, avoid)

    def _put(self, visit_id: int, place: Place) -> None:
        visit = self.wanted[visit_id]
        end = place.start + visit.needs.seconds
        seats = []
        for resource_id in (place.nurse_id, place.room_id, visit.needs.capacity_id):
            if resource_id is None:
                continue
            book = self.house.books[resource_id]
            seat = book.free_seat(place.start, end)
            book.take(place.start, end, seat)
            seats.append((resource_id, place.start, end, seat))
            self._holder[seats[-1]] = visit_id
        self._seats[visit_id] = seats
        self._placed_on[place.day].append((place.start, end))
        self.where[visit_id] = place

    def _lift(self, visit_id: int) -> None:
        place = self.where.pop(visit_id)
        self._placed_on[place.day].remove((place.start, place.start + self.wanted[visit_id].needs.seconds))
        for taken in self._seats.pop(visit_id):
            resource_id, start, end, seat = taken
            self.house.books[resource_id].give_back(start, end, seat)
            del self._holder[taken]

    def _same_time(self, visit: Displaced, until: date) -> Place | None:
        start = seconds_of(visit.starts_at)
        day = date_of(visit.starts_at, self.house.opening.zone)
        if not visit.earliest_on <= day <= until:
            return None
        nurses, rooms = self._all(ResourceKind.NURSE, visit), self._all(ResourceKind.ROOM, visit)
        free = starts_on(
            day, visit.needs, self.house, nurses=nurses, rooms=rooms, patient=self._patient_spans(visit)
        )
        return self._place(visit, day, start, nurses, rooms) if start in free else None

    def _fewest_changes(self, visit: Displaced, until: date) -> Place | None:
        patient = self._patient_spans(visit)
        wanted_day = date_of(visit.starts_at, self.house.opening.zone)
        wanted_second = shown_second(seconds_of(visit.starts_at), wanted_day, self.house.opening.zone)
        for nurses in self._groups(ResourceKind.NURSE, visit):
            for rooms in self._groups(ResourceKind.ROOM, visit):
                for week in self._days(visit, until):
                    found = [
                        (self._distance(start, day, wanted_second, wanted_day), day, start)
                        for day in week
                        for start in starts_on(
                            day, visit.needs, self.house, nurses=nurses, rooms=rooms, patient=patient
                        )
                    ]
                    if found:
                        _, day, start = min(found)
                        return self._place(visit, day, start, nurses, rooms)
        return None

    def _distance(self, start: int, day: date, second: int, wanted_day: date) -> tuple[bool, int, bool, int]:
        apart = abs(shown_second(start, day, self.house.opening.zone) - second)
        return apart != 0, abs((day - wanted_day).days), day > wanted_day, apart

    def _place(
        self, visit: Displaced, day: date, start: int, nurses: Sequence[SeatBook], rooms: Sequence[SeatBook]
    ) -> Place:
        length = visit.needs.seconds
        return Place(
            day,
            start,
            first_free(nurses, day, start, length) if visit.needs.needs_nurse else None,
            first_free(rooms, day, start, length) if visit.needs.needs_room else None,
        )

    def _starts(
        self, visit: Displaced, day: date, nurse: SeatBook | None, room: SeatBook | None, patient: Spans
    ) -> list[int]:
        return starts_on(
            day,
            visit.needs,
            self.house,
            nurses=[] if nurse is None else [nurse],
            rooms=[] if room is None else [room],
            patient=patient,
        )

    def _starts_beside_others(self, visit: Displaced, day: date, nurse: SeatBook | None) -> list[int]:
        """Starts on the grid that other bookings leave, beside a displaced visit or an end of what they leave."""
        length, step = visit.needs.seconds, self.house.slot_minutes * 60
        left = self._left_by_others(nurse, visit, day)
        if not left:
            return []
        edges = {edge for low, high in left for edge in (low, high - 1)}
        for start, end in self._placed_on[day]:
            edges |= {start, end, start - length, end - length}
        near = union((edge - step + 1, edge + step) for edge in edges)
        return grid_starts(day, intersect(left, near), step, self.house.opening.zone)

    def _left_by_others(self, nurse: SeatBook | None, visit: Displaced, day: date) -> Spans:
        """Where a visit of this length could begin if no displaced visit were placed."""
        length = visit.needs.seconds
        key = (_id(nurse), day, length)
        if key not in self._left:
            if nurse is None:
                found = starts_for(self.house.opening.house_on(day), length)
            else:
                found = self._before[nurse.resource.id].starts(day, length)
            self._left[key] = subtract(found, [(0, self.house.first_second)])
        return self._left[key]

    def _in_the_way(
        self, visit: Displaced, day: date, start: int, nurse: SeatBook | None, avoid: Collection[int]
    ) -> tuple[Place, frozenset[int]] | None:
        end = start + visit.needs.seconds
        blockers: frozenset[int] | None = self._patient_in_the_way(visit, start, end)
        capacity = None if visit.needs.capacity_id is None else self.house.books[visit.needs.capacity_id]
        for book in (nurse, capacity):
            if book is not None and blockers is not None:
                more = self._seat_in_the_way(book, day, start, end)
                blockers = None if more is None else blockers | more
        if blockers is None or not blockers.isdisjoint(avoid):
            return None
        room_id = None
        if visit.needs.needs_room:
            room = self._room_in_the_way(visit, day, start, end, blockers, avoid)
            if room is None:
                return None
            room_id, blockers = room
        return (
            (Place(day, start, _id(nurse), room_id), blockers) if 0 < len(blockers) <= MOST_BLOCKERS else None
        )

    def _room_in_the_way(
        self,
        visit: Displaced,
        day: date,
        start: int,
        end: int,
        blockers: frozenset[int],
        avoid: Collection[int],
    ) -> tuple[int, frozenset[int]] | None:
        """The room that costs the fewest further visits their place, with all who must make way."""
        best: tuple[int, frozenset[int]] | None = None
        for book in self._all(ResourceKind.ROOM, visit):
            found = self._seat_in_the_way(book, day, start, end)
            if found is None or not found.isdisjoint(avoid):
                continue
            together = blockers | found
            if best is None or len(together) < len(best[1]):
                best = book.resource.id, together
            if together == blockers:
                break
        return best

    def _seat_in_the_way(self, book: SeatBook, day: date, start: int, end: int) -> frozenset[int] | None:
        """The displaced visits on the seat that takes the fewest away; None where no seat can be had."""
        if book.has_room(day, start, end - start):
            return frozenset()
        if not any(low <= start and end <= high for low, high in book.at_work(day)):
            return None
        holders: defaultdict[int, set[int | None]] = defaultdict(set)
        for low, high, seat in book.taken(start, end):
            if seat > book.resource.seats:
                return None  # overbooked by somebody: leave it alone
            holders[seat].add(self._holder.get((book.resource.id, low, high, seat)))
        movable = [
            frozenset(each for each in held if each is not None)
            for held in holders.values()
            if None not in held
        ]
        return min(movable, key=len, default=None)

    def _patient_in_the_way(self, visit: Displaced, start: int, end: int) -> frozenset[int] | None:
        if any(low < end and high > start for low, high in self._patients.get(visit.patient_id, ())):
            return None
        others = (other for other in self._of_patient[visit.patient_id] if other != visit.id)
        return frozenset(
            other
            for other in others
            if (place := self.where.get(other)) is not None
            and place.start < end
            and place.start + self.wanted[other].needs.seconds > start
        )

    def _patient_spans(self, visit: Displaced) -> Spans:
        own = [
            (place.start, place.start + self.wanted[other].needs.seconds)
            for other in self._of_patient[visit.patient_id]
            if other != visit.id and (place := self.where.get(other)) is not None
        ]
        return union([*self._patients.get(visit.patient_id, ()), *own])

    def _days(self, visit: Displaced, until: date) -> list[list[date]]:
        """The open days the visit may be on, week by week away from where it was, nearest first."""
        key = (visit.id, until)
        if key not in self._weeks:
            first = max(visit.earliest_on, self._today)
            wanted = date_of(visit.starts_at, self.house.opening.zone)
            days = [first + number * _DAY for number in range((until - first).days + 1)]
            days = [day for day in days if self.house.opening.is_open(day)]
            days.sort(key=lambda day: (abs((day - wanted).days), day > wanted))
            self._weeks[key] = [
                list(week) for _, week in groupby(days, key=lambda day: abs((day - wanted).days) // 7)
            ]
        return self._weeks[key]

    def _all(self, kind: ResourceKind, visit: Displaced) -> list[SeatBook]:
        """The books the visit may have, its own first."""
        only = visit.needs.nurse_id if kind is ResourceKind.NURSE else visit.needs.room_id
        return [book for group in self._split(kind, visit, only) for book in group]

    def _groups(self, kind: ResourceKind, visit: Displaced) -> list[list[SeatBook]]:
        """The visit's own nurse or room, then the others; one empty group where it needs none."""
        is_needed = visit.needs.needs_nurse if kind is ResourceKind.NURSE else visit.needs.needs_room
        if not is_needed:
            return [[]]
        only = visit.needs.nurse_id if kind is ResourceKind.NURSE else visit.needs.room_id
        return [group for group in self._split(kind, visit, only) if group]

    def _split(self, kind: ResourceKind, visit: Displaced, only: int | None) -> list[list[SeatBook]]:
        own = visit.nurse_id if kind is ResourceKind.NURSE else visit.room_id
        books = self.house.of_kind(kind, only)
        return [
            [book for book in books if book.resource.id == own],
            [book for book in books if book.resource.id != own],
        ]

    def _books(self, kind: ResourceKind, visit: Displaced) -> Sequence[SeatBook | None]:
        is_needed = visit.needs.needs_nurse if kind is ResourceKind.NURSE else visit.needs.needs_room
        return self._all(kind, visit) if is_needed else [None]


def _id(book: SeatBook | None) -> int | None:
    return None if book is None else book.resource.id
