"""A refill visit on a day of which the refill is recorded would be over at once: it cannot be booked, or come back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest

from clinic.domain.checks import RecordError
from clinic.models import Implant
from scheduling.domain.visit_entries import MoveEntry
from scheduling.models import Visit
from scheduling.services import booking
from tests.bookings import book, open_day
from tests.factories import House, make_clinic, make_fill

NOW = datetime(2026, 11, 19, 15, 0, tzinfo=UTC)  # a Thursday, nine in Chicago
pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_clinic(now=NOW)


def step(house: House, act: Callable[..., Visit], visit: Visit, **values: object) -> Visit:
    by = {"clinic": house.clinic, "visit_ref": visit.ref, "actor_id": house.nurse.id, "now": house.now}
    return act(**(by | values))


def test_a_refill_is_booked_on_a_filled_day_neither_at_once_nor_by_a_move(
    house: House, implant: Implant
) -> None:
    tomorrow = book(house, implant, on=open_day(house, 1))
    make_fill(house, implant, filled_on=house.today)
    with pytest.raises(RecordError, match="recorded on this day already"):
        book(house, implant, on=house.today, at=time(15))
    with pytest.raises(RecordError, match="recorded on this day already"):
        step(
            house,
            booking.move_visit,
            tomorrow,
            entry=MoveEntry(local_on=house.today, local_at=time(15)),
        )
    check_up = book(house, implant.patient, on=house.today, at=time(15))
    assert check_up.status == "booked"


def test_a_cancelled_refill_visit_does_not_come_back_on_a_filled_day(house: House, implant: Implant) -> None:
    visit = book(house, implant, on=house.today, at=time(14))
    step(house, booking.cancel_visit, visit, reason="came in the morning")
    make_fill(house, implant, filled_on=house.today)
    with pytest.raises(RecordError, match="withdraw that first"):
        step(house, booking.undo_last_status, visit, reason="by mistake", now=house.now + timedelta(hours=1))
