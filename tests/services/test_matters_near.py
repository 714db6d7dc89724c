"""Matters about visits and messages climb as the day comes near, in a constant number of queries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.domain.escalation.keys import visit_key
from notifications.models import Escalation
from notifications.services.delivery.consequences import hand_to_person
from notifications.services.escalations import make_graver
from notifications.services.raising import raise_due
from scheduling.models import Visit
from scheduling.services import booking
from tests.factories import House, make_clinic, make_patient, make_running_pump
from tests.matters import asked, days_left, open_matter
from tests.visits import Desk, make_desk

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 16, tzinfo=UTC)  # 10:00 in Chicago


@pytest.fixture
def house() -> House:
    return make_clinic(now=MONDAY)


def refill_in(desk: Desk, days: int, *, at: str = "10:00", hazard: int = 0, **left: object) -> Visit:
    """A refill visit so many days ahead, in time for its pump unless ``left`` says otherwise."""
    house = desk.house
    patient = make_patient(house)
    pump = make_running_pump(house, patient)
    visit = desk.book(
        patient, day=house.today + timedelta(days=days), at=at, kind="refill", implant_ref=pump.ref
    )
    in_time = {"latest_visit_on": house.today + timedelta(days=30), "hazard": hazard}
    days_left(house, pump, 33, **(in_time | left))
    return visit


def fail(visit: Visit, **values: object) -> Escalation:
    """Its reminder cannot be delivered, and is handed to a person."""
    hand_to_person(asked(visit, state="failed", **values), now=MONDAY)
    return Escalation.objects.get(cause="not_delivered", visit=visit)


@pytest.mark.parametrize(
    ("days", "is_critical", "hazard", "rung"),
    [(10, True, 0, 2), (10, True, 2, 3), (2, False, 0, 3), (2, True, 0, 4), (2, True, 2, 4)],
)
def test_a_reminder_that_failed_is_as_grave_as_the_visit_is_near(
    desk: Desk, days: int, is_critical: bool, hazard: int, rung: int
) -> None:
    assert fail(refill_in(desk, days, hazard=hazard), is_critical=is_critical).rung == rung


def test_a_refill_that_is_booked_too_late_lends_its_message_the_rung_of_the_pump(desk: Desk) -> None:
    too_late = {"latest_visit_on": desk.house.today, "empty_at": MONDAY + timedelta(days=3)}
    assert fail(refill_in(desk, 9, hazard=2, **too_late)).rung == 5


def test_a_request_to_book_is_as_grave_as_the_refill_is_late(house: House) -> None:
    pump = days_left(house, make_running_pump(house), 2)
    desk = make_desk(house)
    carrier = desk.book(pump.patient, day=house.today + timedelta(days=42))
    row = asked(carrier, state="failed", kind="book_visit")
    type(row).objects.filter(pk=row.pk).update(kind="book_visit", visit=None, implant=pump)
    row.refresh_from_db()
    hand_to_person(row, now=MONDAY)
    assert Escalation.objects.get(cause="not_delivered").rung == 4


@pytest.mark.parametrize("cause", ["unanswered", "cannot_come", "wants_other_time", "unreachable"])
def test_what_is_open_about_a_visit_becomes_graver_as_days_pass(desk: Desk, cause: str) -> None:
    visit = desk.book(day=desk.house.today + timedelta(days=8), at="10:00")
    open_matter(
        desk.house, cause=cause, key=visit_key(visit.pk, visit.starts_at), visit_id=visit.pk, now=MONDAY
    )
    rungs = []
    for days in (0, 4, 5, 7, 8):
        make_graver(desk.house.clinic.id, MONDAY + timedelta(days=days, hours=-2))
        rungs.append(Escalation.objects.get().rung)
    assert rungs == [2, 2, 3, 3, 4]
    assert list(Escalation.objects.get().steps.order_by("id").values_list("what", flat=True)) == [
        "opened", "graver", "graver",
    ]  # fmt: skip


@pytest.mark.parametrize("how", ["cancelled", "over", "standing"])
def test_what_is_near_nothing_any_more_climbs_no_further(desk: Desk, how: str) -> None:
    visit = desk.book(day=desk.house.today + timedelta(days=8), at="10:00")
    matter = fail(visit)
    later = MONDAY + timedelta(days=7)
    if how == "cancelled":
        desk.step(booking.cancel_visit, visit, now=MONDAY, reason="ill")
    make_graver(desk.house.clinic.id, later + timedelta(days=3) if how == "over" else later)
    matter.refresh_from_db()
    assert matter.rung == (3 if how == "standing" else 2)


def test_the_minute_makes_graver(desk: Desk) -> None:
    matter = fail(desk.book(day=desk.house.today + timedelta(days=8), at="10:00"))
    raise_due(MONDAY + timedelta(days=7))
    matter.refresh_from_db()
    assert matter.rung == 3


def test_many_cost_as_many_questions_as_few_and_again_nothing_is_written(desk: Desk) -> None:
    counts = []
    later = MONDAY + timedelta(days=6)
    for hours in (("10:00",), ("11:00", "13:00", "14:00")):
        for at in hours:
            fail(refill_in(desk, 8, at=at), is_critical=True)
        with CaptureQueriesContext(connection) as queries:
            make_graver(desk.house.clinic.id, later)
        counts.append(len(queries))
        with CaptureQueriesContext(connection) as again:
            make_graver(desk.house.clinic.id, later)
        assert not [each for each in again if not each["sql"].startswith(("SELECT", "WITH"))]
    assert counts[0] == counts[1]
