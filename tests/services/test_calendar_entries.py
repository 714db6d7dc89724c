"""The entries of calendars follow visits and refill dates, number their changes, and say no more than they may."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.audit import recording
from clinic.models import Patient
from clinic.services.implants import record_explant
from clinic.services.patients import update_patient
from scheduling.domain.calendars import writer
from scheduling.models import CalendarEntry, Forecast, Resource, Visit
from scheduling.services import booking
from scheduling.services.calendar_entries import write_entries
from tests import ical
from tests.domain.test_calendar_writer import HOSTILE
from tests.factories import House, make_fill, make_implant, make_patient, make_running_pump
from tests.visits import Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient(house: House) -> Patient:
    return make_patient(house, first_name="Ursula", last_name="Ode")


def row_of(visit: Visit) -> CalendarEntry:
    return CalendarEntry.objects.get(visit=visit, is_current=True)


def read(row: CalendarEntry, level: str = "names") -> ical.ReadEvent:
    event = bytes(row.core) + bytes(getattr(row, level)) + writer.END_OF_EVENT
    (found,) = ical.read(b"".join(writer.calendar(writer.head(), [event]))).events
    return found


def test_a_booked_visit_has_an_entry(desk: Desk, patient: Patient) -> None:
    visit = desk.book(patient, at="10:00")
    row = row_of(visit)
    event = read(row)
    assert (event.start, event.end) == (visit.starts_at.astimezone(UTC), visit.ends_at.astimezone(UTC))
    assert (event.uid, event.sequence, event.status) == (str(row.uid), 0, "CONFIRMED")
    assert row.uid != visit.ref
    assert event.summary == f"{visit.kind.name}, Ursula Ode"
    assert read(row, "initials").summary == f"{visit.kind.name}, U. O."
    assert read(row, "work").summary == visit.kind.name
    assert {read(row, level).location for level in ("work", "initials", "names")} == {desk.room.name}


def test_a_held_slot_is_nobodys_visit_yet(desk: Desk, patient: Patient) -> None:
    hold = desk.hold(patient)
    assert not CalendarEntry.objects.exists()
    visit = desk.book(patient, hold=hold)
    assert row_of(visit).sequence == 0


def test_what_moves_keeps_its_uid_and_counts_on(desk: Desk, patient: Patient) -> None:
    visit = desk.book(patient, at="10:00")
    before = row_of(visit)
    desk.move(visit, at="14:00")
    after = row_of(visit)
    assert (after.pk, after.uid, after.sequence) == (before.pk, before.uid, 1)
    assert after.changed_at > before.changed_at
    assert after.stamp != before.stamp
    assert read(after).start == desk.at("14:00").astimezone(UTC)


def test_a_cancelled_visit_stays_as_cancelled_and_takes_no_time(desk: Desk, patient: Patient) -> None:
    visit = desk.book(patient)
    desk.step(booking.cancel_visit, visit, now=desk.house.now, reason="ill")
    row = row_of(visit)
    event = read(row)
    assert (event.status, event.sequence, event.transparency) == ("CANCELLED", 1, "TRANSPARENT")
    assert event.summary.startswith("Cancelled: ")
    assert row.cancelled_at is not None


def test_a_cancellation_undone_is_another_entry(desk: Desk, patient: Patient) -> None:
    visit = desk.book(patient)
    desk.step(booking.cancel_visit, visit, now=desk.house.now, reason="ill")
    dead = row_of(visit)
    booking.undo_last_status(
        clinic=desk.house.clinic,
        visit_ref=visit.ref,
        reason="a mistake",
        actor_id=desk.house.nurse.id,
        now=desk.house.now,
    )
    fresh = row_of(visit)
    dead.refresh_from_db()
    assert (fresh.standing, fresh.sequence) == ("CONFIRMED", 0)
    assert fresh.uid != dead.uid
    assert (dead.is_current, dead.standing) == (False, "CANCELLED")


def test_only_times_and_standing_are_counted(desk: Desk, house: House, patient: Patient) -> None:
    visit = desk.book(patient)
    before = row_of(visit)
    rename(house, patient, last_name="Ode-Berg")
    after = row_of(visit)
    assert after.sequence == before.sequence
    assert after.changed_at > before.changed_at
    assert read(after).summary.endswith("Ursula Ode-Berg")


def rename(house: House, patient: Patient, **names: Any) -> None:
    from clinic.domain.entries import PatientEntry

    fields = ("mrn", "last_name", "first_name", "birth_date", "language", "notes")
    values = {name: getattr(patient, name) for name in fields} | names
    update_patient(
        clinic=house.clinic,
        patient_ref=patient.ref,
        entry=PatientEntry(**values),
        actor_id=house.nurse.id,
        now=house.now + timedelta(minutes=5),
    )


def test_nothing_is_written_twice(desk: Desk, house: House, patient: Patient) -> None:
    desk.book(patient)
    stamps = set(CalendarEntry.objects.values_list("stamp", flat=True))
    assert write_entries(house.clinic.id, [patient.pk], house.now + timedelta(days=1)) == 0
    assert set(CalendarEntry.objects.values_list("stamp", flat=True)) == stamps


def test_a_note_a_drug_and_a_dose_are_in_no_entry(desk: Desk, house: House) -> None:
    patient = make_patient(house)
    make_running_pump(house, patient)
    desk.book(patient, note="baclofen 300 mcg/day, spastic")
    rows = CalendarEntry.objects.filter(patient=patient)
    assert rows.count() == 2
    for row in rows:
        everything = b"".join(map(bytes, (row.core, row.work, row.initials, row.names))).lower()
        for word in (b"baclofen", b"mcg", b"spastic", str(patient.birth_date).encode()):
            assert word not in everything
        for level in (row.work, row.initials):
            assert patient.last_name.lower().encode() not in bytes(level).lower()


def test_the_last_day_to_refill_is_a_day_that_takes_no_time(house: House) -> None:
    implant = make_running_pump(house)
    refill_by = Forecast.objects.get(implant=implant).must_refill_by
    assert refill_by is not None
    event = read(CalendarEntry.objects.get(implant=implant))
    assert (event.start, event.end) == (refill_by, refill_by + timedelta(days=1))
    assert (event.transparency, event.sequence) == ("TRANSPARENT", 0)


def test_a_refill_moves_the_day_and_counts_on(house: House) -> None:
    implant = make_running_pump(house)
    before = CalendarEntry.objects.get(implant=implant)
    make_fill(house, implant, filled_on=house.today)
    after = CalendarEntry.objects.get(implant=implant)
    assert after.uid == before.uid
    assert (after.last_on, after.sequence) > (before.last_on, before.sequence)


def test_a_date_in_doubt_stays_where_it_was_and_says_so(house: House) -> None:
    implant = make_running_pump(house)
    before = CalendarEntry.objects.get(implant=implant)
    Forecast.objects.filter(implant=implant).update(status="review", must_refill_by=None, limited_by="")
    write_entries(house.clinic.id, [implant.patient_id], house.now + timedelta(hours=1))
    after = CalendarEntry.objects.get(implant=implant)
    assert (after.last_on, after.sequence) == (before.last_on, before.sequence)
    assert read(after, "work").summary == "Needs review: last day to refill"


def test_a_pump_without_a_date_is_in_no_calendar(house: House) -> None:
    make_implant(house)
    assert not CalendarEntry.objects.exists()


def test_a_pump_that_is_out_has_no_last_day(house: House) -> None:
    implant = make_running_pump(house)
    record_explant(
        clinic=house.clinic,
        implant_ref=implant.ref,
        explanted_on=house.today,
        why="infection",
        actor_id=house.nurse.id,
        now=house.now + timedelta(hours=1),
    )
    event = read(CalendarEntry.objects.get(implant=implant))
    assert (event.status, event.sequence) == ("CANCELLED", 1)


@pytest.mark.parametrize("name", [each for each in HOSTILE if each.strip("\x00 ") and "\ud800" not in each])
def test_no_name_breaks_out_of_an_entry(desk: Desk, house: House, patient: Patient, name: str) -> None:
    name = name.replace("\x00", "")  # the database takes none
    harmless = desk.book(patient, at="09:00")
    with recording(actor_id=house.nurse.id, reason="a name that somebody thought up"):
        hostile = make_patient(house)
        Patient.objects.filter(pk=hostile.pk).update(first_name=name[:80], last_name=name[:80])
        Resource.objects.filter(pk=desk.room.pk).update(name=name[:80])
    visit = desk.book(hostile, at="10:00")
    for level in ("work", "initials", "names"):
        assert set(read(row_of(visit), level).properties) <= set(read(row_of(harmless), level).properties)


def test_a_clinics_entries_take_a_constant_number_of_queries(desk: Desk, house: House) -> None:
    def queries(patients: list[Patient]) -> int:
        CalendarEntry.objects.all().delete()
        with CaptureQueriesContext(
            connection,
        ) as seen:
            write_entries(house.clinic.id, [patient.pk for patient in patients], house.now)
        return len(seen)

    many = [make_patient(house) for _ in range(4)]
    for number, each in enumerate(many):
        make_running_pump(house, each)
        desk.book(each, at=f"{10 + number // 2}:{number % 2 * 30:02}")
    assert queries(many[:1]) == queries(many) <= 8


def test_what_fails_keeps_no_visit_from_being_booked(
    desk: Desk, patient: Patient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise ValueError("secret")

    monkeypatch.setattr("scheduling.services.calendar_entries.visit_entry", fails)
    visit = desk.book(patient)
    assert visit.status == "booked"
    assert not CalendarEntry.objects.exists()
    assert "calendars of clinic" in caplog.text
    assert "secret" not in caplog.text
