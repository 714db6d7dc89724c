"""Every way in which a booked visit can be wrong, as a table around one visit that is right."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from scheduling.domain.opening import Hours, HoursChange, Opening
from scheduling.domain.visit_conflicts import (
    LIVE,
    RANK,
    REMEDIES,
    BookedVisit,
    Conflict,
    PumpDates,
    Taken,
    conflicts_of,
)

CHICAGO = ZoneInfo("America/Chicago")
TODAY = date(2026, 11, 2)
DAY = date(2026, 11, 18)  # a Wednesday
OPENING = Opening(CHICAGO, frozenset(range(5)))
WEEK = tuple(Hours(weekday, time(9), time(17)) for weekday in range(5))
NURSE = Taken(hours=WEEK)
ROOM = Taken(is_always_there=True)
DATES = PumpDates(is_in_review=False, target_visit_on=date(2026, 11, 17), latest_visit_on=date(2026, 11, 20))
C = Conflict


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), CHICAGO).astimezone(UTC)


RIGHT = BookedVisit(
    status="booked",
    local_on=DAY,
    starts_at=at(DAY, 10),
    ends_at=at(DAY, 11),
    is_refill=True,
    is_next_refill=True,
    pump_dates=DATES,
    serves_latest_on=date(2026, 11, 30),
    nurse=NURSE,
    room=ROOM,
)
REVIEW = PumpDates(is_in_review=True, target_visit_on=None, latest_visit_on=None)
FAR = PumpDates(is_in_review=False, target_visit_on=date(2027, 2, 1), latest_visit_on=date(2027, 2, 8))


def away(first: date = DAY, last: date = DAY, **values: Any) -> Taken:
    return replace(NURSE, changes=(HoursChange(first, last, is_available=False, **values),))


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, ()),
        ({"pump_dates": replace(DATES, latest_visit_on=DAY)}, ()),
        ({"pump_dates": replace(DATES, latest_visit_on=DAY - timedelta(days=1))}, (C.TOO_LATE,)),
        ({"pump_dates": REVIEW}, (C.NO_CERTAIN_DATE,)),
        ({"pump_dates": None}, (C.NO_CERTAIN_DATE,)),
        # A refill visit after the next one belongs to the refill after it.
        ({"pump_dates": REVIEW, "is_next_refill": False}, ()),
        ({"pump_dates": replace(DATES, latest_visit_on=TODAY), "is_next_refill": False}, ()),
        ({"is_refill": False, "is_next_refill": False, "pump_dates": None}, ()),
        ({"serves_latest_on": DAY}, ()),
        ({"serves_latest_on": DAY - timedelta(days=1)}, (C.FOLLOW_UP_TOO_LATE,)),
        ({"serves_latest_on": None}, ()),
        ({"was_filled_since": True}, ()),
        ({"was_filled_since": True, "pump_dates": FAR}, (C.OLDER_REFILL,)),
        ({"pump_dates": FAR}, ()),
        ({"nurse": replace(NURSE, is_active=False)}, (C.NURSE_GONE,)),
        ({"nurse": away()}, (C.NURSE_AWAY,)),
        ({"nurse": away(DAY - timedelta(days=9), DAY + timedelta(days=9))}, (C.NURSE_AWAY,)),
        ({"nurse": away(DAY + timedelta(days=1), DAY + timedelta(days=9))}, ()),
        ({"nurse": away(starts_at=time(10, 45), ends_at=time(12))}, (C.NURSE_AWAY,)),
        ({"nurse": away(starts_at=time(11), ends_at=time(12))}, ()),
        ({"nurse": replace(NURSE, hours=WEEK[:2])}, (C.NURSE_AWAY,)),
        ({"nurse": replace(NURSE, hours=())}, (C.NURSE_AWAY,)),
        ({"nurse": replace(NURSE, hours=()), "is_overridden": True}, ()),
        ({"nurse": away(), "is_overridden": True}, (C.NURSE_AWAY,)),
        ({"nurse": None, "room": None}, ()),
        ({"room": replace(ROOM, is_active=False)}, (C.ROOM_GONE,)),
        ({"room": replace(away(), is_always_there=True)}, (C.ROOM_AWAY,)),
        ({"has_died": True, "pump_dates": REVIEW}, (C.PATIENT_DIED,)),
        ({"is_pump_out": True, "pump_dates": None, "nurse": away()}, (C.PUMP_OUT,)),
        ({"status": "pending"}, (C.TO_BE_PLACED,)),
        ({"status": "pending", "local_on": TODAY - timedelta(days=1)}, (C.TO_BE_PLACED,)),
        ({"status": "pending", "has_died": True}, (C.PATIENT_DIED,)),
        ({"local_on": TODAY - timedelta(days=1)}, (C.NOT_CLOSED,)),
        ({"local_on": TODAY - timedelta(days=1), "status": "checked-in"}, (C.NOT_CLOSED,)),
        ({"local_on": TODAY - timedelta(days=1), "status": "arrived", "has_died": True}, (C.NOT_CLOSED,)),
        ({"status": "arrived", "pump_dates": REVIEW, "nurse": away()}, ()),
        ({"status": "fulfilled", "local_on": TODAY - timedelta(days=1)}, ()),
        ({"status": "cancelled", "pump_dates": REVIEW, "has_died": True}, ()),
        ({"status": "proposed", "nurse": away()}, ()),
        (
            {"nurse": away(), "room": replace(ROOM, is_active=False), "serves_latest_on": TODAY},
            (C.NURSE_AWAY, C.ROOM_GONE, C.FOLLOW_UP_TOO_LATE),
        ),
        (
            {"pump_dates": replace(DATES, latest_visit_on=TODAY), "nurse": away()},
            (C.TOO_LATE, C.NURSE_AWAY),
        ),
    ],
)
def test_a_visit_is_wrong_in_these_ways_and_in_no_others(
    change: dict[str, Any], found: tuple[Conflict, ...]
) -> None:
    assert conflicts_of(replace(RIGHT, **change), opening=OPENING, today=TODAY) == found


@pytest.mark.parametrize(
    ("opening", "found"),
    [
        (replace(OPENING, closed_on=frozenset({DAY})), (C.CLINIC_CLOSED,)),
        (replace(OPENING, open_weekdays=frozenset({0, 1})), (C.CLINIC_CLOSED,)),
        (replace(OPENING, closed_on=frozenset({DAY - timedelta(days=1)})), ()),
    ],
)
def test_a_visit_on_a_closed_day_is_wrong_once_and_not_for_its_nurse_too(
    opening: Opening, found: tuple[Conflict, ...]
) -> None:
    assert conflicts_of(RIGHT, opening=opening, today=TODAY) == found


def test_extra_hours_are_hours() -> None:
    saturday = date(2026, 11, 14)
    extra = HoursChange(saturday, saturday, is_available=True, starts_at=time(9), ends_at=time(12))
    visit = replace(RIGHT, local_on=saturday, starts_at=at(saturday, 10), ends_at=at(saturday, 11))
    opening = replace(OPENING, open_weekdays=frozenset(range(6)))
    assert conflicts_of(visit, opening=opening, today=TODAY) == (C.NURSE_AWAY,)
    at_work = replace(visit, nurse=replace(NURSE, changes=(extra,)))
    assert conflicts_of(at_work, opening=opening, today=TODAY) == ()


def test_two_stretches_of_hours_that_touch_hold_a_visit_across_them() -> None:
    halves = (Hours(2, time(9), time(10, 30)), Hours(2, time(10, 30), time(12)))
    assert conflicts_of(replace(RIGHT, nurse=Taken(hours=halves)), opening=OPENING, today=TODAY) == ()
    apart = (Hours(2, time(9), time(10, 30)), Hours(2, time(10, 45), time(12)))
    assert conflicts_of(replace(RIGHT, nurse=Taken(hours=apart)), opening=OPENING, today=TODAY) == (
        C.NURSE_AWAY,
    )


def test_every_conflict_has_a_rank_and_a_remedy() -> None:
    assert set(REMEDIES) == set(RANK) == set(Conflict)
    assert "proposed" not in LIVE
