"""The database finds whatever the pure function calls wrong, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.audit import recording
from clinic.models import Clinic, Closure, Implant, Patient
from scheduling.domain.opening import Opening
from scheduling.domain.visit_conflicts import conflicts_of
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
from tests.calendar_rows import make_follow_up, make_visit, nurse_of, room_of
from tests.factories import House, make_clinic, make_running_pump

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> Iterator[House]:
    """The house, with one reason for whatever a test changes straight in the tables."""
    house = make_clinic()
    with recording(actor_id=house.nurse.id, reason="made by a test"):
        yield house


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
