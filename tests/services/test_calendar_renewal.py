"""Entries that are behind are made anew: names of before, what an upgrade found, and what failed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import Patient
from scheduling.models import CalendarEntry, FeedDetail, FeedScope
from scheduling.selectors.calendar_entries import patients_behind
from scheduling.services import booking, calendar_entries
from scheduling.services.calendar_renewal import renew_entries
from scheduling.services.resources import ResourceEntry, update_resource
from scheduling.services.visit_kinds import VisitKindEntry, update_visit_kind
from tests.factories import House, make_patient, make_running_pump
from tests.feeds import reader
from tests.visits import Desk, make_resource

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient(house: House) -> Patient:
    return make_patient(house, first_name="Ursula", last_name="Ode")


def renew(house: House) -> int:
    return renew_entries(now=house.now + timedelta(minutes=1), seconds=30)


def rename_room(desk: Desk, name: str) -> None:
    entry = ResourceEntry(name=name)
    update_resource(clinic=desk.house.clinic, resource_ref=desk.room.ref, entry=entry, week={})


def rename_kind(desk: Desk, name: str) -> None:
    entry = VisitKindEntry(name=name, duration_minutes=30)
    update_visit_kind(
        clinic=desk.house.clinic, kind_ref=desk.kind("check_up").ref, entry=entry, now=desk.house.now
    )


@pytest.mark.parametrize(
    ("rename", "said"),
    [(rename_room, lambda event: event.location), (rename_kind, lambda event: event.summary)],
)
def test_another_name_is_in_every_calendar_at_the_next_tick(
    desk: Desk,
    house: House,
    patient: Patient,
    rename: Callable[[Desk, str], None],
    said: Callable[[Any], str],
) -> None:
    visit = desk.book(patient)
    other = desk.book(
        at="14:00", kind="wound_check", room_ref=make_resource(house, "Room 2", kind="room").ref
    )
    untouched = CalendarEntry.objects.get(visit=other).stamp
    mine = reader(house, detail=FeedDetail.WORK, scope=FeedScope.PATIENT, of=patient.ref)
    mine.fetch()
    before = mine.event
    rename(desk, "The blue one")
    assert mine.again().status_code == 304  # what is there stays whole until it is written anew
    assert renew(house) == 1
    assert mine.again().status_code == 200
    assert said(mine.event) == "The blue one"
    assert (mine.event.uid, mine.event.sequence) == (before.uid, before.sequence)
    assert mine.event.stamp > before.stamp
    assert CalendarEntry.objects.get(visit=other).stamp == untouched
    assert CalendarEntry.objects.get(visit=visit).fingerprint
    assert renew(house) == 0


def test_the_same_name_again_makes_nothing_anew(desk: Desk, house: House) -> None:
    desk.book()
    rename_room(desk, desk.room.name)
    rename_kind(desk, desk.kind("check_up").name)
    assert not CalendarEntry.objects.filter(fingerprint="").exists()


def test_what_was_there_before_there_were_entries_has_one_within_a_minute(
    desk: Desk, house: House, patient: Patient
) -> None:
    """Visits past and to come, with a pump and without, and last days; not what was cancelled before."""
    make_running_pump(house, patient)
    past, ahead = desk.book(patient, at="09:00"), desk.book(patient, at="14:00")
    alone, gone = desk.book(at="10:00"), desk.book(at="11:00")
    desk.step(booking.mark_arrived, past)
    desk.step(booking.cancel_visit, gone, now=house.now, reason="ill")
    CalendarEntry.objects.all().delete()
    assert renew(house) == 4
    entries = CalendarEntry.objects.all()
    assert {entry.visit_id for entry in entries} == {past.pk, ahead.pk, alone.pk, None}
    assert renew(house) == 0
    assert patients_behind(clinic_id=house.clinic.id) == []


def test_one_patient_whose_entries_fail_holds_up_nobody_else(
    desk: Desk, house: House, patient: Patient, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    bad = desk.book(patient, at="09:00")
    good = desk.book(make_patient(house, first_name="Otto"), at="10:00")
    CalendarEntry.objects.all().delete()
    real = calendar_entries.visit_entry

    def fails(**facts: Any) -> Any:
        if facts["patient"].whole.startswith("Ursula "):
            raise ValueError("secret")
        return real(**facts)

    with monkeypatch.context() as patched:
        patched.setattr(calendar_entries, "visit_entry", fails)
        assert renew(house) == 1
    assert CalendarEntry.objects.get().visit_id == good.pk
    assert "calendars of clinic" in caplog.text
    assert "secret" not in caplog.text
    assert renew(house) == 1
    assert CalendarEntry.objects.filter(visit=bad).exists()


def test_looking_costs_the_same_for_any_number(desk: Desk, house: House) -> None:
    desk.book(at="09:00")
    counts = []
    for at in ("10:00", "11:00"):
        with CaptureQueriesContext(connection) as seen:
            assert patients_behind(clinic_id=house.clinic.id) == []
        counts.append(len(seen))
        desk.book(at=at)
    assert counts == [3, 3]
