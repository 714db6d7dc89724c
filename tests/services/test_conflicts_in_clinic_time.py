"""A visit and a refill are of the clinic's day, wherever the database thinks the day begins."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from clinic.audit import recording
from scheduling.domain.visit_conflicts import Conflict
from scheduling.selectors.conflicts import visit_conflicts
from tests.calendar_rows import make_visit, open_day
from tests.factories import make_clinic, make_fill, make_running_pump

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("zone", "booked_at", "found"),
    [
        # Booked in the evening, refilled later that evening: in UTC the booking is of the next day.
        ("America/New_York", time(20, 30), (Conflict.OLDER_REFILL,)),
        # Booked in the morning; what is recorded since is of the day before: in UTC the booking is too.
        ("Asia/Tokyo", time(8), ()),
    ],
)
def test_the_day_of_a_booking_is_the_clinics_own(
    zone: str, booked_at: time, found: tuple[Conflict, ...]
) -> None:
    house = make_clinic(time_zone=zone)
    day = house.now.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
    implant = make_running_pump(house, filled_on=day - timedelta(days=40))
    with recording(actor_id=house.nurse.id, reason="made by a test"):
        make_visit(
            house, implant, on=open_day(house), booked_at=datetime.combine(day, booked_at, ZoneInfo(zone))
        )
    make_fill(house, implant, filled_on=day if found else day - timedelta(days=1))
    assert (
        tuple(reason for row in visit_conflicts(house.clinic.id, house.now) for reason in row.reasons)
        == found
    )
