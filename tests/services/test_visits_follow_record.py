"""Visits follow the record: a refill ends its visit, an explant or a death calls off what was to come."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.audit import recording
from clinic.models import Implant, Patient
from clinic.services.fills import void_fill
from clinic.services.implants import record_explant
from clinic.services.patients import record_death
from scheduling.models import Visit
from scheduling.selectors.visits import status_history
from scheduling.services import booking
from tests.factories import House, make_fill, make_running_pump
from tests.visits import Desk, item, refill_item, refused

pytestmark = pytest.mark.django_db


def today_visit(desk: Desk, implant: Implant, *, days_ago: int = 0) -> Visit:
    """A refill visit on an open day that is today, or was: booked in time, looked at on its day."""
    day = desk.house.today - timedelta(days=days_ago)
    visit = desk.book(
        implant.patient,
        kind="refill",
        implant_ref=implant.ref,
        day=day,
        at="10:00",
        now=desk.at("08:00", day=day) - timedelta(days=1),
        override_reason="so that the test needs no working day",
    )
    visit.refresh_from_db()
    return visit


class TestTheRecord:
    def test_a_refill_ends_the_visit_of_its_day_and_no_other(
        self, desk: Desk, house: House, implant: Implant
    ) -> None:
        other = make_running_pump(house)
        visit, coming = today_visit(desk, implant), desk.book(other.patient, kind="refill")
        later = desk.book(implant.patient, kind="refill", at="14:00")
        make_fill(house, implant, filled_on=house.today)
        statuses = [Visit.objects.get(pk=each.pk).status for each in (visit, coming, later)]
        assert statuses == ["fulfilled", "booked", "booked"]
        row = status_history(clinic_id=visit.clinic_id, visit_id=visit.pk)[-1]
        assert (row.by, row.reason) == (None, "the refill is recorded")

    def test_a_refill_that_is_withdrawn_gives_its_visit_back(
        self, desk: Desk, house: House, implant: Implant
    ) -> None:
        visit = today_visit(desk, implant)
        fill = make_fill(house, implant, filled_on=house.today)
        void_fill(
            clinic=house.clinic,
            fill_ref=fill.ref,
            reason="another pump",
            actor_id=house.nurse.id,
            now=house.now,
        )
        visit.refresh_from_db()
        assert (visit.status, visit.seats.filter(is_blocking=True).count()) == ("booked", 2)

    def test_a_visit_given_back_for_a_pump_that_is_out_is_called_off_at_once(
        self, desk: Desk, house: House, implant: Implant
    ) -> None:
        who = {"clinic": house.clinic, "actor_id": house.nurse.id}
        visit = today_visit(desk, implant)
        fill = make_fill(house, implant, filled_on=house.today)
        early = desk.at("09:00", day=house.today)
        record_explant(implant_ref=implant.ref, explanted_on=house.today, why="", now=early, **who)
        void_fill(fill_ref=fill.ref, reason="never was", now=early, **who)
        visit.refresh_from_db()
        assert visit.status == "cancelled"
        booking.follow_record(house.clinic.id, [implant.pk], early)
        before = visit.sequence
        visit.refresh_from_db()
        assert (visit.status, visit.sequence) == ("cancelled", before)

    def test_what_a_person_ended_stays_ended(self, desk: Desk, house: House, implant: Implant) -> None:
        visit = today_visit(desk, implant)
        desk.step(booking.fulfil_visit, visit, done_follow_ups=[], is_without_fill=True)
        make_fill(house, implant, filled_on=house.today - timedelta(days=3))
        visit.refresh_from_db()
        assert visit.status == "fulfilled"

    def test_a_refill_visit_is_done_by_a_refill_or_by_saying_that_there_was_none(
        self, desk: Desk, house: House, implant: Implant
    ) -> None:
        visit, due = today_visit(desk, implant), refill_item(implant)
        assert "no refill is recorded" in refused(
            lambda: desk.step(booking.fulfil_visit, visit, done_follow_ups=[due.ref])
        )
        desk.step(booking.fulfil_visit, visit, done_follow_ups=[due.ref], is_without_fill=True)
        due.refresh_from_db()
        assert due.state == "open"

    def test_an_end_by_a_recorded_refill_is_undone_in_the_record(
        self, desk: Desk, house: House, implant: Implant
    ) -> None:
        visit = today_visit(desk, implant)
        make_fill(house, implant, filled_on=house.today)
        assert "withdraw that first" in refused(
            lambda: desk.step(booking.undo_last_status, visit, reason="x")
        )

    def test_an_explant_calls_off_the_refills_and_leaves_what_is_still_needed(
        self, desk: Desk, house: House, implant: Implant
    ) -> None:
        patient = implant.patient
        refill = desk.book(patient, kind="refill", at="10:00")
        wound = desk.book(patient, kind="wound_check", at="13:00", follow_up_refs=(item(patient).ref,))
        record_explant(
            clinic=house.clinic,
            implant_ref=implant.ref,
            explanted_on=house.today,
            why="infection",
            actor_id=house.nurse.id,
            now=house.now,
        )
        refill.refresh_from_db()
        wound.refresh_from_db()
        assert (refill.status, wound.status) == ("cancelled", "booked")
        assert refill.statuses.order_by("pk").last().reason == "the pump was taken out"  # type: ignore[union-attr]

    def test_a_death_calls_off_everything_to_come(self, desk: Desk, house: House, patient: Patient) -> None:
        visit, other = desk.book(patient), desk.book(at="14:00")
        record_death(
            clinic=house.clinic,
            patient_ref=patient.ref,
            died_on=house.today,
            actor_id=house.nurse.id,
            now=house.now,
        )
        visit.refresh_from_db()
        other.refresh_from_db()
        assert (visit.status, other.status) == ("cancelled", "booked")
        desk.book()
        assert "has died" in refused(
            lambda: desk.step(booking.undo_last_status, visit, reason="x", now=house.now)
        )

    def test_following_costs_one_query_where_nothing_is_to_be_changed(
        self, desk: Desk, house: House, implant: Implant
    ) -> None:
        desk.book(implant.patient, kind="refill")
        with CaptureQueriesContext(connection) as queries, recording(actor_id=None, reason="test"):
            before = len(queries)
            booking.follow_record(house.clinic.id, [implant.pk], house.now)
            after = len(queries)
        assert after - before == 1
