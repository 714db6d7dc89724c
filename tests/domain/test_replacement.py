"""Visits of closed days placed anew: deadlines first, few changes second; held to an exact matcher."""

from __future__ import annotations

import random
import time as clock
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.opening import HoursChange
from scheduling.domain.replacement import Displaced, NewTime, place_anew
from scheduling.domain.seats import Busy
from scheduling.domain.slots import House, Needs
from tests.domain.displaced_worlds import (
    CHICAGO,
    DAY,
    MONDAY,
    NOW,
    ROOM,
    at,
    check_sound,
    clashes,
    every_option,
    exact,
    fortnight,
    house,
    most_matched,
    nurse,
    visit,
)


def shown(found: Sequence[NewTime]) -> list[str]:
    return [
        "none" if new.starts_at is None
        else f"{new.starts_at.astimezone(CHICAGO):%d %H:%M} {new.nurse_id}{' late' if new.is_past_latest else ''}"
        for new in found
    ]  # fmt: skip


CLOSED = [MONDAY + offset * DAY for offset in range(2)]


def test_the_same_time_with_another_nurse_changes_nothing_for_the_patient() -> None:
    away = nurse(changes=(HoursChange(MONDAY, MONDAY, False),))

    found = place_anew([visit(1, MONDAY, 10, until=9)], house(away, nurse(2), ROOM), patient_busy={})

    assert shown(found) == ["01 10:00 2"]


def test_same_nurse_nearest_week_same_time_of_day_nearest_day_the_earlier_first() -> None:
    asked = [visit(1, MONDAY, 10, until=9), visit(2, MONDAY, 11, until=9), visit(3, MONDAY, 10, until=9)]

    found = place_anew(asked, house(nurse(), nurse(2), ROOM, closed=CLOSED), patient_busy={})

    # Friday 26 February is three days before, Wednesday 3 March two days after; all keep nurse 1.
    assert shown(found) == ["03 10:00 1", "03 11:00 1", "26 10:00 1"]


def test_the_time_of_day_is_the_clocks_across_a_clock_change() -> None:
    """From Friday 12 March to Monday 15: ten o'clock stays ten o'clock, though an hour of UTC lies between."""
    friday = MONDAY + 11 * DAY

    found = place_anew(
        [visit(1, friday, 10, until=20, earliest_on=friday)],
        house(nurse(), ROOM, closed=[friday]),
        patient_busy={},
    )

    assert shown(found) == ["15 10:00 1"]
    assert found[0].starts_at == at(friday, 10) + 3 * DAY - timedelta(hours=1)


def test_an_early_deadline_goes_first_whoever_asks_first() -> None:
    one_hour = nurse(first=9, last=10)
    relaxed, urgent = visit(1, MONDAY, 9, until=4), visit(2, MONDAY, 9, until=2)
    both = [replace(each, earliest_on=MONDAY) for each in (relaxed, urgent)]

    found = place_anew(both, house(one_hour, ROOM, closed=CLOSED), patient_busy={})

    assert shown(found) == ["04 09:00 1", "03 09:00 1"]


def test_of_two_for_the_last_time_the_more_urgent_has_it() -> None:
    only = nurse(first=9, last=10, changes=(HoursChange(MONDAY + 3 * DAY, MONDAY + 9 * DAY, False),))
    relaxed, urgent = visit(1, MONDAY, 9, until=4), visit(2, MONDAY, 9, until=2)
    both = [replace(each, earliest_on=MONDAY) for each in (relaxed, urgent)]

    found = place_anew(both, house(only, ROOM, closed=CLOSED), patient_busy={})

    assert shown(found) == ["none", "03 09:00 1"]


def test_a_visit_makes_way_for_one_that_could_be_nowhere_else() -> None:
    """The first could go to nurse 1 or 2 and takes 1; the second is only for nurse 1."""
    first = visit(1, MONDAY, 9, until=2, earliest_on=MONDAY)
    second = visit(
        2, MONDAY, 9, until=3, earliest_on=MONDAY, last_on=MONDAY + 2 * DAY, needs=Needs(60, nurse_id=1)
    )
    place = house(nurse(1, 9, 10), nurse(2, 9, 10), ROOM, replace(ROOM, id=9), closed=CLOSED)

    found = place_anew([first, second], place, patient_busy={})

    assert shown(found) == ["03 09:00 2", "03 09:00 1"]


