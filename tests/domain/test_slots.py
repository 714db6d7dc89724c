"""Free times by example: what comes first, what is marked, what a closed day, a lunch or a full seat takes away."""

from __future__ import annotations

import time as clock
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from scheduling.domain.opening import Hours, HoursChange, Opening
from scheduling.domain.seats import Busy, Resource, ResourceKind
from scheduling.domain.slots import Fit, House, Needs, Slot, Window, find_slots

CHICAGO = ZoneInfo("America/Chicago")
MONDAY = date(2027, 3, 1)
DAY = timedelta(days=1)
NOW = datetime(2027, 2, 26, 15, tzinfo=UTC)  # the Friday before, 9:00 in Chicago
OPENING = Opening(CHICAGO, frozenset(range(5)))
MORNINGS = tuple(Hours(weekday, time(9), time(11)) for weekday in range(5))
ANN = Resource(1, ResourceKind.NURSE, hours=MORNINGS)
BEA = Resource(2, ResourceKind.NURSE, hours=MORNINGS)
ROOM = Resource(3, ResourceKind.ROOM)
CHAIRS = Resource(4, ResourceKind.CAPACITY, seats=2)
HOUR = Needs(60)
WEEK = Window(MONDAY, MONDAY + 4 * DAY)


def busy(day: date, hour: int, minute: int = 0, *, minutes: int = 60, seat: int = 1) -> Busy:
    start = datetime(day.year, day.month, day.day, hour, minute, tzinfo=CHICAGO)
    return Busy(start, start + timedelta(minutes=minutes), seat)


def shown(slots: list[Slot]) -> list[str]:
    return [f"{slot.starts_at.astimezone(CHICAGO):%a %H:%M}" for slot in slots]


def house(*resources: Resource, opening: Opening = OPENING, now: datetime = NOW, grid: int = 30) -> House:
    return House(opening, resources or (ANN, ROOM), now, grid)


def test_times_start_on_the_grid_and_end_within_the_hours() -> None:
    found = find_slots(HOUR, Window(MONDAY, MONDAY), house(), limit=3)

    assert shown(found) == ["Mon 09:00", "Mon 09:30", "Mon 10:00"]
    assert {(slot.nurse_id, slot.room_id, slot.fit) for slot in found} == {(1, 3, Fit.IN_WINDOW)}


TAKEN_AWAY = [
    ("a closed day", {"opening": replace(OPENING, closed_on=frozenset({MONDAY}))}, "Tue 09:00"),
    ("a closed weekday", {"opening": replace(OPENING, open_weekdays=frozenset({2}))}, "Wed 09:00"),
    ("a nurse away all day", {"changes": (HoursChange(MONDAY, MONDAY, False),)}, "Tue 09:00"),
    ("a nurse away for a part", {"changes": (HoursChange(MONDAY, MONDAY, False, time(8), time(9, 30)),)}, "Mon 09:30"),
    ("extra hours before", {"changes": (HoursChange(MONDAY, MONDAY, True, time(8), time(9)),)}, "Mon 08:00"),
    ("away wins over extra hours", {"changes": (
        HoursChange(MONDAY, MONDAY, True, time(8), time(9)), HoursChange(MONDAY, MONDAY, False),
    )}, "Tue 09:00"),
    ("extra hours on a closed day", {
        "opening": replace(OPENING, closed_on=frozenset({MONDAY})),
        "changes": (HoursChange(MONDAY, MONDAY, True, time(8), time(12)),),
    }, "Tue 09:00"),
    ("a visit that leaves too little before it", {"busy": (busy(MONDAY, 9, 30),)}, "Tue 09:00"),
    ("a visit that ends as ours begins", {"busy": (busy(MONDAY, 9),)}, "Mon 10:00"),
    ("an overbooked visit of the only nurse", {"busy": (busy(MONDAY, 9, seat=2),)}, "Mon 10:00"),
    ("the hour that has begun", {"now": datetime(2027, 3, 1, 15, 1, tzinfo=UTC)}, "Mon 09:30"),
    ("the minute itself", {"now": datetime(2027, 3, 1, 15, tzinfo=UTC)}, "Mon 09:00"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "given", "first"), TAKEN_AWAY, ids=[row[0] for row in TAKEN_AWAY])
def test_what_is_not_free_is_not_offered(what: str, given: dict[str, object], first: str) -> None:
    nurse = replace(ANN, **{name: given[name] for name in ("changes", "busy") if name in given})  # type: ignore[arg-type]
    place = house(nurse, ROOM, **{name: given[name] for name in ("opening", "now") if name in given})  # type: ignore[arg-type]

    assert shown(find_slots(HOUR, WEEK, place, limit=1)) == [first]


def test_two_half_free_seats_are_no_seat() -> None:
    chairs = replace(CHAIRS, busy=(busy(MONDAY, 9, minutes=60, seat=1), busy(MONDAY, 10, minutes=60, seat=2)))
    needs = replace(HOUR, capacity_id=chairs.id, duration_minutes=120)

    assert shown(find_slots(needs, WEEK, house(ANN, ROOM, chairs), limit=1)) == ["Tue 09:00"]


def test_a_capacity_of_two_serves_two_at_once_and_no_third() -> None:
    taken = replace(CHAIRS, busy=(busy(MONDAY, 9),))
    full = replace(CHAIRS, busy=(busy(MONDAY, 9), busy(MONDAY, 9, seat=2)))
    needs = Needs(60, capacity_id=CHAIRS.id, needs_room=False)

    assert shown(find_slots(needs, WEEK, house(ANN, taken), limit=1)) == ["Mon 09:00"]
    assert shown(find_slots(needs, WEEK, house(ANN, full), limit=1)) == ["Mon 10:00"]


