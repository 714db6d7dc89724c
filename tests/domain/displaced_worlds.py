"""Worlds in which visits are displaced, and the exact answers about them that the planner is held to."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from scheduling.domain.opening import Hours, Opening
from scheduling.domain.replacement import Displaced, NewTime
from scheduling.domain.seats import Busy, Resource, ResourceKind
from scheduling.domain.slots import House, Needs
from tests.domain.minute_by_minute import free_times

CHICAGO = ZoneInfo("America/Chicago")
DAY = timedelta(days=1)
MONDAY = date(2027, 3, 1)
NOW = datetime(2027, 2, 22, 15, tzinfo=UTC)
WEEKDAYS = frozenset(range(5))


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), CHICAGO).astimezone(UTC)


def nurse(number: int = 1, first: int = 9, last: int = 12, **values: object) -> Resource:
    hours = tuple(Hours(weekday, time(first), time(last)) for weekday in range(5))
    return replace(Resource(number, ResourceKind.NURSE, hours=hours), **values)  # type: ignore[arg-type]


ROOM = Resource(8, ResourceKind.ROOM)


def visit(
    number: int, day: date, hour: int, *, until: int, last: int | None = None, **values: object
) -> Displaced:
    """A visit of an hour with nurse 1 in room 8, in time up to so many days after Monday."""
    made = Displaced(
        id=number, patient_id=number, needs=Needs(60), starts_at=at(day, hour), nurse_id=1, room_id=8,
        earliest_on=MONDAY - 7 * DAY, latest_on=MONDAY + until * DAY,
        last_on=MONDAY + (until if last is None else last) * DAY,
    )  # fmt: skip
    return replace(made, **values)  # type: ignore[arg-type]


def house(*resources: Resource, closed: Sequence[date] = (), grid: int = 30) -> House:
    return House(Opening(CHICAGO, WEEKDAYS, frozenset(closed)), resources, NOW, grid)


def exact(asked: Sequence[Displaced], place: House) -> tuple[int, int]:
    """The fewest without a time, and of those the fewest late, by trying everything."""
    options = [list(every_option(each, place)) for each in asked]

    def fewest(
        number: int, chosen: tuple[tuple[Displaced, datetime, datetime, int | None, int | None], ...]
    ) -> tuple[int, int]:
        if number == len(asked):
            return 0, 0
        best = fewest(number + 1, chosen)
        best = (best[0] + 1, best[1])
        for start, nurse_id, room_id in options[number]:
            end = start + timedelta(minutes=asked[number].needs.duration_minutes)
            if any(clashes(asked[number], start, end, nurse_id, room_id, *other) for other in chosen):
                continue
            latest = asked[number].latest_on
            is_late = latest is not None and start.astimezone(CHICAGO).date() > latest
            rest = fewest(number + 1, (*chosen, (asked[number], start, end, nurse_id, room_id)))
            best = min(best, (rest[0], rest[1] + is_late))
        return best

    return fewest(0, ())


def every_option(asked: Displaced, place: House) -> Iterator[tuple[datetime, int | None, int | None]]:
    day = asked.earliest_on
    while day <= asked.last_on:
        yield from options_on(
            day, asked.needs, place.opening, tuple(place.resources), place.now, place.slot_minutes
        )
        day += DAY


@lru_cache(maxsize=4096)
def options_on(
    day: date,
    needs: Needs,
    opening: Opening,
    resources: tuple[Resource, ...],
    now: datetime,
    slot_minutes: int,
) -> list[tuple[datetime, int | None, int | None]]:
    return [
        (free.starts_at, nurse_id, room_id)
        for free in free_times(day, needs, opening, resources, now=now, slot_minutes=slot_minutes)
        for nurse_id in sorted(free.nurses)
        for room_id in (sorted(free.rooms) if needs.needs_room else [None])
    ]


def clashes(
    asked: Displaced, start: datetime, end: datetime, nurse_id: int | None, room_id: int | None,
    other: Displaced, other_start: datetime, other_end: datetime, other_nurse: int | None, other_room: int | None,
) -> bool:  # fmt: skip
    shares = (
        asked.patient_id == other.patient_id
        or nurse_id == other_nurse
        or (room_id is not None and room_id == other_room)
    )
    return shares and start < other_end and other_start < end


def check_sound(asked: Sequence[Displaced], place: House, found: Sequence[NewTime]) -> None:
    """Every new time is one that the walk over every minute allows, and no two clash."""
    placed = []
    for each, new in zip(asked, found, strict=True):
        if new.starts_at is None:
            continue
        assert new.day is not None
        assert new.ends_at is not None
        assert (new.starts_at, new.nurse_id, new.room_id) in set(every_option(each, place))
        assert each.earliest_on <= new.day <= each.last_on
        assert new.is_past_latest == (each.latest_on is not None and new.day > each.latest_on)
        here = (each, new.starts_at, new.ends_at, new.nurse_id, new.room_id)
        assert not any(clashes(*here, *other) for other in placed)
        placed.append(here)


def most_matched(asked: Sequence[Displaced], place: House, *, in_time: bool) -> int:
    """The greatest number that can have a time at once, by augmenting paths over visits and times."""
    times: dict[tuple[datetime, int], int] = {}
    options = [
        [
            (start, nurse_id or 0)
            for start, nurse_id, _ in every_option(replace(each, last_on=each.latest_on or each.last_on) if in_time else each, place)
        ]
        for each in asked
    ]  # fmt: skip

    def augment(number: int, seen: set[tuple[datetime, int]]) -> bool:
        for option in options[number]:
            if option not in seen:
                seen.add(option)
                if option not in times or augment(times[option], seen):
                    times[option] = number
                    return True
        return False

    return sum(augment(number, set()) for number in range(len(asked)))


def fortnight(*, nurses: int, busy_part: float) -> tuple[list[Displaced], House]:
    """200 visits of a closed fortnight, of mixed lengths, with deadlines from its second week on."""
    chance = random.Random(7)
    closed = [MONDAY + offset * DAY for offset in range(12)]
    people = []
    for number in range(1, nurses + 1):
        busy = [
            Busy(at(MONDAY + day * DAY, hour), at(MONDAY + day * DAY, hour + 1))
            for day in [*range(-7, 0), *range(14, 40)]
            for hour in range(9, 17)
            if chance.random() < busy_part
        ]
        people.append(nurse(number, 9, 17, busy=tuple(busy)))
    rooms = [replace(ROOM, id=50 + number) for number in range(nurses)]
    asked = []
    for number in range(200):
        until = chance.randint(10, 30)
        who = chance.randint(1, nurses)
        asked.append(
            visit(
                number, closed[number % 5 + number % 2 * 7], chance.randint(9, 15), until=until, last=until + 3,
                needs=Needs(chance.choice([30, 60, 60])), nurse_id=who, room_id=49 + who,
            )
        )  # fmt: skip
    return asked, house(*people, *rooms, closed=closed, grid=15)
