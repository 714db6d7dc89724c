"""What the night brings up besides dates: a calendar after an upgrade, and work that is with nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest

from clinic.models import User
from scheduling.models import FollowUp, Resource, ResourceHours, VisitKind, WorkPolicy
from scheduling.selectors.lapse import lapsed
from scheduling.services.sweeps import begin_due_nights
from tests.factories import House, make_running_pump

pytestmark = pytest.mark.django_db


def test_a_clinic_from_before_the_calendar_gets_one(house: House) -> None:
    for table in (ResourceHours, Resource, VisitKind, WorkPolicy):
        table.objects.all().delete()

    begin_due_nights(now=house.now)

    assert VisitKind.objects.for_clinic(house.clinic.id).filter(is_refill=True).count() == 1
    kinds = set(Resource.objects.for_clinic(house.clinic.id).values_list("kind", flat=True))
    assert kinds == {"nurse", "room"}
    assert WorkPolicy.objects.for_clinic(house.clinic.id).count() == 1


def test_what_was_put_out_of_use_stays_out_of_use(house: House) -> None:
    Resource.objects.update(is_active=False)
    before = Resource.objects.count()

    begin_due_nights(now=house.now)

    assert Resource.objects.count() == before
    assert not Resource.objects.filter(is_active=True).exists()


def test_the_work_of_a_shut_account_goes_to_somebody_by_the_next_night(house: House) -> None:
    implant = make_running_pump(house)
    FollowUp.objects.update(owner=house.nurse)
    User.objects.filter(pk=house.nurse.pk).update(is_active=False)
    assert [row.implant_id for row in lapsed(house.clinic.id, house.now)] == [implant.pk]

    begin_due_nights(now=house.now + timedelta(days=1))

    assert lapsed(house.clinic.id, house.now + timedelta(days=1)) == []
    unfinished = FollowUp.objects.filter(state__in=["open", "postponed"])
    assert set(unfinished.values_list("owner", flat=True)) == {house.administrator.pk}
