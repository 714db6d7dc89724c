"""Nurses and rooms: saved whole, refused at the field, never somebody else's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.domain.checks import RecordError
from clinic.domain.roles import Role
from scheduling.domain.hours import DaySpan, ExceptionEntry
from scheduling.models import DayClosing, HoursException, Resource, ResourceHours, Visit, VisitKind
from scheduling.selectors.resources import VisitsAhead, get_resource, resources, visits_ahead, week_of
from scheduling.services.resources import (
    ResourceEntry,
    add_exception,
    add_resource,
    remove_exception,
    restore_resource,
    retire_resource,
    update_exception,
    update_resource,
)
from scheduling.services.visit_kinds import (
    VisitKindEntry,
    restore_visit_kind,
    retire_visit_kind,
    update_visit_kind,
)
from tests.calendar_rows import make_visit
from tests.factories import House, make_clinic, make_patient

pytestmark = pytest.mark.django_db

MORNING = DaySpan(time(9), time(12))
AFTERNOON = DaySpan(time(13), time(17))
WEEK = dict.fromkeys(range(5), (MORNING, AFTERNOON))
NURSE = ResourceEntry(name="Agency nurse")
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)  # a Monday, 9 o'clock in Chicago
MONDAY = NOW.date()


@pytest.fixture
def house() -> House:
    return make_clinic(now=NOW)


@pytest.fixture
def nurse(house: House) -> Resource:
    return add_resource(clinic=house.clinic, kind="nurse", entry=NURSE, week=WEEK)


def a_visit(house: House, *, days: int = 1, status: str = "booked", **values: Any) -> Visit:
    """An hour's check-up of somebody, some days from Monday, with the nurse or room that is named."""
    named = {"nurse": None, "room": None} | values
    if status == "proposed":
        named["hold_expires_at"] = house.now + timedelta(minutes=10)
    on = MONDAY + timedelta(days=days)
    return make_visit(house, make_patient(house), on=on, minutes=60, kind="check_up", status=status, **named)


def ahead(house: House, resource: Resource) -> VisitsAhead:
    fresh = get_resource(clinic_id=house.clinic.id, resource_ref=resource.ref, today=house.today)
    assert fresh is not None
    return visits_ahead(clinic=house.clinic, resource=fresh, now=house.now)


def save(house: House, nurse: Resource, *, week: Any = WEEK, **values: Any) -> Resource:
    return update_resource(
        clinic=house.clinic, resource_ref=nurse.ref, entry=replace(NURSE, **values), week=week
    )


def test_a_nurse_is_added_with_her_week_and_changed(house: House, nurse: Resource) -> None:
    assert week_of(nurse) == WEEK
    save(house, nurse, name="Agency nurse A", seats=2, week={0: (MORNING,), 6: (AFTERNOON,)})
    nurse.refresh_from_db()
    assert (nurse.name, nurse.seats, nurse.kind) == ("Agency nurse A", 2, "nurse")
    assert week_of(nurse) == {0: (MORNING,), 6: (AFTERNOON,)}
    assert not ResourceHours.objects.filter(resource=nurse).exclude(clinic=house.clinic).exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "agency NURSE"}, "name"),
        ({"name": "Other", "seats": 0}, "seats"),
        ({"name": "Other", "seats": 51}, "seats"),
        ({"name": "Other", "user_id": -1}, "user"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    house: House, nurse: Resource, values: dict[str, Any], field: str
) -> None:
    other = add_resource(clinic=house.clinic, kind="nurse", entry=ResourceEntry(name="Second"), week={})
    actions: list[Callable[[], object]] = [
        lambda: add_resource(clinic=house.clinic, kind="nurse", entry=replace(NURSE, **values), week=WEEK),
        lambda: save(house, other, **values),
    ]
    for action in actions:
        with pytest.raises(RecordError) as refused:
            action()
        assert refused.value.field == field
    assert Resource.objects.for_clinic(house.clinic.id).filter(kind="nurse").count() == 3


