"""The lapse guard: what holds a pump, and that each thing alone is enough; what only looks like it is not."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.audit import recording
from clinic.domain.roles import Role
from clinic.models import Implant, Membership
from clinic.services.accounts import change_membership
from clinic.services.implants import record_explant
from clinic.services.patients import record_death
from scheduling.models import FollowUp, Forecast, Resource
from scheduling.selectors.lapse import WhyLapsed, lapsed, lapsed_counts
from tests.calendar_rows import make_visit, open_day
from tests.factories import House, make_clinic, make_event, make_implant, make_patient, make_running_pump

pytestmark = pytest.mark.django_db


@pytest.fixture
def implant(house: House) -> Implant:
    return make_running_pump(house, make_patient(house, last_name="Ode"))


def why(house: House, *, days: int = 0) -> list[WhyLapsed]:
    return [row.why for row in lapsed(house.clinic.id, house.now + timedelta(days=days))]


def item(implant: Implant) -> FollowUp:
    return FollowUp.objects.get(implant=implant, row_key="refill", state__in=["open", "postponed"])


def change_item(implant: Implant, **values: object) -> None:
    FollowUp.objects.filter(pk=item(implant).pk).update(**values)


def latest(implant: Implant) -> date:
    day = Forecast.objects.get(implant=implant).latest_visit_on
    assert day is not None
    return day


def test_a_pump_just_put_in_is_watched(house: House, implant: Implant) -> None:
    assert why(house) == []
    assert lapsed_counts(house.now) == {house.clinic.id: 0, house.elsewhere.id: 0}


def test_without_item_visit_and_review_a_pump_has_lapsed(house: House, implant: Implant) -> None:
    change_item(implant, state="ended", ended_because="anchor", closed_at=house.now)
    (row,) = lapsed(house.clinic.id, house.now)
    assert (row.why, row.implant_id, row.last_name) == (WhyLapsed.NO_ITEM, implant.pk, "Ode")
    assert lapsed_counts(house.now) == {house.clinic.id: 1, house.elsewhere.id: 0}
    assert lapsed(house.elsewhere.id, house.now) == []


def test_a_visit_in_time_is_enough_until_its_day_has_passed(house: House, implant: Implant) -> None:
    change_item(implant, state="ended", ended_because="anchor", closed_at=house.now)
    day = open_day(house)
    make_visit(house, implant, on=day)
    assert why(house) == []
    until = (day - house.today).days
    assert why(house, days=until) == []
    assert why(house, days=until + 1) == [WhyLapsed.NO_ITEM]


@pytest.mark.parametrize("status", ["pending", "proposed", "cancelled", "noshow", "fulfilled"])
def test_a_visit_that_does_not_stand_at_its_time_is_not_enough(
    house: House, implant: Implant, status: str
) -> None:
    change_item(implant, state="ended", ended_because="anchor", closed_at=house.now)
    expires = house.now + timedelta(minutes=10) if status == "proposed" else None
    make_visit(house, implant, on=open_day(house), status=status, hold_expires_at=expires)
    assert why(house) == [WhyLapsed.NO_ITEM]


def test_a_visit_too_late_or_of_another_kind_is_not_enough(house: House, implant: Implant) -> None:
    change_item(implant, state="ended", ended_because="anchor", closed_at=house.now)
    make_visit(house, implant, on=latest(implant) + timedelta(days=1), at=time(9), nurse=None, room=None)
    make_visit(house, implant, on=open_day(house), kind="check_up")
    assert why(house) == [WhyLapsed.NO_ITEM]
    make_visit(house, implant, on=latest(implant), at=time(14), nurse=None, room=None)
    assert why(house) == []


def test_an_open_review_is_enough_and_a_pump_without_any_forecast_is_not(house: House) -> None:
    void = make_running_pump(house)
    make_event(house, void, kind="stalled")
    assert Forecast.objects.get(implant=void).status == "review"
    FollowUp.objects.filter(implant=void).update(
        state="ended", ended_because="anchor", closed_at=house.now, postponed_until=None
    )
    assert why(house) == []
    make_visit(house, void, on=open_day(house))
    Forecast.objects.filter(implant=void).delete()
    assert why(house) == [WhyLapsed.NO_FORECAST]


def test_an_item_postponed_is_enough_up_to_the_last_safe_day(house: House, implant: Implant) -> None:
    put_off = {"state": "postponed", "closing_reason": "away"}
    change_item(implant, postponed_until=latest(implant), **put_off)
    assert why(house) == []
    change_item(implant, postponed_until=latest(implant) + timedelta(days=1), **put_off)
    assert why(house) == [WhyLapsed.POSTPONED_TOO_FAR]


def test_an_item_with_other_dates_than_the_forecast_is_not_enough(house: House, implant: Implant) -> None:
    change_item(implant, latest_on=latest(implant) + timedelta(days=1))
    assert why(house) == [WhyLapsed.STALE_ITEM]


@pytest.mark.parametrize("how", ["left", "auditor", "account closed", "of another clinic"])
def test_an_item_of_somebody_who_cannot_do_it_is_not_enough(house: House, implant: Implant, how: str) -> None:
    change_item(implant, owner=house.nurse)
    assert why(house) == []
    members = Membership.objects.filter(clinic=house.clinic, user=house.nurse)
    with recording(actor_id=None, reason="by hand"):
        match how:
            case "left":
                members.update(is_active=False)
            case "auditor":
                members.update(role="auditor")
            case "account closed":
                type(house.nurse).objects.filter(pk=house.nurse.pk).update(is_active=False)
            case _:
                change_item(implant, owner=house.outsider)
    assert why(house) == [WhyLapsed.NO_OWNER]


def test_somebody_who_leaves_hands_the_work_over(house: House, implant: Implant) -> None:
    change_item(implant, owner=house.nurse)
    change_membership(
        clinic=house.clinic,
        membership_id=Membership.objects.get(clinic=house.clinic, user=house.nurse).pk,
        role=Role.NURSE,
        is_active=False,
        actor_id=house.administrator.id,
        now=house.now,
    )
    assert why(house) == []
    assert item(implant).owner_id == house.administrator.id
    assert not Resource.objects.get(user=house.nurse).is_active


def test_the_dead_and_pumps_taken_out_are_not_asked_for(house: House, implant: Implant) -> None:
    other = make_running_pump(house)
    by = {"clinic": house.clinic, "actor_id": house.nurse.id, "now": house.now}
    record_explant(implant_ref=implant.ref, explanted_on=house.today, why="", **by)
    record_death(patient_ref=other.patient.ref, died_on=house.today, **by)
    assert why(house) == []


def test_each_clinic_lives_in_its_own_day(house: House, implant: Implant) -> None:
    """At two in the morning of Madrid it is the evening before in Chicago: its visits of that day still count."""
    change_item(implant, state="ended", ended_because="anchor", closed_at=house.now)
    day = open_day(house)
    make_visit(house, implant, on=day)
    midnight = datetime.combine(day + timedelta(days=1), time(1), UTC)
    assert lapsed(house.clinic.id, midnight) == []
    assert len(lapsed(house.clinic.id, midnight + timedelta(hours=8))) == 1


def test_the_counts_of_all_clinics_cost_two_queries(house: House) -> None:
    for _ in range(3):
        make_implant(house)
    make_clinic()
    with CaptureQueriesContext(connection) as queries:
        counts = lapsed_counts(house.now)
    assert len(queries) == 2
    assert len(counts) == 4
