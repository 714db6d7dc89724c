"""What becomes of a visit after it is booked: moved, arrived, done, missed, cancelled, undone, ended by the record."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connection

from clinic.models import Implant, Patient
from scheduling import changes
from scheduling.domain.slot_refusals import SlotReason, SlotTaken
from scheduling.models import FollowUp, FollowUpAct, Visit
from scheduling.selectors.visits import possible_events, status_history, visits_of_patient
from scheduling.services import booking
from tests.factories import House
from tests.visits import Desk, item, make_resource, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def told() -> Iterator[list[tuple[int, bool, list[int]]]]:
    """What a reader of this package's changes hears: clinic, whether in a transaction, pumps."""
    heard: list[tuple[int, bool, list[int]]] = []

    def reader(clinic_id: int, implant_ids: Collection[int], now: datetime) -> None:
        heard.append((clinic_id, connection.in_atomic_block, list(implant_ids)))

    changes.subscribe(reader)
    yield heard
    changes._readers.remove(reader)


class TestMoving:
    def test_a_moved_visit_keeps_its_reference_and_tells_where_it_was(
        self, desk: Desk, patient: Patient
    ) -> None:
        visit = desk.book(patient, at="10:00")
        moved = desk.move(visit, at="14:00", reason="the helper works in the morning")
        assert (moved.pk, moved.ref, moved.status, moved.sequence) == (visit.pk, visit.ref, "booked", 1)
        row = status_history(clinic_id=visit.clinic_id, visit_id=visit.pk)[-1]
        assert (row.moved_from, row.reason) == (desk.at("10:00"), "the helper works in the morning")
        assert {seat.during.lower for seat in moved.seats.all()} == {desk.at("14:00")}
        desk.book(at="10:00")

    def test_its_own_time_never_stands_in_its_way(self, desk: Desk, patient: Patient) -> None:
        visit = desk.book(patient, at="10:00")
        assert desk.move(visit, at="10:15").starts_at == desk.at("10:15")
        assert desk.move(visit, at="10:15", duration_minutes=60).ends_at == desk.at("11:15")

    def test_a_refused_move_leaves_everything_as_it_was(self, desk: Desk, patient: Patient) -> None:
        visit = desk.book(patient, at="10:00")
        desk.book(at="14:00")
        with pytest.raises(SlotTaken) as found:
            desk.move(visit, at="14:15")
        assert found.value.why is SlotReason.NURSE_BUSY
        visit.refresh_from_db()
        assert (visit.starts_at, visit.sequence, visit.seats.count()) == (desk.at("10:00"), 0, 2)
        assert desk.move(visit, at="14:30").sequence == 1

    def test_a_move_may_be_overruled_by_name_and_moved_back_is_plain_again(
        self, desk: Desk, patient: Patient
    ) -> None:
        visit = desk.book(patient, at="10:00")
        desk.book(at="14:00")
        assert desk.move(visit, at="14:00", override_reason="runs dry").override_by == desk.house.nurse
        assert desk.move(visit, at="10:00").override_reason == ""

    def test_it_goes_to_another_nurse_and_keeps_hers_without_being_told(
        self, desk: Desk, house: House, patient: Patient
    ) -> None:
        second = make_resource(house, "Second nurse")
        visit = desk.book(patient)
        assert desk.move(visit, at="11:00", nurse_ref=second.ref).nurse == second
        assert desk.move(visit, at="14:00").nurse == second

    def test_any_other_room_serves_where_its_own_is_taken(self, desk: Desk, house: House) -> None:
        second, room = make_resource(house, "Second nurse"), make_resource(house, "Room 2", kind="room")
        visit = desk.book(at="10:00")
        assert desk.move(visit, at="10:30").room == desk.room
        desk.book(at="14:00", nurse_ref=second.ref)
        assert desk.move(visit, at="14:00").room == room

    def test_who_moves_what_somebody_else_has_moved_is_told(self, desk: Desk, patient: Patient) -> None:
        visit = desk.book(patient)
        desk.move(visit, at="11:00", sequence=0)
        assert "somebody else" in refused(lambda: desk.move(visit, at="14:00", sequence=0))
        desk.move(visit, at="14:00", sequence=1)

    def test_a_visit_that_is_over_is_not_moved(self, desk: Desk, patient: Patient) -> None:
        visit = desk.book(patient)
        desk.step(booking.cancel_visit, visit, reason="ill")
        assert "cancelled cannot be moved" in refused(lambda: desk.move(visit, at="11:00"))

    def test_what_was_to_be_placed_anew_is_booked_by_moving_it(self, desk: Desk, patient: Patient) -> None:
        visit = desk.book(patient)
        assert refused(lambda: desk.step(booking.displace_visit, visit, reason=" ")) == "say why"
        pending = desk.step(booking.displace_visit, visit, reason="closed", now=desk.house.now)
        assert pending.status == "pending"
        assert desk.move(visit, at="11:00").status == "booked"


