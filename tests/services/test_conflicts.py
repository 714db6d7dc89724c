"""Booked visits that are wrong now: each with why, at a constant cost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.audit import recording
from clinic.models import Clinic, Closure, Implant
from clinic.services.implants import record_explant
from clinic.services.patients import record_death
from scheduling.domain.visit_conflicts import Conflict, Remedy
from scheduling.models import (
    FollowUp,
    Forecast,
    Resource,
    Visit,
)
from scheduling.selectors.conflicts import (
    visit_conflicts,
)
from tests.calendar_rows import be_away, make_follow_up, make_visit, nurse_of, open_day, room_of
from tests.factories import House, make_clinic, make_fill, make_implant, make_program, make_running_pump

pytestmark = pytest.mark.django_db
C = Conflict


@pytest.fixture
def house() -> Iterator[House]:
    """The house, with one reason for whatever a test changes straight in the tables."""
    house = make_clinic()
    with recording(actor_id=house.nurse.id, reason="made by a test"):
        yield house


def reasons(house: House, visit: Visit, *, after: timedelta = timedelta()) -> tuple[Conflict, ...]:
    found = {row.visit_id: row.reasons for row in visit_conflicts(house.clinic.id, house.now + after)}
    return found.get(visit.pk, ())


def latest(implant: Implant) -> date:
    day = Forecast.objects.get(implant=implant).latest_visit_on
    assert day is not None
    return day


def test_a_visit_in_time_is_right(house: House, implant: Implant) -> None:
    assert reasons(house, make_visit(house, implant, on=open_day(house))) == ()


def test_a_higher_dose_makes_the_booked_visit_too_late_at_once(house: House, implant: Implant) -> None:
    visit = make_visit(house, implant, on=latest(implant))
    assert reasons(house, visit) == ()
    make_program(house, implant, starts_on=house.today - timedelta(days=1), dose="1500")
    assert reasons(house, visit) == (C.TOO_LATE,)
    (row,) = visit_conflicts(house.clinic.id, house.now)
    assert (row.worst, row.remedy, row.latest_on) == (C.TOO_LATE, Remedy.MOVE, latest(implant))
    assert (row.patient_ref, row.implant_ref) == (implant.patient.ref, implant.ref)


def test_only_the_first_refill_visit_ahead_is_held_against_the_date(house: House, implant: Implant) -> None:
    first = make_visit(house, implant, on=open_day(house))
    second = make_visit(house, implant, on=latest(implant) + timedelta(days=7))
    assert reasons(house, second) == ()
    Visit.objects.filter(pk=first.pk).update(status="pending")
    assert reasons(house, second)[0] == C.TOO_LATE
    assert reasons(house, first) == (C.TO_BE_PLACED,)


def test_a_visit_of_a_past_day_that_nobody_closed_no_longer_counts(house: House, implant: Implant) -> None:
    day = open_day(house)
    first = make_visit(house, implant, on=day)
    second = make_visit(house, implant, on=latest(implant) + timedelta(days=7))
    later = timedelta(days=(day - house.today).days + 1)
    assert reasons(house, first, after=later) == (C.NOT_CLOSED,)
    assert C.TOO_LATE in reasons(house, second, after=later)


def test_a_pump_without_a_date_makes_its_visit_doubtful(house: House) -> None:
    visit = make_visit(house, make_implant(house), on=open_day(house))
    assert reasons(house, visit) == (C.NO_CERTAIN_DATE,)


def test_a_refill_given_early_leaves_its_visit_behind(house: House, implant: Implant) -> None:
    visit = make_visit(house, implant, on=open_day(house), booked_at=house.now - timedelta(days=2))
    make_fill(house, implant, filled_on=house.today)
    assert reasons(house, visit) == (C.OLDER_REFILL,)
    anew = make_visit(
        house, implant, on=open_day(house, 14), at=time(14), booked_at=house.now + timedelta(hours=1)
    )
    assert reasons(house, anew) == ()  # booked since, early on purpose


def test_a_follow_up_moved_before_its_visit_is_named(house: House, implant: Implant) -> None:
    day = open_day(house)
    wound = make_follow_up(house, implant, target=1, latest=(day - house.today).days)
    visit = make_visit(house, implant, on=day, kind="wound_check", serves=(wound,))
    assert reasons(house, visit) == ()
    FollowUp.objects.filter(pk=wound.pk).update(latest_on=day - timedelta(days=1))
    (row,) = visit_conflicts(house.clinic.id, house.now)
    assert (row.worst, row.follow_up) == (C.FOLLOW_UP_TOO_LATE, wound.title)
    assert row.latest_on == day - timedelta(days=1)
    earlier = make_visit(
        house, implant, on=open_day(house, 1), kind="wound_check", serves=(wound,), at=time(15)
    )
    FollowUp.objects.filter(pk=wound.pk).update(latest_on=earlier.local_on)
    assert reasons(house, visit) == ()  # the earlier visit serves it
    FollowUp.objects.filter(pk=wound.pk).update(
        latest_on=house.today, target_on=house.today, state="done", closed_at=house.now
    )
    assert visit_conflicts(house.clinic.id, house.now) == []


def test_closing_a_day_or_leaving_makes_visits_wrong(house: House, implant: Implant) -> None:
    day = open_day(house)
    visit = make_visit(house, implant, on=day)
    closure = Closure.objects.create(clinic=house.clinic, closed_on=day)
    assert reasons(house, visit) == (C.CLINIC_CLOSED,)
    Closure.objects.filter(pk=closure.pk).update(source="holiday", is_lifted=True)
    assert reasons(house, visit) == ()
    Clinic.objects.filter(pk=house.clinic.pk).update(
        open_weekdays=[each for each in range(5) if each != day.weekday()]
    )
    assert reasons(house, visit) == (C.CLINIC_CLOSED,)
    Clinic.objects.filter(pk=house.clinic.pk).update(open_weekdays=[0, 1, 2, 3, 4])
    leave = be_away(house, nurse_of(house), day)
    assert reasons(house, visit) == (C.NURSE_AWAY,)
    leave.delete()
    Resource.objects.filter(pk=nurse_of(house).pk).update(is_active=False)
    Resource.objects.filter(pk=room_of(house).pk).update(is_active=False)
    assert reasons(house, visit) == (C.NURSE_GONE, C.ROOM_GONE)


def test_of_the_dead_and_of_a_pump_that_is_out_every_visit_is_to_be_cancelled(house: House) -> None:
    def who(**values: Any) -> dict[str, Any]:
        return {"clinic": house.clinic, "actor_id": house.nurse.id, "now": house.now} | values

    dead, out = make_running_pump(house), make_running_pump(house)
    record_death(**who(patient_ref=dead.patient.ref, died_on=house.today))
    record_explant(**who(implant_ref=out.ref, explanted_on=house.today, why=""))
    visits = [  # put there by hand: booking refuses them, and the record calls off those booked before
        make_visit(house, dead, on=open_day(house)),
        make_visit(house, out, on=open_day(house), at=time(14)),
    ]
    assert [reasons(house, visit) for visit in visits] == [(C.PATIENT_DIED,), (C.PUMP_OUT,)]
    wound = make_follow_up(house, out, target=20, latest=30)
    still = make_visit(
        house, out, on=open_day(house), kind="wound_check", serves=(wound,), nurse=None, room=None
    )
    assert reasons(house, still) == ()


def test_another_clinic_sees_nothing(house: House, implant: Implant) -> None:
    make_visit(house, implant, on=open_day(house), status="pending")
    assert len(visit_conflicts(house.clinic.id, house.now)) == 1
    assert visit_conflicts(house.elsewhere.id, house.now) == []
    patient = implant.patient_id
    assert len(visit_conflicts(house.clinic.id, house.now, patient_id=patient)) == 1
    assert visit_conflicts(house.clinic.id, house.now, patient_id=patient + 10_000) == []
    assert visit_conflicts(house.clinic.id, house.now, visit_ids=[]) == []


def test_the_gravest_come_first(house: House) -> None:
    pumps = [make_running_pump(house) for _ in range(3)]
    pending = make_visit(house, pumps[0], on=open_day(house), status="pending")
    late = make_visit(house, pumps[1], on=latest(pumps[1]) + timedelta(days=1), nurse=None, room=None)
    passed = make_visit(house, pumps[2], on=house.today - timedelta(days=3), nurse=None, room=None)
    found = [row.visit_id for row in visit_conflicts(house.clinic.id, house.now)]
    assert found == [late.pk, pending.pk, passed.pk]


def test_the_cost_does_not_grow_with_visits_right_or_wrong(house: House) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            visit_conflicts(house.clinic.id, house.now)
        return len(queries)

    implant = make_running_pump(house)
    make_visit(house, implant, on=open_day(house), status="pending")
    few = cost()
    for number in range(6):
        pump = make_running_pump(house)
        make_visit(house, pump, on=open_day(house, 10), at=time(9 + number))
        make_visit(house, pump, on=open_day(house, 20), at=time(9 + number), status="pending")
    assert cost() == few <= 3