def test_of_a_few_visits_every_combination_is_tried() -> None:
    """Two of one patient: only 9:00 with one nurse and 10:00 with the other leave room for both."""
    half_past = Busy(at(MONDAY + 2 * DAY, 9), at(MONDAY + 2 * DAY, 9, 30))
    asked = [
        visit(
            number, MONDAY, 9, until=2, earliest_on=MONDAY, patient_id=1, nurse_id=2,
            needs=Needs(60, needs_room=False),
        )
        for number in (1, 2)
    ]  # fmt: skip

    found = place_anew(
        asked, house(nurse(1, 9, 10), nurse(2, 9, 11, busy=(half_past,)), closed=CLOSED), patient_busy={}
    )

    assert sorted(shown(found)) == ["03 09:00 1", "03 10:00 2"]


def test_one_that_finds_nothing_in_time_is_late_by_as_little_as_can_be_and_else_stays() -> None:
    closed = [MONDAY + offset * DAY for offset in range(4)]
    asked = [
        visit(1, MONDAY, 9, until=2, last=4, earliest_on=MONDAY),
        visit(2, MONDAY, 10, until=3, last=3, earliest_on=MONDAY),
        visit(3, MONDAY, 10, until=3, earliest_on=MONDAY, latest_on=None),
    ]

    found = place_anew(asked, house(nurse(), ROOM, closed=closed), patient_busy={})

    assert shown(found) == ["05 09:00 1 late", "none", "none"]
    assert [new.is_past_latest for new in found] == [True, True, False]


def test_running_dry_is_worse_than_being_late() -> None:
    """Two hours in time; three visits. The one that can wait until Friday gives its hour to one that cannot."""
    short = nurse(first=9, last=11)
    asked = [
        visit(1, MONDAY, 9, until=2, last=4, earliest_on=MONDAY),
        visit(2, MONDAY, 9, until=2, last=2, earliest_on=MONDAY),
        visit(3, MONDAY, 9, until=2, last=2, earliest_on=MONDAY),
    ]
    closed = [*CLOSED, MONDAY + 3 * DAY]

    found = place_anew(asked, house(short, ROOM, closed=closed), patient_busy={})

    assert shown(found)[0] == "05 09:00 1 late"
    assert sorted(shown(found)[1:]) == ["03 09:00 1", "03 10:00 1"]


def test_a_patient_is_never_in_two_places() -> None:
    own = Busy(at(MONDAY + 2 * DAY, 9), at(MONDAY + 2 * DAY, 11))
    asked = [
        visit(1, MONDAY, 9, until=2, earliest_on=MONDAY),
        visit(2, MONDAY, 9, until=2, earliest_on=MONDAY, patient_id=1),
    ]
    place = house(nurse(), nurse(2), ROOM, replace(ROOM, id=9), closed=CLOSED)

    found = place_anew(asked, place, patient_busy={1: [own]})

    assert shown(found) == ["03 11:00 1", "none"]


def test_nothing_is_placed_before_now_on_closed_days_or_over_other_visits() -> None:
    taken = Busy(at(MONDAY + 2 * DAY, 9), at(MONDAY + 2 * DAY, 12))
    asked = [visit(1, MONDAY, 9, until=2, earliest_on=NOW.date() - 20 * DAY)]
    away = HoursChange(NOW.date() + DAY, NOW.date() + 6 * DAY, False)

    found = place_anew(
        asked, house(nurse(busy=(taken,), changes=(away,)), ROOM, closed=CLOSED), patient_busy={}
    )

    assert shown(found) == ["22 09:00 1"]  # nine o'clock today is just now


# Small worlds, every one of which an exact search can settle.


@st.composite
def small_worlds(draw: st.DrawFn, *, most: int = 4) -> tuple[list[Displaced], House]:
    rooms = [replace(ROOM, id=8 + number) for number in range(draw(st.integers(1, 2)))]
    nurses = []
    for number in range(1, draw(st.integers(1, 2)) + 1):
        busy = []
        if draw(st.booleans()):
            start = at(MONDAY + draw(st.integers(2, 3)) * DAY, 9, draw(st.sampled_from([0, 30])))
            busy = [Busy(start, start + timedelta(minutes=30))]
        nurses.append(nurse(number, 9, draw(st.sampled_from([10, 11])), busy=tuple(busy)))
    asked = []
    for number in range(draw(st.integers(1, most))):
        until = draw(st.integers(2, 3))
        asked.append(
            visit(
                number, MONDAY, 9, until=until, last=draw(st.integers(until, 3)), earliest_on=MONDAY,
                patient_id=draw(st.integers(0, most)), nurse_id=draw(st.sampled_from([each.id for each in nurses])),
                needs=Needs(
                    draw(st.sampled_from([30, 60])), needs_room=draw(st.booleans()),
                    nurse_id=draw(st.none() | st.none() | st.just(1)),
                ),
            )
        )  # fmt: skip
    return asked, house(*nurses, *rooms, closed=CLOSED)