def test_one_person_stands_in_the_calendar_once_and_a_room_is_nobody(house: House, nurse: Resource) -> None:
    scheduler = house.person(Role.SCHEDULER)
    save(house, nurse, user_id=scheduler.id)
    save(house, nurse, user_id=scheduler.id, seats=3)
    for kind, user_id in [("nurse", house.nurse.id), ("nurse", house.outsider.id), ("room", scheduler.id)]:
        with pytest.raises(RecordError) as refused:
            add_resource(
                clinic=house.clinic, kind=kind, entry=ResourceEntry(name="New", user_id=user_id), week={}
            )
        assert refused.value.field == "user"


def test_a_nurse_of_the_clinic_keeps_her_account(house: House) -> None:
    """Without it she would be added to the calendar a second time."""
    own = Resource.objects.get(clinic=house.clinic, user=house.nurse)
    for user_id in (None, house.person(Role.SCHEDULER).id):
        with pytest.raises(RecordError) as refused:
            save(house, own, name="Nora", user_id=user_id)
        assert refused.value.field == "user"
    assert save(house, own, name="Nora", user_id=house.nurse.id).name == "Nora"


def test_a_week_that_overlaps_itself_is_refused_and_nothing_is_kept(house: House, nurse: Resource) -> None:
    with pytest.raises(RecordError) as refused:
        save(house, nurse, name="Renamed", week={2: (MORNING, DaySpan(time(11), time(14)))})
    assert refused.value.field == "day_2"
    nurse.refresh_from_db()
    assert nurse.name == "Agency nurse"
    assert week_of(nurse) == WEEK


def test_a_nurse_is_retired_and_restored_with_her_hours(house: House, nurse: Resource) -> None:
    retire_resource(clinic=house.clinic, resource_ref=nurse.ref)
    assert [found.is_active for found in resources(clinic_id=house.clinic.id, today=house.today)] == [
        True,
        False,
        True,
    ]
    restored = restore_resource(clinic=house.clinic, resource_ref=nurse.ref)
    assert restored.is_active
    assert week_of(restored) == WEEK


def test_visits_outside_changed_hours_are_counted(house: House, nurse: Resource) -> None:
    a_visit(house, days=1, at=time(10), nurse=nurse)
    a_visit(house, days=1, at=time(16), nurse=nurse)
    a_visit(house, days=2, at=time(16), nurse=nurse)
    a_visit(house, days=3, at=time(16), nurse=nurse, status="cancelled")
    a_visit(house, days=3, at=time(16), nurse=nurse, status="proposed")
    a_visit(house, days=-3, at=time(22), nurse=nurse)
    assert ahead(house, nurse) == VisitsAhead(coming=3, outside=0)
    save(house, nurse, week=dict.fromkeys(range(5), (MORNING,)))
    assert ahead(house, nurse) == VisitsAhead(coming=3, outside=2)
    add_exception(
        clinic=house.clinic,
        resource_ref=nurse.ref,
        entry=ExceptionEntry(
            first_on=MONDAY,
            last_on=MONDAY + timedelta(days=1),
            starts_at=time(15),
            ends_at=time(18),
            is_available=True,
        ),
        now=house.now,
    )
    assert ahead(house, nurse).outside == 1
    retire_resource(clinic=house.clinic, resource_ref=nurse.ref)
    assert ahead(house, nurse) == VisitsAhead(coming=3, outside=3)


def test_a_room_without_hours_is_open_all_day(house: House) -> None:
    room = add_resource(clinic=house.clinic, kind="room", entry=ResourceEntry(name="Room 2"), week={})
    a_visit(house, days=1, at=time(5), room=room)
    assert ahead(house, room) == VisitsAhead(coming=1, outside=0)


AWAY = ExceptionEntry(first_on=MONDAY, last_on=MONDAY + timedelta(days=2), reason="course")