class TestFollowUps:
    def test_one_visit_closes_what_was_seen_to_and_leaves_the_rest_open(
        self, desk: Desk, patient: Patient
    ) -> None:
        seen, not_seen = item(patient), item(patient, "suture_removal")
        visit = desk.book(patient, follow_up_refs=(seen.ref, not_seen.ref))
        done = desk.step(booking.fulfil_visit, visit, done_follow_ups=[seen.ref])
        assert done.status == "fulfilled"
        seen.refresh_from_db()
        not_seen.refresh_from_db()
        assert (seen.state, seen.closed_by_visit, seen.closed_by) == ("done", visit, desk.house.nurse)
        assert not_seen.state == "open"
        assert [(act.act, act.visit) for act in seen.acts.all()] == [("done", visit)]
        desk.book(patient, at="14:00", follow_up_refs=(not_seen.ref,))

    def test_undone_it_opens_again_what_it_closed(self, desk: Desk, patient: Patient) -> None:
        seen = item(patient, implant=None)
        visit = desk.book(patient, follow_up_refs=(seen.ref,))
        desk.step(booking.fulfil_visit, visit, done_follow_ups=[seen.ref])
        desk.step(booking.undo_last_status, visit, reason="another patient")
        act = FollowUpAct.objects.filter(follow_up=seen, act="reopened").get()
        assert (act.reason, act.visit) == ("another patient", visit)
        seen.refresh_from_db()
        assert seen.closed_by_visit is None

    @pytest.mark.parametrize("end", ["noshow", "cancelled", "entered-in-error"])
    def test_a_visit_that_did_not_take_place_lets_go_of_its_follow_ups(
        self, desk: Desk, patient: Patient, end: str
    ) -> None:
        due = item(patient)
        visit = desk.book(patient, follow_up_refs=(due.ref,))
        assert "booked already" in refused(lambda: desk.book(patient, at="14:00", follow_up_refs=(due.ref,)))
        finish(desk, visit, end)
        due.refresh_from_db()
        assert due.state == "open"
        desk.book(patient, at="14:00", follow_up_refs=(due.ref,))

    def test_only_what_the_visit_is_for_can_be_ticked(self, desk: Desk, patient: Patient) -> None:
        visit, other = desk.book(patient), item(patient)
        assert "not for one" in refused(
            lambda: desk.step(booking.fulfil_visit, visit, done_follow_ups=[other.ref])
        )

    def test_what_is_closed_or_another_patients_cannot_be_booked(self, desk: Desk, patient: Patient) -> None:
        due = item(patient)
        assert "no such follow-up" in refused(lambda: desk.book(follow_up_refs=(due.ref,)))
        FollowUp.objects.update(state="done", closed_at=desk.house.now)
        assert "closed already" in refused(lambda: desk.book(patient, follow_up_refs=(due.ref,)))


def finish(desk: Desk, visit: Visit, end: str) -> Visit:
    if end == "noshow":
        return desk.step(booking.mark_no_show, visit)
    if end == "cancelled":
        return desk.step(booking.cancel_visit, visit, reason="ill")
    if end == "entered-in-error":
        return desk.step(booking.enter_in_error, visit, reason="wrong patient")
    return desk.step(booking.fulfil_visit, visit, done_follow_ups=[])


