"""Late from the start, or only since: what was late when it was booked is told apart, and only that."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from clinic.audit import recording
from clinic.models import Implant
from scheduling.domain.visit_conflicts import Conflict
from scheduling.models import Visit
from scheduling.selectors.conflicts import VisitConflict, visit_conflicts
from tests.calendar_rows import make_visit, open_day
from tests.factories import House, make_program, make_running_pump

pytestmark = pytest.mark.django_db


def placed(house: House, implant: Implant, days: int) -> Visit:
    """A refill visit, booked a day after what there is was recorded."""
    with recording(actor_id=house.nurse.id, reason="made by a test"):
        return make_visit(house, implant, on=open_day(house, days), booked_at=house.now + timedelta(days=1))


def only_conflict(house: House, *, days: int) -> VisitConflict:
    (found,) = visit_conflicts(house.clinic.id, house.now + timedelta(days=days))
    return found


def test_a_visit_booked_when_its_last_day_had_passed_was_late_from_the_start(house: House) -> None:
    implant = make_running_pump(house, filled_on=house.today - timedelta(days=200))
    placed(house, implant, 2)

    found = only_conflict(house, days=1)

    assert (found.reasons, found.was_late_when_placed) == ((Conflict.TOO_LATE,), True)


def test_a_visit_that_a_late_entry_makes_late_was_not_late_from_the_start(house: House) -> None:
    implant = make_running_pump(house, filled_on=house.today - timedelta(days=60))
    placed(house, implant, 7)
    assert visit_conflicts(house.clinic.id, house.now + timedelta(days=1)) == []

    entered = replace(house, now=house.now + timedelta(days=2))
    make_program(entered, implant, starts_on=house.today - timedelta(days=55), dose="1500")

    found = only_conflict(house, days=2)
    assert found.reasons == (Conflict.TOO_LATE,)
    assert found.latest_on is not None
    assert found.latest_on < found.placed_on
    assert not found.was_late_when_placed