def untouched(place: House) -> House:
    """The same house before anything was placed in it."""
    return House(place.opening, place.resources, place.now, place.slot_minutes)


def faults(found: Sequence[NewTime]) -> tuple[int, int]:
    placed = [new for new in found if new.starts_at is not None]
    return len(found) - len(placed), sum(new.is_past_latest for new in placed)


@given(small_worlds())
def test_few_visits_are_placed_as_well_as_an_exact_search_can(drawn: tuple[list[Displaced], House]) -> None:
    asked, place = drawn

    found = place_anew(asked, place, patient_busy={})

    check_sound(asked, place, found)
    assert faults(found) == exact(asked, place)


@given(small_worlds(most=9))
def test_more_visits_are_sound_and_leave_no_time_unused(drawn: tuple[list[Displaced], House]) -> None:
    asked, place = drawn

    found = place_anew(asked, place, patient_busy={})

    check_sound(asked, place, found)
    taken = [
        (each, new.starts_at, new.ends_at, new.nurse_id, new.room_id)
        for each, new in zip(asked, found, strict=True)
        if new.starts_at is not None and new.ends_at is not None
    ]
    for each, new in zip(asked, found, strict=True):
        if new.starts_at is None:
            for start, nurse_id, room_id in every_option(each, place):
                end = start + timedelta(minutes=each.needs.duration_minutes)
                assert any(clashes(each, start, end, nurse_id, room_id, *other) for other in taken)
    assert place_anew(asked, untouched(place), patient_busy={}) == found


# Many visits of one length on a grid of that length: exactly bipartite matching.


@pytest.mark.parametrize("seed", range(12))
def test_as_many_are_in_time_as_a_greatest_matching_allows(seed: int) -> None:
    chance = random.Random(seed)
    asked = []
    for number in range(chance.choice([20, 35, 45])):
        until = chance.randint(2, 6)
        asked.append(
            visit(
                number, MONDAY + chance.randint(0, 1) * DAY, chance.randint(9, 11), until=until,
                last=until + chance.choice([0, 0, 2]), earliest_on=MONDAY - chance.choice([0, 3]) * DAY,
                needs=Needs(60, needs_room=False, nurse_id=chance.choice([None, None, 1, 2, 3])), nurse_id=chance.randint(1, 3),
            )
        )  # fmt: skip
    nurses = [nurse(number) for number in (1, 2, 3)]
    place = house(*nurses, closed=CLOSED, grid=60)
    matched, in_time = (most_matched(asked, place, in_time=only) for only in (False, True))

    found = place_anew(asked, place, patient_busy={})

    check_sound(asked, place, found)
    assert len(asked) - faults(found)[0] == matched
    if in_time == len(asked):
        assert faults(found) == (0, 0)


def test_the_worlds_of_the_matching_test_are_both_easy_and_overfull() -> None:
    """Guards the test above: with nine hours a day from Wednesday on, 45 visits cannot all be in time."""
    place = house(nurse(), closed=CLOSED, grid=60)
    asked = [
        visit(number, MONDAY, 9, until=2, earliest_on=MONDAY, needs=Needs(60, needs_room=False))
        for number in range(5)
    ]

    assert most_matched(asked, place, in_time=True) == 3
    assert faults(place_anew(asked, place, patient_busy={})) == (2, 0)


@pytest.mark.parametrize(
    ("nurses", "busy_part", "is_enough"), [(5, 0.4, True), (3, 0.8, False), (2, 0.9, False)]
)
def test_200_visits_of_a_closed_fortnight_take_a_moment(
    nurses: int, busy_part: float, is_enough: bool
) -> None:
    asked, place = fortnight(nurses=nurses, busy_part=busy_part)
    began = clock.process_time()

    found = place_anew(asked, place, patient_busy={})

    assert clock.process_time() - began < 5
    places = [
        (new.starts_at, new.ends_at, who)
        for new in found
        if new.starts_at is not None and new.ends_at is not None
        for who in (new.nurse_id, new.room_id)
    ]
    assert not any(
        one[2] == other[2] and one[0] < other[1] and other[0] < one[1]
        for one, other in combinations(places, 2)
    )
    assert (faults(found) == (0, 0)) == is_enough