def test_the_patients_own_visits_are_in_the_way() -> None:
    found = find_slots(HOUR, WEEK, house(), patient_busy=[busy(MONDAY, 9, 45, minutes=15)], limit=1)

    assert shown(found) == ["Mon 10:00"]


def test_any_nurse_and_any_room_will_do_and_the_first_that_can_is_named() -> None:
    ann, second_room = replace(ANN, busy=(busy(MONDAY, 9),)), replace(ROOM, id=5)
    first_room = replace(ROOM, busy=(busy(MONDAY, 9, 30),))

    found = find_slots(HOUR, Window(MONDAY, MONDAY), house(ann, BEA, first_room, second_room), limit=3)

    assert [(slot.nurse_id, slot.room_id) for slot in found] == [(2, 5), (2, 5), (1, 5)]


def test_the_preferred_nurse_comes_first_and_each_start_once() -> None:
    bea = replace(BEA, busy=(busy(MONDAY, 10),))

    found = find_slots(
        replace(HOUR, preferred_nurse_id=2), Window(MONDAY, MONDAY), house(ANN, bea, ROOM), limit=9
    )

    in_window = [slot for slot in found if slot.fit is Fit.IN_WINDOW]
    assert [(slot.nurse_id, *shown([slot])) for slot in in_window] == [
        (2, "Mon 09:00"), (1, "Mon 09:30"), (1, "Mon 10:00"),
    ]  # fmt: skip


def test_in_window_first_then_early_then_at_risk_and_too_late_only_alone() -> None:
    wednesday = MONDAY + 2 * DAY
    window = Window(wednesday, wednesday, must_by=wednesday + DAY, earliest_on=MONDAY)
    narrow = replace(ANN, hours=tuple(Hours(weekday, time(9), time(10)) for weekday in range(5)))
    never = replace(ANN, changes=(HoursChange(MONDAY, wednesday + DAY, False),))

    found = find_slots(HOUR, window, house(narrow, ROOM))
    late = find_slots(HOUR, window, house(never, ROOM), limit=1)

    assert [(shown([slot])[0], slot.fit.name, slot.is_at_risk) for slot in found] == [
        ("Wed 09:00", "IN_WINDOW", False),
        ("Tue 09:00", "EARLY", False),
        ("Mon 09:00", "EARLY", False),
        ("Thu 09:00", "AT_RISK", True),
    ]
    assert [(shown([slot])[0], slot.fit.name) for slot in late] == [("Fri 09:00", "TOO_LATE")]


def test_who_is_overdue_is_still_offered_the_next_free_times_marked() -> None:
    last_month = MONDAY - 28 * DAY
    overdue = Window(last_month, last_month, must_by=last_month + 3 * DAY)

    found = find_slots(HOUR, overdue, house(now=datetime(2027, 3, 1, 6, tzinfo=UTC)), limit=2)

    assert [(shown([slot])[0], slot.is_at_risk) for slot in found] == [
        ("Mon 09:00", True),
        ("Mon 09:30", True),
    ]


def test_a_visit_without_a_nurse_keeps_to_the_hours_of_the_house() -> None:
    opening = replace(OPENING, house_hours=(Hours(0, time(13), time(15)),))

    found = find_slots(Needs(60, needs_nurse=False), Window(MONDAY, MONDAY), house(opening=opening), limit=2)

    assert shown(found) == ["Mon 13:00", "Mon 13:30"]


def test_at_most_so_many_a_day_spreads_the_answer() -> None:
    assert shown(find_slots(HOUR, WEEK, house(), limit=4, most_a_day=1)) == [
        "Mon 09:00", "Tue 09:00", "Wed 09:00", "Thu 09:00",
    ]  # fmt: skip


def test_clock_change_days_offer_the_hours_that_exist() -> None:
    nights = Resource(1, ResourceKind.NURSE, hours=(Hours(6, time(0, 30), time(3, 30)),))
    every_day = Opening(CHICAGO, frozenset(range(7)))
    found = {
        day: [slot.starts_at for slot in find_slots(
            Needs(30, needs_room=False), Window(day, day), house(nights, opening=every_day))
            if slot.fit is Fit.IN_WINDOW]
        for day in (date(2027, 3, 14), date(2027, 11, 7))
    }  # fmt: skip

    spring, autumn = (
        [f"{at.astimezone(CHICAGO):%H:%M}{at.astimezone(CHICAGO).fold}" for at in found[day]] for day in found
    )
    assert spring == ["00:300", "01:000", "01:300", "03:000"]
    assert autumn == ["00:300", "01:000", "01:300", "01:001", "01:301", "02:000", "02:300", "03:000"]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Window(MONDAY, MONDAY - DAY),
        lambda: Needs(0),
        lambda: Busy(datetime(2027, 3, 1, 9), datetime(2027, 3, 1, 10)),  # noqa: DTZ001
        lambda: Busy(NOW, NOW),
        lambda: Resource(1, ResourceKind.NURSE, seats=0),
        lambda: House(OPENING, (), NOW.replace(tzinfo=None)),
        lambda: House(OPENING, (), NOW, 0),
    ],
)
def test_values_that_cannot_be_are_refused(wrong: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        wrong()  # type: ignore[operator]


def test_a_full_half_year_of_ten_nurses_is_searched_in_a_moment() -> None:
    full = tuple(
        busy(MONDAY + day * DAY, 9 + half // 2, half % 2 * 30, minutes=30)
        for day in range(180)
        for half in range(4)
    )
    nurses = [replace(ANN, id=100 + number, busy=full) for number in range(10)]
    began = clock.process_time()

    found = find_slots(HOUR, Window(MONDAY, MONDAY + 178 * DAY), house(*nurses, ROOM))

    assert {slot.fit for slot in found} == {Fit.AT_RISK}
    assert clock.process_time() - began < 3