class TestSteps:
    def test_through_the_door_to_the_end(self, desk: Desk, patient: Patient) -> None:
        visit = desk.book(patient)
        desk.step(booking.mark_arrived, visit)
        desk.step(booking.check_in, visit)
        desk.step(booking.fulfil_visit, visit, done_follow_ups=[])
        rows = status_history(clinic_id=visit.clinic_id, visit_id=visit.pk)
        assert [row.status for row in rows] == ["booked", "arrived", "checked-in", "fulfilled"]
        assert {row.by for row in rows} == {desk.house.nurse}

    @pytest.mark.parametrize("end", ["noshow", "cancelled", "entered-in-error", "fulfilled"])
    def test_an_ended_visit_frees_its_time_and_an_undo_takes_it_again(
        self, desk: Desk, patient: Patient, end: str
    ) -> None:
        visit = desk.book(patient)
        finish(desk, visit, end)
        assert set(visit.seats.values_list("is_blocking", flat=True)) == {False}
        back = desk.step(booking.undo_last_status, visit, reason="a mistake")
        assert (back.status, set(back.seats.values_list("is_blocking", flat=True))) == ("booked", {True})
        with pytest.raises(SlotTaken):
            desk.book()

    @pytest.mark.parametrize("end", ["noshow", "cancelled", "entered-in-error", "fulfilled"])
    def test_what_was_given_to_somebody_else_cannot_be_taken_back(
        self, desk: Desk, patient: Patient, end: str
    ) -> None:
        visit = desk.book(patient)
        finish(desk, visit, end)
        desk.book()
        with pytest.raises(SlotTaken) as found:
            desk.step(booking.undo_last_status, visit, reason="a mistake")
        assert found.value.why is SlotReason.NURSE_BUSY
        visit.refresh_from_db()
        assert visit.status == end

    @pytest.mark.parametrize("end", ["noshow", "cancelled"])
    def test_work_that_was_booked_again_meanwhile_is_not_booked_twice(
        self, desk: Desk, patient: Patient, end: str
    ) -> None:
        check = item(patient, implant=None)
        visit = desk.book(patient, follow_up_refs=(check.ref,))
        finish(desk, visit, end)
        again = desk.book(patient, at="14:00", follow_up_refs=(check.ref,))
        why = refused(lambda: desk.step(booking.undo_last_status, visit, reason="a mistake"))
        assert "another visit is booked" in why
        desk.step(booking.cancel_visit, again, reason="the first one after all")
        assert desk.step(booking.undo_last_status, visit, reason="a mistake").status == "booked"

    def test_an_undo_goes_back_one_step_and_says_why(self, desk: Desk, patient: Patient) -> None:
        visit = desk.book(patient)
        desk.step(booking.mark_arrived, visit)
        desk.step(booking.check_in, visit)
        assert refused(lambda: desk.step(booking.undo_last_status, visit, reason="")) == "say why"
        assert desk.step(booking.undo_last_status, visit, reason="x").status == "arrived"

    def test_nothing_is_undone_for_a_visit_that_was_only_booked(self, desk: Desk, patient: Patient) -> None:
        visit = desk.book(patient)
        assert "nothing can be undone" in refused(
            lambda: desk.step(booking.undo_last_status, visit, reason="x")
        )

    def test_nobody_is_missed_before_the_time_has_come(self, desk: Desk, patient: Patient) -> None:
        visit = desk.book(patient)
        early = visit.starts_at - timedelta(seconds=1)
        assert "has not begun" in refused(lambda: desk.step(booking.mark_no_show, visit, now=early))
        assert desk.step(booking.mark_no_show, visit).status == "noshow"

    def test_a_cancellation_says_why_and_calendars_hear_of_it(self, desk: Desk, patient: Patient) -> None:
        visit = desk.book(patient)
        assert refused(lambda: desk.step(booking.cancel_visit, visit, reason="  ")) == "say why"
        gone = desk.step(booking.cancel_visit, visit, reason=" ill ", expected_sequence=0)
        assert (gone.sequence, status_history(clinic_id=gone.clinic_id, visit_id=gone.pk)[-1].reason) == (
            1,
            "ill",
        )

    def test_the_buttons_are_what_may_happen(self, desk: Desk, patient: Patient) -> None:
        visit = desk.book(patient)
        before = {event.value for event in possible_events(visit, now=desk.house.now)}
        assert before == {"move", "displace", "cancel", "enter in error"}
        begun = {event.value for event in possible_events(visit, now=visit.starts_at)}
        assert begun >= {"arrive", "check in", "fulfil", "miss"}

    def test_every_change_is_announced_in_its_transaction(
        self, desk: Desk, implant: Implant, told: list[tuple[int, bool, list[int]]]
    ) -> None:
        visit = desk.move(desk.book(implant.patient, kind="refill"), at="14:00")
        desk.step(booking.mark_no_show, visit)
        assert told == [(implant.clinic_id, True, [implant.pk])] * 3

    def test_every_change_is_in_the_history_with_its_person(self, desk: Desk, patient: Patient) -> None:
        visit = desk.book(patient)
        desk.step(booking.cancel_visit, visit, reason="ill")
        rows = visit.history.order_by("pgh_id")  # type: ignore[attr-defined]
        assert [row.pgh_context.metadata["reason"] for row in rows] == ["visit booked", "visit: cancel"]
        assert {row.pgh_context.metadata["actor"] for row in rows} == {desk.house.nurse.id}


def test_the_visits_of_a_patient_are_listed_without_what_is_only_held(desk: Desk, patient: Patient) -> None:
    visit = desk.book(patient, at="10:00")
    desk.hold(patient, at="14:00")
    found = visits_of_patient(clinic_id=visit.clinic_id, patient_id=patient.pk)
    assert list(found) == [visit]
