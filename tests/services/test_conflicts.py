"""Booked visits that are wrong now: found in the database as the pure function judges them, at a constant cost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.audit import recording
from clinic.models import Clinic, Closure, Implant, Patient
from clinic.services.implants import record_explant
from clinic.services.patients import record_death
from scheduling.domain.opening import Opening
from scheduling.domain.visit_conflicts import Conflict, Remedy, conflicts_of
from scheduling.models import (
    FollowUp,
    Forecast,
    HoursException,
    Resource,
    ResourceHours,
    Visit,
    VisitFollowUp,
    VisitSeat,
)
from scheduling.selectors.conflicts import (
    booked_visit,
    live_visits,
    resources_from,
    served_from,
    served_rows,
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
    assert cost() == few <= 7


# --- The database finds whatever the pure function calls wrong ----------------------------------------------

DAYS = st.integers(-3, 9)
TIMES = st.sampled_from([time(8, 30), time(9), time(11, 45), time(13), time(16, 45), time(23, 30)])


ALL_DAY = (time(8), time(23, 45))


@st.composite
def scenes(draw: st.DrawFn) -> dict[str, Any]:
    """Visits that are right, and a few things that may make some of them wrong."""
    visit = st.fixed_dictionaries(
        {
            "pump": st.integers(0, 2),
            "day": DAYS,
            "at": TIMES,
            "minutes": st.sampled_from([15, 30, 60]),
            "kind": st.sampled_from(["refill", "check_up"]),
            "status": st.sampled_from(["booked", "booked", "booked", "pending", "arrived", "fulfilled"]),
            "booked": st.integers(-5, 0),
            "serves": st.booleans(),
            "override": st.booleans(),
        }
    )
    wrongs = draw(st.sets(st.sampled_from(sorted(WRONG)), max_size=2))
    return {
        "visits": draw(st.lists(visit, min_size=1, max_size=6)),
        **RIGHT,
        **{name: draw(WRONG[name]) for name in wrongs},
    }


RIGHT: dict[str, Any] = {
    "dates": [{"review": False, "target": 12}] * 3,
    "changes": [],
    "closed": set(),
    "weekdays": set(range(7)),
    "active": (True, True),
    "hours": [(who, weekday, ALL_DAY) for who in ("nurse", "room") for weekday in range(7)],
    "dead": None,
    "out": None,
    "latest": 30,
}
WRONG: dict[str, st.SearchStrategy[Any]] = {
    "dates": st.lists(
        st.fixed_dictionaries({"review": st.booleans(), "target": st.integers(-3, 30)}),
        min_size=3,
        max_size=3,
    ),
    "changes": st.lists(
        st.fixed_dictionaries(
            {
                "who": st.sampled_from(["nurse", "room"]),
                "day": DAYS,
                "for": st.integers(0, 4),
                "times": st.sampled_from([None, (time(9), time(12)), (time(16), time(18))]),
                "there": st.booleans(),
            }
        ),
        min_size=1,
        max_size=3,
    ),
    "closed": st.sets(DAYS, min_size=1, max_size=4),
    "weekdays": st.sets(st.integers(0, 6), min_size=3),
    "active": st.tuples(st.booleans(), st.booleans()),
    "hours": st.lists(
        st.tuples(
            st.sampled_from(["nurse", "room"]),
            st.integers(0, 6),
            st.sampled_from([(time(9), time(12)), (time(12), time(17)), ALL_DAY]),
        ),
        min_size=4,
        max_size=12,
        unique=True,
    ),
    "dead": st.integers(0, 2),
    "out": st.integers(0, 2),
    "latest": st.integers(-3, 9),
}


def lay(house: House, pumps: list[Implant], scene: dict[str, Any], wound: FollowUp) -> None:
    """Put the scene into the tables in place of the one before."""
    empty(house)
    people = {"nurse": nurse_of(house), "room": room_of(house)}
    by = {"clinic": house.clinic}

    def day(number: int) -> date:
        return house.today + timedelta(days=number)

    Clinic.objects.filter(pk=house.clinic.pk).update(open_weekdays=sorted(scene["weekdays"]))
    Closure.objects.bulk_create(Closure(**by, closed_on=day(number)) for number in scene["closed"])
    for resource, is_active in zip(people.values(), scene["active"], strict=True):
        Resource.objects.filter(pk=resource.pk).update(is_active=is_active)
    ResourceHours.objects.bulk_create(
        (
            ResourceHours(**by, resource=people[who], weekday=weekday, starts_at=times[0], ends_at=times[1])
            for who, weekday, times in scene["hours"]
        ),
        ignore_conflicts=True,
    )
    for each in scene["changes"]:
        HoursException.objects.create(
            **by,
            resource=people[each["who"]],
            first_on=day(each["day"]),
            last_on=day(each["day"] + each["for"]),
            starts_at=each["times"][0] if each["times"] else None,
            ends_at=each["times"][1] if each["times"] else None,
            is_available=each["there"] and each["times"] is not None,
        )
    for number, (pump, dates) in enumerate(zip(pumps, scene["dates"], strict=True)):
        Patient.objects.filter(pk=pump.patient_id).update(
            died_on=house.today if number == scene["dead"] else None
        )
        Implant.objects.filter(pk=pump.pk).update(
            explanted_on=house.today if number == scene["out"] else None
        )
        target = None if dates["review"] else day(dates["target"])
        Forecast.objects.filter(implant=pump).update(
            status="review" if dates["review"] else "ok",
            must_refill_by=target and target + timedelta(days=10),
            limited_by="stability" if target else "",
            target_visit_on=target,
            latest_visit_on=target and target + timedelta(days=3),
        )
    FollowUp.objects.filter(pk=wound.pk).update(
        latest_on=day(scene["latest"]), target_on=day(scene["latest"]), anchored_on=house.today
    )
    for number, each in enumerate(scene["visits"]):
        zone = ZoneInfo("America/Chicago")
        begins = datetime.combine(day(each["day"]), each["at"], zone)
        if Visit.objects.filter(
            patient=pumps[each["pump"]].patient,
            starts_at__lt=begins + timedelta(minutes=each["minutes"]),
            ends_at__gt=begins,
        ).exists():
            continue
        Visit.objects.filter(pk=make_visit_of(house, pumps, each, wound, number).pk).update(
            override_reason="asked for" if each["override"] else "",
            override_by=house.nurse if each["override"] else None,
        )


def make_visit_of(
    house: House, pumps: list[Implant], each: dict[str, Any], wound: FollowUp, number: int
) -> Visit:
    visit = make_visit(
        house,
        pumps[each["pump"]],
        on=house.today + timedelta(days=each["day"]),
        at=each["at"],
        minutes=each["minutes"],
        kind=each["kind"],
        status=each["status"],
        serves=(wound,) if each["serves"] and each["pump"] == 0 else (),
        booked_at=house.now + timedelta(days=each["booked"]),
        nurse=None,
        room=None,
    )
    Visit.objects.filter(pk=visit.pk).update(nurse=nurse_of(house), room=room_of(house))
    return visit


def empty(house: House) -> None:
    VisitFollowUp.objects.filter(clinic=house.clinic).delete()
    VisitSeat.objects.filter(clinic=house.clinic).delete()
    for model in (Visit, HoursException, ResourceHours, Closure):
        model.objects.filter(clinic=house.clinic).delete()


def test_the_database_finds_exactly_the_visits_that_the_pure_function_calls_wrong(house: House) -> None:
    pumps = [make_running_pump(house, filled_on=house.today - timedelta(days=2)) for _ in range(3)]
    wound = make_follow_up(house, pumps[0], target=1, latest=3)

    @settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(scenes())
    def check(scene: dict[str, Any]) -> None:
        lay(house, pumps, scene, wound)
        expected = {}
        opening = Opening(
            ZoneInfo(house.clinic.time_zone),
            frozenset(scene["weekdays"]),
            frozenset(house.today + timedelta(days=number) for number in scene["closed"]),
        )
        visits = list(live_visits(house.clinic.id, house.today))
        rows = served_rows(house.clinic.id, [visit.pk for visit in visits], house.today)
        served = served_from(rows)
        hours, changes = (
            model.objects.for_clinic(house.clinic.id) for model in (ResourceHours, HoursException)
        )
        taken = resources_from(visits, hours, changes)
        for visit in visits:
            facts = booked_visit(visit, served.get(visit.pk), taken)
            if found := conflicts_of(facts, opening=opening, today=house.today):
                expected[visit.pk] = found
        shown = {row.visit_id: row.reasons for row in visit_conflicts(house.clinic.id, house.now)}
        assert shown == expected

    check()
