"""Booking a visit: what is booked, and what is refused with its reason and the next free times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.domain.checks import RecordError
from clinic.models import Patient
from clinic.services.closures import add_closure
from clinic.services.implants import record_explant
from clinic.services.patients import record_death
from scheduling.domain.slot_refusals import SlotReason, SlotTaken
from scheduling.models import HoursException, Resource, ResourceHours, Visit, VisitKind, VisitSeat
from scheduling.selectors.visits import next_free_times, visit_by_ref
from scheduling.services import booking
from tests.factories import House, make_patient, make_running_pump
from tests.visits import Desk, make_resource, refill_item

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


def test_a_visit_takes_its_nurse_and_room_for_its_length(desk: Desk, patient: Patient) -> None:
    visit = desk.book(patient, at="10:00", kind="check_up")
    assert (visit.status, visit.nurse, visit.room, visit.sequence) == ("booked", desk.nurse, desk.room, 0)
    assert (visit.starts_at, visit.ends_at) == (desk.at("10:00"), desk.at("10:30"))
    assert (visit.local_on, visit.local_at, visit.time_zone) == (desk.day, time(10), "America/Chicago")
    seats = VisitSeat.objects.filter(visit=visit)
    assert {(each.resource_id, each.seat) for each in seats} == {(desk.nurse.pk, 1), (desk.room.pk, 1)}
    assert {(each.during.lower, each.during.upper) for each in seats} == {(visit.starts_at, visit.ends_at)}
    assert [(row.status, row.by) for row in visit.statuses.all()] == [("booked", desk.house.nurse)]


def test_visits_may_follow_each_other_without_a_gap(desk: Desk) -> None:
    desk.book(at="10:00")
    assert why(lambda: desk.book(at="10:15")) is R.NURSE_BUSY
    assert why(lambda: desk.book(at="09:45")) is R.NURSE_BUSY
    desk.book(at="10:30")
    desk.book(at="09:30")


def test_who_is_in_the_way_is_said_and_what_is_free_is_found(desk: Desk, house: House) -> None:
    desk.book(at="10:00")
    with pytest.raises(SlotTaken, match="Nora Nurse has another visit at this time") as refused:
        desk.book(at="10:00")
    times = next_free_times(clinic=house.clinic, sought=refused.value.sought, now=house.now)
    assert [f"{slot.starts_at.astimezone(desk.zone):%H:%M}" for slot in times] == [
        "09:00",
        "09:15",
        "09:30",
        "10:30",
        "10:45",
    ]
    for slot in times[::2]:  # the others overlap these
        wall = slot.starts_at.astimezone(desk.zone)
        desk.book(at=f"{wall:%H:%M}", day=wall.date())


def test_a_room_that_is_taken_is_named(desk: Desk, house: House) -> None:
    desk.book(at="10:00")
    other = make_resource(house, "Second nurse")
    assert why(lambda: desk.book(at="10:00", nurse_ref=other.ref)) is R.ROOM_BUSY
    further = make_resource(house, "Room 2", kind="room")
    assert desk.book(at="10:00", nurse_ref=other.ref, room_ref=further.ref).room == further


def test_whoever_is_free_serves_where_nobody_is_named(desk: Desk, house: House) -> None:
    second, room = make_resource(house, "Second nurse"), make_resource(house, "Room 2", kind="room")
    nobody = {"nurse_ref": None, "room_ref": None}
    visits = [desk.book(at="10:00", **nobody) for _ in range(2)]
    assert [(visit.nurse, visit.room) for visit in visits] == [(desk.nurse, desk.room), (second, room)]
    assert why(lambda: desk.book(at="10:00", **nobody)) is R.NO_NURSE
    third = make_resource(house, "Third nurse")
    assert why(lambda: desk.book(at="10:00", **nobody)) is R.NO_ROOM
    Resource.objects.filter(pk=room.pk).update(seats=2)
    assert desk.book(at="10:00", **nobody).nurse == third


def test_a_patient_is_in_one_place_at_a_time_whatever_somebody_overrules(
    desk: Desk, patient: Patient, house: House
) -> None:
    desk.book(patient, at="10:00")
    other = make_resource(house, "Second nurse")
    room = make_resource(house, "Room 2", kind="room")
    elsewhere = {"nurse_ref": other.ref, "room_ref": room.ref}
    assert why(lambda: desk.book(patient, at="10:15", **elsewhere)) is R.PATIENT_BUSY
    assert (
        why(lambda: desk.book(patient, at="10:15", override_reason="urgent", **elsewhere)) is R.PATIENT_BUSY
    )
    desk.book(patient, at="10:30", **elsewhere)


def test_as_many_of_a_kind_as_the_clinic_can_run_at_once(desk: Desk, house: House) -> None:
    capacity = Resource.objects.create(clinic=house.clinic, kind="capacity", name="Titrations", seats=2)
    VisitKind.objects.filter(clinic=house.clinic, key="titration").update(capacity_resource=capacity)
    Resource.objects.filter(pk__in=[desk.nurse.pk, desk.room.pk]).update(seats=5)
    for _ in range(2):
        desk.book(kind="titration")
    assert why(lambda: desk.book(kind="titration")) is R.KIND_FULL
    desk.book(kind="check_up")
    over = desk.book(kind="titration", override_reason="withdrawing")
    assert over.seats.get(resource=capacity).seat == 3


@pytest.mark.parametrize(
    ("at", "kind", "expected"),
    [
        ("08:30", "check_up", R.NURSE_AWAY),
        ("11:45", "check_up", R.NURSE_AWAY),
        ("16:45", "check_up", R.NURSE_AWAY),
        ("12:00", "check_up", R.NURSE_AWAY),
        ("16:30", "check_up", None),
        ("13:00", "check_up", None),
    ],
)
def test_a_visit_lies_in_the_hours_of_its_nurse(
    desk: Desk, at: str, kind: str, expected: SlotReason | None
) -> None:
    if expected is None:
        desk.book(at=at, kind=kind)
    else:
        assert why(lambda: desk.book(at=at, kind=kind)) is expected
        assert (
            desk.book(at=at, kind=kind, override_reason="cannot come otherwise").override_by
            == desk.house.nurse
        )


def test_an_absence_and_further_hours_count(desk: Desk, house: House) -> None:
    def change(**values: Any) -> None:
        HoursException.objects.create(
            clinic=house.clinic, resource=desk.nurse, first_on=desk.day, last_on=desk.day, **values
        )

    change(is_available=True, starts_at=time(17), ends_at=time(18))
    desk.book(at="17:00")
    change(is_available=False, starts_at=time(9), ends_at=time(10))
    assert why(lambda: desk.book(at="09:30")) is R.NURSE_AWAY
    desk.book(at="10:00")
    change(is_available=False)
    assert why(lambda: desk.book(at="14:00")) is R.NURSE_AWAY


def test_a_room_has_hours_too_or_none_and_is_always_there(desk: Desk, house: House) -> None:
    ResourceHours.objects.filter(resource=desk.room).update(ends_at=time(15))
    assert why(lambda: desk.book(at="15:00")) is R.ROOM_AWAY
    ResourceHours.objects.filter(resource=desk.room).delete()
    desk.book(at="15:00")


@pytest.mark.parametrize("is_weekend", [True, False])
def test_on_a_closed_day_nothing_is_booked_but_by_name(desk: Desk, house: House, is_weekend: bool) -> None:
    if is_weekend:
        desk.day += timedelta(days=4)
    else:
        add_closure(
            clinic=house.clinic, closed_on=desk.day, reason="training", actor_id=house.administrator.id
        )
    assert why(lambda: desk.book()) is R.CLOSED
    visit = desk.book(override_reason="the pump runs dry tomorrow")
    assert (visit.override_reason, visit.override_by) == ("the pump runs dry tomorrow", house.nurse)


def test_what_has_passed_is_not_booked(desk: Desk) -> None:
    late = desk.at("10:05")
    assert why(lambda: desk.book(at="10:00", now=late)) is R.PAST
    assert why(lambda: desk.book(day=desk.day - timedelta(days=7), now=late, override_reason="x")) is R.PAST
    assert desk.book(at="10:00", now=late, override_reason="came without a visit").override_reason
    desk.book(at="10:30", now=late)


def test_an_override_takes_a_further_seat_and_only_where_it_must(desk: Desk, house: House) -> None:
    first = desk.book(override_reason="not needed")
    assert (first.override_reason, first.override_by) == ("", None)
    second = desk.book(override_reason="runs dry")
    assert {seat.seat for seat in second.seats.all()} == {2}
    assert second.statuses.get().reason == "runs dry"
    history = second.history.get()  # type: ignore[attr-defined]
    assert (history.override_reason, history.override_by) == ("runs dry", house.nurse)
    desk.step(booking.cancel_visit, first, reason="ill")
    assert why(lambda: desk.book()) is R.NURSE_BUSY  # the overbooked patient is still with her


def test_a_nurse_with_two_seats_has_two_visits(desk: Desk) -> None:
    Resource.objects.filter(pk__in=[desk.nurse.pk, desk.room.pk]).update(seats=2)
    desk.book(at="10:00")
    desk.book(at="10:15")
    assert why(lambda: desk.book(at="10:15")) is R.NURSE_BUSY
    desk.book(at="10:30")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"duration_minutes": 4}, "duration_minutes"),
        ({"duration_minutes": 481}, "duration_minutes"),
        ({"local_at": time(10, 0, 1)}, "local_at"),
        ({"note": "x" * 501}, "note"),
        ({"override_reason": "x" * 301}, "override_reason"),
        ({"kind_ref": uuid4()}, "kind"),
        ({"nurse_ref": uuid4()}, "nurse"),
        ({"room_ref": uuid4()}, "room"),
        ({"patient_ref": uuid4()}, "patient"),
        ({"implant_ref": uuid4()}, "implant"),
        ({"follow_up_refs": (uuid4(),)}, "follow_ups"),
        ({"local_at": time(23, 45), "override_reason": "x"}, "local_at"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    desk: Desk, patient: Patient, values: dict[str, Any], expected: str
) -> None:
    assert field(lambda: desk.book(patient, **values)) == expected
    assert not Visit.objects.exists()


def test_what_another_clinic_has_is_not_there(desk: Desk, house: House, patient: Patient) -> None:
    their_nurse = Resource.objects.for_clinic(house.elsewhere.id).get(kind="nurse")
    their_kind = VisitKind.objects.for_clinic(house.elsewhere.id).get(key="check_up")
    assert field(lambda: desk.book(patient, nurse_ref=their_nurse.ref)) == "nurse"
    assert field(lambda: desk.book(patient, kind_ref=their_kind.ref)) == "kind"
    visit = desk.book(patient)
    assert visit_by_ref(clinic_id=house.elsewhere.id, ref=visit.ref) is None
    with pytest.raises(Visit.DoesNotExist):
        booking.cancel_visit(
            clinic=house.elsewhere, visit_ref=visit.ref, reason="x", actor_id=house.outsider.id, now=house.now
        )


def test_nobody_who_has_died_gets_a_visit(desk: Desk, house: House, patient: Patient) -> None:
    record_death(
        clinic=house.clinic,
        patient_ref=patient.ref,
        died_on=house.today,
        actor_id=house.nurse.id,
        now=house.now,
    )
    assert field(lambda: desk.book(patient)) == "patient"


class TestOnTheDaysOfAClockChange:
    """Chicago: 02:00 to 03:00 is skipped on 14 March 2027, and comes twice on 7 November 2027."""

    def night(self, desk: Desk, day: date) -> Desk:
        return replace(desk, day=day)

    def test_a_time_that_is_skipped_is_refused_with_the_next(self, desk: Desk) -> None:
        spring = self.night(desk, date(2027, 3, 14))
        with pytest.raises(RecordError, match="the next one is 03:00"):
            spring.book(at="02:30", override_reason="emergency")
        assert spring.book(at="03:00", override_reason="emergency").local_at == time(3)

    def test_a_time_that_comes_twice_is_the_earlier_unless_asked(self, desk: Desk) -> None:
        autumn = self.night(desk, date(2027, 11, 7))
        one = autumn.book(at="01:30", override_reason="emergency")
        two = autumn.book(at="01:30", is_later=True, override_reason="emergency")
        assert two.starts_at - one.starts_at == timedelta(hours=1)
        assert (one.local_at, two.local_at) == (time(1, 30), time(1, 30))

    def test_the_hours_before_and_after_are_the_clocks_own(self, desk: Desk) -> None:
        monday = self.night(desk, date(2027, 3, 15))
        assert monday.book(at="09:00").starts_at.utctimetuple().tm_hour == 14


class TestRefills:
    def test_a_refill_visit_is_about_the_only_pump_and_serves_its_open_refill(
        self, desk: Desk, house: House
    ) -> None:
        implant = make_running_pump(house)
        visit = desk.book(implant.patient, kind="refill")
        assert (visit.implant, visit.is_refill) == (implant, True)
        assert [row.follow_up for row in visit.purposes.all()] == [refill_item(implant)]

    def test_a_second_refill_visit_is_for_a_later_refill(self, desk: Desk, house: House) -> None:
        implant = make_running_pump(house)
        desk.book(implant.patient, kind="refill")
        later = desk.book(implant.patient, kind="refill", at="14:00")
        assert not later.purposes.exists()
        item = refill_item(implant)
        assert (
            field(lambda: desk.book(implant.patient, at="16:00", follow_up_refs=(item.ref,))) == "follow_ups"
        )

    def test_with_two_pumps_somebody_must_say_which(self, desk: Desk, house: House) -> None:
        patient = make_patient(house)
        one, _ = make_running_pump(house, patient), make_running_pump(house, patient)
        assert field(lambda: desk.book(patient, kind="refill")) == "implant"
        assert desk.book(patient, kind="refill", implant_ref=one.ref).implant == one

    def test_without_a_pump_there_is_nothing_to_refill(self, desk: Desk, house: House) -> None:
        assert field(lambda: desk.book(kind="refill")) == "implant"
        implant = make_running_pump(house)
        record_explant(
            clinic=house.clinic,
            implant_ref=implant.ref,
            explanted_on=house.today,
            why="",
            actor_id=house.nurse.id,
            now=house.now,
        )
        assert field(lambda: desk.book(implant.patient, kind="refill", implant_ref=implant.ref)) == "implant"

    def test_any_kind_of_visit_with_the_refill_item_is_a_refill_and_takes_the_time_of_both(
        self, desk: Desk, house: House
    ) -> None:
        implant = make_running_pump(house)
        item = refill_item(implant)
        visit = desk.book(implant.patient, kind="annual_review", at="13:00", follow_up_refs=(item.ref,))
        assert (visit.is_refill, visit.implant) == (True, implant)
        assert visit.ends_at - visit.starts_at == timedelta(minutes=45 + 60)


def test_booking_costs_the_same_however_full_the_calendar_is(desk: Desk, house: House) -> None:
    def cost(at: str) -> int:
        patient = make_patient(house)
        with CaptureQueriesContext(connection) as queries:
            desk.book(patient, at=at)
        return len(queries)

    desk.kind("check_up")
    before = cost("09:00")
    for hour in (10, 11, 13, 14, 15):
        desk.book(at=f"{hour}:00")
        desk.book(at=f"{hour}:30")
    assert cost("16:00") == before
    assert before <= 47  # half of them plan the patient's messages, seven keep calendars
