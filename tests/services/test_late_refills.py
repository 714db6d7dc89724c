"""Refills that run late: opened at their rung, graver day by day, marked when the cause is gone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.services.implants import record_explant
from notifications.models import Escalation
from notifications.services.escalations import open_running_late
from notifications.services.raising import raise_due
from scheduling.domain.care.rungs import Rung
from scheduling.services import booking
from tests.factories import House, make_clinic, make_fill, make_implant, make_patient, make_running_pump
from tests.matters import days_left
from tests.services.test_escalations import MONDAY, What, end, steps
from tests.visits import make_desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_clinic(now=MONDAY)


@pytest.mark.parametrize(
    ("days", "hazard", "rung"),
    [
        (15, 0, Rung.RESCHEDULE),
        (14, 0, Rung.STAFF_CALLS),
        (7, 0, Rung.NURSE_CALLS_DAILY),
        (3, 0, Rung.PHYSICIAN),
        (0, 0, Rung.EMERGENCY),
        (15, 2, Rung.STAFF_CALLS),
        (3, 2, Rung.EMERGENCY),
    ],
)
def test_a_late_refill_stands_at_the_rung_of_its_days(
    house: House, days: int, hazard: int, rung: Rung
) -> None:
    days_left(house, make_running_pump(house), days, hazard=hazard)
    open_running_late(house.clinic.id, MONDAY)
    assert Escalation.objects.get(cause="running_late").rung == rung


def test_a_late_refill_becomes_graver_as_days_pass_and_again_changes_nothing(house: House) -> None:
    implant = days_left(house, make_running_pump(house), 10)
    for day, rung in ((0, 2), (0, 2), (3, 3), (7, 4), (10, 5)):
        raise_due(MONDAY + timedelta(days=day))
        raise_due(MONDAY + timedelta(days=day))
        assert Escalation.objects.get(implant=implant).rung == rung
    matter = Escalation.objects.get()
    assert [what for what, _ in steps(matter)].count(What.GRAVER) == 3


def test_a_pump_that_is_in_time_or_out_opens_nothing(house: House) -> None:
    make_running_pump(house)
    out = days_left(house, make_running_pump(house), 1)
    record_explant(
        clinic=house.clinic,
        implant_ref=out.ref,
        explanted_on=house.today,
        why="infection",
        actor_id=house.nurse.id,
        now=MONDAY,
    )
    raise_due(MONDAY)
    assert not Escalation.objects.exists()


def test_a_refill_marks_it_and_a_person_confirms(house: House) -> None:
    implant = days_left(house, make_running_pump(house), 2)
    raise_due(MONDAY)
    make_fill(house, implant, filled_on=house.today)
    matter = Escalation.objects.get()
    assert (matter.gone_because, matter.acknowledged_at) == ("later", None)
    level = matter.level
    raise_due(MONDAY + timedelta(days=2))
    matter.refresh_from_db()
    assert (matter.level, matter.acknowledged_at) == (level, None)
    end(house, matter, outcome="not_needed")
    raise_due(MONDAY + timedelta(days=3))
    assert Escalation.objects.count() == 1


def test_a_visit_in_time_marks_it_at_once_and_calling_it_off_brings_it_back(house: House) -> None:
    desk = make_desk(house)
    patient = make_patient(house)
    implant = make_running_pump(house, patient)
    days_left(house, implant, 20, latest_visit_on=house.today + timedelta(days=15))
    raise_due(MONDAY)
    visit = desk.book(patient, kind="refill", day=house.today + timedelta(days=8), implant_ref=implant.ref)
    matter = Escalation.objects.get()
    assert matter.gone_because == "booked"
    desk.step(booking.cancel_visit, visit, now=MONDAY, reason="ill")
    matter.refresh_from_db()
    assert (matter.gone_at, matter.gone_because) == (None, "")
    assert [what for what, _ in steps(matter)] == [What.OPENED, What.GONE, What.BACK]


def test_what_a_person_ended_rests_and_comes_back(house: House) -> None:
    implant = days_left(house, make_running_pump(house), 13)
    raise_due(MONDAY)
    end(house, Escalation.objects.get())
    raise_due(MONDAY + timedelta(hours=1))
    assert Escalation.objects.count() == 1
    raise_due(MONDAY + timedelta(days=2))
    assert Escalation.objects.filter(implant=implant).count() == 2


def test_a_pump_without_any_date_is_looked_at_for_a_day_before_it_climbs(house: House) -> None:
    make_implant(house)
    raise_due(MONDAY)
    assert not Escalation.objects.exists()
    raise_due(MONDAY + timedelta(days=1))
    assert Escalation.objects.get().cause == "running_late"


def test_a_hundred_pumps_cost_as_many_questions_as_three(house: House) -> None:
    counts = []
    for number in (3, 12):
        for _ in range(number):
            days_left(house, make_running_pump(house), 10)
        with CaptureQueriesContext(
            connection,
        ) as first:
            raise_due(MONDAY)
        with CaptureQueriesContext(connection) as graver:
            raise_due(MONDAY + timedelta(days=number))
        counts.append((len(first), len(graver)))
    assert counts[0][0] == counts[1][0]
    assert counts[0][1] <= counts[1][1] + 1
