"""Kinds of visit and the work policy: saved whole, refused at the field, what is booked never forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from clinic.domain.checks import RecordError
from clinic.domain.roles import Role
from scheduling.models import Protocol, ProtocolRow, Resource, VisitKind, VisitSeat, WorkPolicy
from scheduling.selectors.resources import resources, rows_asking_for, visit_kinds, work_policy
from scheduling.services.visit_kinds import (
    VisitKindEntry,
    add_visit_kind,
    restore_visit_kind,
    retire_visit_kind,
    update_visit_kind,
)
from scheduling.services.work_policy import WorkPolicyEntry, set_work_policy
from tests.calendar_rows import make_visit
from tests.factories import House, make_clinic, make_patient

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)  # a Monday, 9 o'clock in Chicago
MONDAY = NOW.date()


@pytest.fixture
def house() -> House:
    return make_clinic(now=NOW)


def a_visit(house: House, kind: VisitKind, *, days: int = 1, at: time = time(10)) -> None:
    on = MONDAY + timedelta(days=days)
    make_visit(house, make_patient(house), on=on, at=at, minutes=60, kind=kind.key, nurse=None, room=None)


SCAN = VisitKindEntry(name="Dye study", duration_minutes=90, needs_nurse=False, capacity=1)


def kind_of(house: House, key: str) -> VisitKind:
    return VisitKind.objects.get(clinic=house.clinic, key=key)


def change(house: House, kind: VisitKind, entry: VisitKindEntry) -> VisitKind:
    return update_visit_kind(clinic=house.clinic, kind_ref=kind.ref, entry=entry, now=house.now)


def test_a_kind_of_visit_is_added_with_a_key_of_its_own(house: House) -> None:
    first = add_visit_kind(clinic=house.clinic, entry=SCAN)
    second = add_visit_kind(clinic=house.clinic, entry=replace(SCAN, name="Dye-study"))
    third = add_visit_kind(clinic=house.clinic, entry=replace(SCAN, name="画像"))
    assert [kind.key for kind in (first, second, third)] == ["dye_study", "dye_study_2", "visit"]
    assert first.capacity_resource is not None
    assert (first.capacity_resource.kind, first.capacity_resource.seats) == ("capacity", 1)
    assert visit_kinds(clinic_id=house.clinic.id)[-1] == third
    assert Resource.objects.filter(kind="capacity").count() == 3
    assert not [
        each for each in resources(clinic_id=house.clinic.id, today=house.today) if each.kind == "capacity"
    ]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": "CHECK-UP"}, "name"),
        ({"duration_minutes": 4}, "duration_minutes"),
        ({"duration_minutes": 481}, "duration_minutes"),
        ({"needs_room": False, "capacity": None}, "needs_nurse"),
        ({"capacity": 0}, "needs_nurse"),
        ({"capacity": 51}, "capacity"),
    ],
)
def test_a_kind_that_cannot_be_is_refused_at_its_field(
    house: House, changed: dict[str, Any], field: str
) -> None:
    entry = (
        replace(SCAN, needs_room=False, **changed)
        if "needs_room" not in changed
        else replace(SCAN, **changed)
    )
    kind = add_visit_kind(clinic=house.clinic, entry=replace(SCAN, name="Other"))
    actions: list[Callable[[], object]] = [
        lambda: add_visit_kind(clinic=house.clinic, entry=entry),
        lambda: change(house, kind, entry),
    ]
    for action in actions:
        with pytest.raises(RecordError) as refused:
            action()
        assert refused.value.field == field


def test_the_refill_stays_the_refill_and_in_use(house: House) -> None:
    refill = kind_of(house, "refill")
    entry = VisitKindEntry(name="Pump refill", duration_minutes=75, is_refill=True)
    assert change(house, refill, entry).name == "Pump refill"
    with pytest.raises(RecordError) as refused:
        change(house, refill, replace(entry, is_refill=False))
    assert refused.value.field == "is_refill"
    with pytest.raises(RecordError):
        retire_visit_kind(clinic=house.clinic, kind_ref=refill.ref)


def test_a_kind_that_the_protocol_asks_for_stays_in_use(house: House) -> None:
    kind = add_visit_kind(clinic=house.clinic, entry=SCAN)

    def protocol(is_active: bool) -> None:
        version = (Protocol.objects.filter(clinic=house.clinic).count() or 0) + 100
        newest = Protocol.objects.create(clinic=house.clinic, version=version, created_at=house.now)
        ProtocolRow.objects.create(
            clinic=house.clinic,
            protocol=newest,
            position=0,
            key="dye",
            title="Look at the catheter",
            anchor="surgery",
            mode="visit",
            target="+1 w",
            latest="+2 w",
            visit_kind_key=kind.key,
            is_active=is_active,
        )

    protocol(is_active=True)
    assert [row.key for row in rows_asking_for(clinic_id=house.clinic.id, kind_key=kind.key)] == ["dye"]
    with pytest.raises(RecordError, match="Look at the catheter"):
        retire_visit_kind(clinic=house.clinic, kind_ref=kind.ref)
    protocol(is_active=False)
    assert not retire_visit_kind(clinic=house.clinic, kind_ref=kind.ref).is_active
    assert restore_visit_kind(clinic=house.clinic, kind_ref=kind.ref).is_active


def test_a_capacity_given_later_counts_what_is_booked_and_comes_back_as_it_was(house: House) -> None:
    kind = add_visit_kind(clinic=house.clinic, entry=replace(SCAN, needs_nurse=True, capacity=None))
    for days, at in [(1, time(9)), (1, time(9, 30)), (1, time(10)), (2, time(9))]:
        a_visit(house, kind, days=days, at=at)
    a_visit(house, kind, days=-2)
    entry = replace(SCAN, needs_nurse=True, capacity=2)
    change(house, kind, entry)
    resource = Resource.objects.get(kind="capacity", clinic=house.clinic)
    seats = VisitSeat.objects.filter(resource=resource).order_by("during")
    assert [seat.seat for seat in seats] == [1, 2, 1, 1]
    change(house, kind, replace(entry, name="Contrast study", capacity=None))
    kind.refresh_from_db()
    resource.refresh_from_db()
    assert (kind.capacity_resource, resource.is_active, resource.name) == (None, False, "Contrast study")
    a_visit(house, kind, days=2, at=time(9))
    change(house, kind, replace(entry, name="Contrast study", capacity=3))
    kind.refresh_from_db()
    assert kind.capacity_resource == resource
    assert sorted(VisitSeat.objects.filter(resource=resource).values_list("seat", flat=True)) == [
        1,
        1,
        1,
        2,
        2,
    ]


def test_the_policy_is_saved_and_refused_at_its_field(house: House) -> None:
    entry = WorkPolicyEntry(default_owner_id=house.nurse.id, slot_minutes=20, hold_minutes=5)
    set_work_policy(clinic=house.clinic, entry=entry)
    policy = work_policy(clinic_id=house.clinic.id)
    assert (policy.default_owner, policy.slot_minutes, policy.hold_minutes) == (house.nurse, 20, 5)
    wrong = {
        "slot_minutes": replace(entry, slot_minutes=7),
        "hold_minutes": replace(entry, hold_minutes=61),
        "default_owner": replace(entry, default_owner_id=house.outsider.id),
    }
    for field, refused_entry in wrong.items():
        with pytest.raises(RecordError) as refused:
            set_work_policy(clinic=house.clinic, entry=refused_entry)
        assert refused.value.field == field
    with pytest.raises(RecordError):
        set_work_policy(
            clinic=house.clinic, entry=replace(entry, default_owner_id=house.person(Role.AUDITOR).id)
        )
    assert WorkPolicy.objects.filter(clinic=house.clinic).count() == 1
