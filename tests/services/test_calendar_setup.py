"""What a clinic's calendar begins with, and how it follows the clinic's people."""

from __future__ import annotations

from clinic.domain.roles import Role
from clinic.selectors.accounts import members
from clinic.services.accounts import change_membership
from scheduling.models import Resource, ResourceHours, VisitKind, WorkPolicy
from scheduling.services.setup import set_up_clinic
from tests.factories import House, join


def nurses(house: House) -> list[Resource]:
    return list(Resource.objects.for_clinic(house.clinic.id).filter(kind="nurse"))


def leave(house: House, *, is_active: bool = False) -> None:
    membership = members(clinic_id=house.clinic.id).get(user=house.nurse)
    change_membership(
        clinic=house.clinic,
        membership_id=membership.id,
        role=Role.NURSE,
        is_active=is_active,
        actor_id=house.administrator.id,
        now=house.now,
    )


def test_a_new_clinic_has_kinds_a_room_and_its_nurses(house: House) -> None:
    assert VisitKind.objects.for_clinic(house.clinic.id).filter(is_refill=True).count() == 1
    assert Resource.objects.for_clinic(house.clinic.id).filter(kind="room").count() == 1
    (nurse,) = nurses(house)
    assert nurse.user_id == house.nurse.id
    assert set(nurse.hours.values_list("weekday", flat=True)) == {0, 1, 2, 3, 4}


def test_asking_again_adds_nothing(house: House) -> None:
    def counts() -> list[int]:
        return [table.objects.count() for table in (Resource, ResourceHours, VisitKind, WorkPolicy)]

    before = counts()
    set_up_clinic(house.clinic.id, house.now)
    assert counts() == before


def test_only_nurses_stand_in_the_calendar(house: House) -> None:
    house.person(Role.SCHEDULER)
    assert len(nurses(house)) == 1


def test_two_nurses_of_one_name_are_told_apart(house: House) -> None:
    join(house.clinic, Role.NURSE, invited_by=house.administrator, now=house.now)
    assert len({nurse.name for nurse in nurses(house)}) == 2


def test_a_nurse_who_leaves_is_put_out_of_use(house: House) -> None:
    leave(house)
    (nurse,) = nurses(house)
    assert not nurse.is_active
