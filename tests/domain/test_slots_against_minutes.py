"""The search offers exactly the times that a walk over every minute finds, on days of clock changes too."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.local_time import start_of_day
from scheduling.domain.opening import Hours, HoursChange, Opening
from scheduling.domain.seats import Busy, Resource, ResourceKind
from scheduling.domain.slots import Fit, House, Needs, Window, find_slots
from tests.domain.minute_by_minute import free_times

DAY = timedelta(days=1)
ENOUGH = 10_000

# the Sunday or the other day on which the clocks change, and ordinary days around it
PLACES = [
    ("America/Chicago", date(2027, 3, 14)),
    ("America/Chicago", date(2027, 11, 7)),
    ("Australia/Lord_Howe", date(2027, 4, 4)),  # half an hour
    ("Australia/Lord_Howe", date(2027, 10, 3)),
    ("Africa/Cairo", date(2027, 4, 30)),  # skips midnight on a Friday
    ("Africa/Cairo", date(2027, 10, 28)),  # the hour before midnight comes twice
    ("Asia/Kathmandu", date(2027, 5, 5)),
]
times_of_day = st.integers(0, 95).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))


@st.composite
def spans_of_day(draw: st.DrawFn) -> tuple[time, time]:
    first, last = sorted((draw(times_of_day), draw(times_of_day)))
    return (first, last) if first < last else (first, time())


@st.composite
def resources(draw: st.DrawFn, number: int, kind: ResourceKind, first: date, zone: ZoneInfo) -> Resource:
    days = [first + offset * DAY for offset in range(3)]
    hours: list[Hours] = []
    for day in days:
        hours += [Hours(day.weekday(), *draw(spans_of_day())) for _ in range(draw(st.integers(0, 2)))]
    changes = []
    for _ in range(draw(st.integers(0, 2))):
        from_day = draw(st.integers(0, 2))
        times = draw(st.one_of(st.just((None, None)), spans_of_day()))
        changes.append(
            HoursChange(
                days[from_day], days[draw(st.integers(from_day, 2))], draw(st.booleans()), times[0], times[1]
            )
        )
    busy = []
    midnight = start_of_day(first, zone)
    seats = draw(st.integers(1, 3))
    for _ in range(draw(st.integers(0, 5))):
        start = midnight + timedelta(minutes=draw(st.integers(-30, 3 * 24 * 12)) * 5)
        end = start + timedelta(minutes=draw(st.integers(1, 60)) * 5)
        seat = draw(st.integers(1, seats + 1))
        if not any(each.seat == seat and each.starts_at < end and each.ends_at > start for each in busy):
            busy.append(Busy(start, end, seat))
    return Resource(number, kind, seats, tuple(hours), tuple(changes), tuple(busy))


@st.composite
def houses(draw: st.DrawFn) -> tuple[House, Needs, date, tuple[Busy, ...]]:
    name, middle = draw(st.sampled_from(PLACES))
    zone, first = ZoneInfo(name), middle - DAY
    closed = draw(st.frozensets(st.sampled_from([first, middle, middle + DAY]), max_size=1))
    weekdays = draw(st.sampled_from([frozenset(range(7)), frozenset(range(6))]))
    house_hours = draw(st.none() | st.builds(lambda span: (Hours(middle.weekday(), *span),), spans_of_day()))
    found = [
        draw(resources(number, kind, first, zone))
        for number, kind in enumerate(
            [ResourceKind.NURSE] * draw(st.integers(0, 2))
            + [ResourceKind.ROOM] * draw(st.integers(0, 2))
            + [ResourceKind.CAPACITY],
            start=1,
        )
    ]
    now = start_of_day(first, zone) + timedelta(minutes=draw(st.integers(-600, 2000)))
    house = House(
        Opening(zone, weekdays, closed, house_hours), found, now, draw(st.sampled_from([5, 15, 20, 30, 45]))
    )
    needs = Needs(
        draw(st.sampled_from([10, 15, 30, 45, 60, 150])),
        needs_nurse=draw(st.booleans()),
        needs_room=draw(st.booleans()),
        capacity_id=draw(st.none() | st.just(found[-1].id)),
        preferred_nurse_id=draw(st.none() | st.just(1)),
        nurse_id=draw(st.none() | st.none() | st.just(1)),
    )
    start = start_of_day(middle, zone) + timedelta(minutes=draw(st.integers(0, 1440)))
    busy = (Busy(start, start + timedelta(minutes=draw(st.integers(1, 120)))),) if draw(st.booleans()) else ()
    return house, needs, first, busy


@given(houses())
def test_the_search_finds_exactly_the_free_times(drawn: tuple[House, Needs, date, tuple[Busy, ...]]) -> None:
    house, needs, first, patient_busy = drawn

    offered = find_slots(
        needs, Window(first, first + 2 * DAY), house, patient_busy=patient_busy, limit=ENOUGH
    )

    in_window = [slot for slot in offered if slot.fit is Fit.IN_WINDOW]
    expected = {
        free.starts_at: free
        for offset in range(3)
        for free in free_times(
            first + offset * DAY, needs, house.opening, house.resources, now=house.now,
            slot_minutes=house.slot_minutes, patient_busy=patient_busy,
        )
    }  # fmt: skip
    assert {slot.starts_at for slot in in_window} == set(expected)
    assert len({slot.starts_at for slot in offered}) == len(offered)
    for slot in in_window:
        free = expected[slot.starts_at]
        assert slot.ends_at - slot.starts_at == timedelta(minutes=needs.duration_minutes)
        assert slot.starts_at.astimezone(house.opening.zone).date() == slot.local_on
        assert slot.nurse_id in free.nurses if needs.needs_nurse else slot.nurse_id is None
        assert slot.room_id in free.rooms if needs.needs_room else slot.room_id is None
        if needs.needs_nurse and needs.preferred_nurse_id in free.nurses:
            assert slot.nurse_id == needs.preferred_nurse_id


@given(houses(), st.integers(1, 8))
def test_a_short_answer_is_the_beginning_of_the_long_one(
    drawn: tuple[House, Needs, date, tuple[Busy, ...]], limit: int
) -> None:
    house, needs, first, patient_busy = drawn
    window = Window(first + DAY, first + DAY, must_by=first + 2 * DAY, earliest_on=first)

    short = find_slots(needs, window, house, patient_busy=patient_busy, limit=limit)
    long = find_slots(needs, window, house, patient_busy=patient_busy, limit=ENOUGH)

    assert short == long[:limit]
    assert [slot.fit for slot in long] == sorted(slot.fit for slot in long)


@given(houses())
def test_an_offered_seat_is_free_and_stays_the_only_taker(
    drawn: tuple[House, Needs, date, tuple[Busy, ...]],
) -> None:
    house, needs, first, patient_busy = drawn
    taken: list[tuple[int, int, datetime, datetime]] = []
    window = Window(first, first + 2 * DAY)

    while slots := find_slots(needs, window, house, patient_busy=patient_busy, limit=1):
        slot = slots[0]
        if slot.fit is not Fit.IN_WINDOW or not (needs.needs_nurse or needs.needs_room or needs.capacity_id):
            break
        for book_id in (slot.nurse_id, slot.room_id, slot.capacity_id):
            if book_id is None:
                continue
            book = house.books[book_id]
            start, end = int(slot.starts_at.timestamp()), int(slot.ends_at.timestamp())
            seat = book.free_seat(start, end)
            assert seat <= book.resource.seats
            for other in taken:
                overlaps = other[2] < slot.ends_at and other[3] > slot.starts_at
                assert not (other[:2] == (book_id, seat) and overlaps)
            book.take(start, end, seat)
            taken.append((book_id, seat, slot.starts_at, slot.ends_at))


def test_the_truth_itself_sees_a_known_day() -> None:
    """One nurse from 9 to 10 with a visit at half past: of 15-minute starts for half an hour only 9:00 is left."""
    zone, day = ZoneInfo("America/Chicago"), date(2027, 3, 15)
    half_past = datetime(2027, 3, 15, 14, 30, tzinfo=UTC)
    nurse = Resource(
        1, ResourceKind.NURSE, 1, (Hours(0, time(9), time(10)),), (), (Busy(half_past, half_past + timedelta(minutes=15)),)
    )  # fmt: skip

    found = list(
        free_times(
            day, Needs(30, needs_room=False), Opening(zone, frozenset(range(5))), [nurse],
            now=datetime(2027, 1, 1, tzinfo=UTC), slot_minutes=15,
        )
    )  # fmt: skip

    assert [free.starts_at for free in found] == [datetime(2027, 3, 15, 14, tzinfo=UTC)]