def test_an_absence_is_entered_changed_taken_away_and_entered_again(house: House, nurse: Resource) -> None:
    who = {"clinic": house.clinic, "now": house.now}
    away = add_exception(resource_ref=nurse.ref, entry=AWAY, **who)
    changed = replace(AWAY, starts_at=time(9), ends_at=time(11))
    update_exception(exception_ref=away.ref, entry=changed, **who)
    entry = remove_exception(clinic=house.clinic, exception_ref=away.ref)
    assert entry == changed
    assert not HoursException.objects.exists()
    add_exception(resource_ref=nurse.ref, entry=entry, **who)
    assert HoursException.objects.get().starts_at == time(9)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"last_on": MONDAY - timedelta(days=1)}, "last_on"),
        ({"first_on": MONDAY - timedelta(9), "last_on": MONDAY - timedelta(days=1)}, "last_on"),
        ({"starts_at": time(9)}, "ends_at"),
        ({"is_available": True}, "starts_at"),
        ({"is_available": True, "starts_at": time(18), "ends_at": time(20)}, "first_on"),
        ({"reason": "x" * 121}, "reason"),
    ],
)
def test_an_exception_that_cannot_be_is_refused(
    house: House, nurse: Resource, changed: dict[str, Any], field: str
) -> None:
    who = {"clinic": house.clinic, "now": house.now}
    add_exception(resource_ref=nurse.ref, entry=AWAY, **who)
    later = replace(AWAY, first_on=MONDAY + timedelta(days=9), last_on=MONDAY + timedelta(days=9))
    other = add_exception(resource_ref=nurse.ref, entry=later, **who)
    entry = replace(AWAY, **changed)
    actions: list[Callable[[], object]] = [
        lambda: add_exception(resource_ref=nurse.ref, entry=entry, **who),
        lambda: update_exception(exception_ref=other.ref, entry=entry, **who),
    ]
    for action in actions:
        with pytest.raises(RecordError) as refused:
            action()
        assert refused.value.field == field


def test_an_absence_that_closed_days_wrote_is_undone_there(house: House, nurse: Resource) -> None:
    who = {"clinic": house.clinic, "now": house.now}
    away = add_exception(resource_ref=nurse.ref, entry=AWAY, **who)
    away.closing = DayClosing.objects.create(
        clinic=house.clinic,
        first_on=MONDAY,
        last_on=MONDAY,
        reason="course",
        created_at=house.now,
        created_by=house.nurse,
    )
    away.save()
    with pytest.raises(RecordError):
        remove_exception(clinic=house.clinic, exception_ref=away.ref)
    with pytest.raises(RecordError):
        update_exception(exception_ref=away.ref, entry=AWAY, **who)


def test_what_belongs_to_another_clinic_does_not_exist(house: House, nurse: Resource) -> None:
    away = add_exception(clinic=house.clinic, resource_ref=nurse.ref, entry=AWAY, now=house.now)
    kind = VisitKind.objects.filter(clinic=house.clinic)[0]
    entry = VisitKindEntry(name="X", duration_minutes=30)
    there: dict[str, Any] = {"clinic": house.elsewhere}
    actions: list[Callable[[], object]] = [
        lambda: update_resource(resource_ref=nurse.ref, entry=NURSE, week={}, **there),
        lambda: retire_resource(resource_ref=nurse.ref, **there),
        lambda: restore_resource(resource_ref=uuid4(), **there),
        lambda: add_exception(resource_ref=nurse.ref, entry=AWAY, now=house.now, **there),
        lambda: update_exception(exception_ref=away.ref, entry=AWAY, now=house.now, **there),
        lambda: remove_exception(exception_ref=away.ref, **there),
        lambda: update_visit_kind(kind_ref=kind.ref, entry=entry, now=house.now, **there),
        lambda: retire_visit_kind(kind_ref=kind.ref, **there),
        lambda: restore_visit_kind(kind_ref=kind.ref, **there),
    ]
    for action in actions:
        with pytest.raises((Resource.DoesNotExist, HoursException.DoesNotExist, VisitKind.DoesNotExist)):
            action()


def test_the_list_of_nurses_and_rooms_costs_the_same_however_many(house: House, nurse: Resource) -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            for found in resources(clinic_id=house.clinic.id, today=house.today):
                week_of(found)
                list(found.exceptions.all())
        return len(queries)

    before = cost()
    for number in range(5):
        add_resource(clinic=house.clinic, kind="room", entry=ResourceEntry(name=f"R{number}"), week=WEEK)
    assert cost() == before == 3
