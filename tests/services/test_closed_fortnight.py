"""200 visits of a closed fortnight: nobody passes a deadline that had a free time, in far less than five seconds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.audit import recording
from clinic.models import Implant, Patient, PumpModel
from scheduling.domain.replacement import place_anew
from scheduling.models import DayClosingMove, Visit, VisitSeat
from scheduling.selectors.closings import displacement
from scheduling.services.closing_days import confirm_closing, propose_closing, undo_closing
from tests.factories import House, make_clinic
from tests.faults.test_double_booking import overlaps
from tests.full_calendars import FullCalendar, fill_calendar

pytestmark = pytest.mark.django_db

NOW = datetime(2027, 1, 11, 15, tzinfo=UTC)
PUMPS = 700


@pytest.fixture
def house() -> House:
    house = make_clinic(now=NOW)
    model = PumpModel.objects.get(key="synchromed-ii-40")
    with recording(actor_id=house.nurse.id, reason="a full calendar"):
        patients = Patient.objects.bulk_create(
            Patient(
                clinic=house.clinic, mrn=f"F{number}", last_name="Ode", first_name="Ursula",
                birth_date=date(1961, 5, 4), created_at=NOW,
            )
            for number in range(PUMPS)
        )  # fmt: skip
        Implant.objects.bulk_create(
            Implant(
                clinic=house.clinic, patient=patient, pump_model=model, serial=f"F{number}",
                implanted_on=date(2025, 1, 1), created_at=NOW,
            )
            for number, patient in enumerate(patients)
        )  # fmt: skip
    return house


@pytest.fixture
def calendar(house: House) -> FullCalendar:
    return fill_calendar(house.clinic, displaced=200, user_id=house.nurse.id, now=NOW)


def test_200_visits_are_placed_confirmed_and_put_back(house: House, calendar: FullCalendar) -> None:
    whose = {"clinic": house.clinic, "actor_id": house.administrator.id, "now": NOW}
    before = sorted(Visit.objects.values_list("pk", "starts_at", "nurse", "room", "status"))

    closing = propose_closing(
        first_on=calendar.first_on, last_on=calendar.last_on, reason="Water damage", **whose
    )
    with CaptureQueriesContext(connection) as seen:
        confirmed = confirm_closing(closing_ref=closing.ref, **whose)
    moves = list(DayClosingMove.objects.filter(closing=closing))

    assert confirmed.is_confirmed
    assert len(moves) == 200
    assert all(move.to_starts_at is not None and not move.is_past_latest for move in moves)
    assert not Visit.objects.filter(
        local_on__range=(calendar.first_on, calendar.last_on), status="booked"
    ).exists()
    assert overlaps() == 0
    assert VisitSeat.objects.count() == 2 * Visit.objects.count()
    assert len(seen) < 90  # not one by one

    undone = undo_closing(closing_ref=closing.ref, **{**whose, "now": NOW + timedelta(minutes=5)})

    assert len(undone.put_back) == 200
    assert sorted(Visit.objects.values_list("pk", "starts_at", "nurse", "room", "status")) == before


def test_the_same_world_has_the_same_answer(house: House, calendar: FullCalendar) -> None:
    def found() -> list[object]:
        world = displacement(
            clinic_id=house.clinic.id,
            first_on=calendar.first_on,
            last_on=calendar.last_on,
            resource_id=None,
            now=NOW,
        )
        return list(place_anew(world.displaced, world.house, patient_busy=world.patient_busy))

    assert found() == found()
