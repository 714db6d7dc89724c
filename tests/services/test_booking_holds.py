"""Slots that are held while somebody decides, and requests that are sent twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from clinic.domain.checks import RecordError
from clinic.models import Patient
from scheduling import tasks
from scheduling.domain.slot_refusals import SlotReason, SlotTaken
from scheduling.models import Visit
from scheduling.services import booking
from tests.factories import House
from tests.visits import Desk

pytestmark = pytest.mark.django_db
R = SlotReason


def why(act: Callable[[], Any]) -> SlotReason:
    with pytest.raises(SlotTaken) as refused:
        act()
    return refused.value.why


def field(act: Callable[[], Any]) -> str:
    with pytest.raises(RecordError) as refused:
        act()
    assert not isinstance(refused.value, SlotTaken)
    return refused.value.field


class TestHolds:
    def test_a_held_slot_is_taken_for_ten_minutes(self, desk: Desk, house: House) -> None:
        desk.hold()
        until = house.now + timedelta(minutes=10)
        assert why(lambda: desk.book(now=until - timedelta(seconds=1))) is R.NURSE_BUSY
        assert desk.book(now=until).status == "booked"
        assert Visit.objects.count() == 1

    def test_what_is_held_is_booked_under_its_reference(self, desk: Desk, patient: Patient) -> None:
        held = desk.hold(patient)
        visit = desk.book(patient, hold=held)
        assert (visit.ref, visit.status, visit.hold_expires_at) == (held.ref, "booked", None)
        assert [row.status for row in visit.statuses.order_by("pk")] == ["proposed", "booked"]
        assert visit.seats.count() == 2

    def test_another_time_than_the_held_one_can_be_booked_too(self, desk: Desk, patient: Patient) -> None:
        held = desk.hold(patient, at="10:00")
        assert desk.book(patient, at="10:15", hold=held).starts_at == desk.at("10:15")
        desk.book(at="09:45")

    def test_a_hold_that_was_swept_away_is_no_loss_while_the_slot_is_free(
        self, desk: Desk, patient: Patient, house: House
    ) -> None:
        held = desk.hold(patient)
        later = house.now + timedelta(minutes=10)
        assert booking.release_expired_holds(now=later - timedelta(seconds=1)) == 0
        assert booking.release_expired_holds(now=later) == 1
        assert desk.book(patient, hold=held, now=later).status == "booked"

    def test_the_clock_of_the_workers_clears_expired_holds_away(self, desk: Desk, house: House) -> None:
        desk.hold(now=house.now - timedelta(minutes=11))
        live = desk.hold(at="14:00")
        tasks.release_holds()
        assert list(Visit.objects.all()) == [live]

    def test_a_second_hold_of_the_same_person_takes_the_place_of_the_first(
        self, desk: Desk, patient: Patient
    ) -> None:
        desk.hold(patient, at="10:00")
        desk.hold(patient, at="14:00")
        assert [each.starts_at for each in Visit.objects.all()] == [desk.at("14:00")]

    def test_a_hold_can_be_given_back(self, desk: Desk, patient: Patient, house: House) -> None:
        held = desk.hold(patient)
        give_back = {"clinic": house.clinic, "hold_ref": held.ref, "actor_id": house.nurse.id}
        assert booking.release_hold(**give_back)
        assert not booking.release_hold(**give_back)
        visit = desk.book(patient)
        assert not booking.release_hold(**(give_back | {"hold_ref": visit.ref}))
        assert Visit.objects.count() == 1

    def test_a_booked_visit_is_no_hold(self, desk: Desk, patient: Patient) -> None:
        visit = desk.book(patient)
        assert field(lambda: desk.book(patient, at="14:00", hold=visit)) == "status"


class TestTheSameRequestTwice:
    def test_makes_one_visit(self, desk: Desk, patient: Patient) -> None:
        assert desk.book(patient, key="k1") == desk.book(patient, key="k1")
        assert Visit.objects.count() == 1

    def test_with_other_values_is_refused(self, desk: Desk, patient: Patient) -> None:
        desk.book(patient, key="k1")
        assert field(lambda: desk.book(patient, key="k1", at="14:00")) == "idempotency_key"
        desk.book(patient, key="k2", at="14:00")

    @pytest.mark.parametrize("key", ["", "x" * 81, "é", "a\nb"])
    def test_needs_a_plain_key(self, desk: Desk, patient: Patient, key: str) -> None:
        assert field(lambda: desk.book(patient, key=key)) == "idempotency_key"

    def test_is_another_one_in_another_clinic(self, desk: Desk, house: House, patient: Patient) -> None:
        desk.book(patient, key="k1")
        assert not Visit.objects.for_clinic(house.elsewhere.id).filter(idempotency_key="k1").exists()
