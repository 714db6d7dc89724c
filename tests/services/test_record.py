"""The record: written once, corrected by superseding, signed, and closed to other clinics."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from clinic.audit import recording
from clinic.domain.checks import RecordError
from clinic.domain.entries import (
    DrugEntry,
    EventEntry,
    FillEntry,
    ImplantEntry,
    PatientEntry,
    ProgramEntry,
    ReadingEntry,
)
from clinic.models import Fill, FillDrug, Implant, Patient, ProgramVersion, PumpEvent, Reading
from clinic.services.fills import correct_fill, record_fill, void_fill
from clinic.services.implants import add_implant, update_implant
from clinic.services.observations import record_event, record_reading, void_event, void_reading
from clinic.services.patients import add_patient
from clinic.services.programs import correct_program, void_program
from tests.factories import (
    House,
    make_event,
    make_implant,
    make_patient,
    make_program,
    make_reading,
)

pytestmark = pytest.mark.django_db

BACLOFEN = DrugEntry(drug_key="baclofen", concentration=Decimal(2000), concentration_unit="mcg/mL")


def fill_entry(house: House, **values: object) -> FillEntry:
    whole: dict[str, object] = {
        "filled_on": house.today - timedelta(days=2),
        "fill_volume_ml": Decimal(40),
        "drugs": (BACLOFEN,),
    }
    return FillEntry(**(whole | values))  # type: ignore[arg-type]


def record(house: House, implant: Implant, **values: object) -> Fill:
    return record_fill(
        clinic=house.clinic,
        implant_ref=implant.ref,
        entry=fill_entry(house, **values),
        actor_id=house.nurse.id,
        now=house.now,
    )


# --- corrections supersede -------------------------------------------------------------------------------


def test_a_correction_leaves_the_old_fill_and_names_its_reason(house: House, implant: Implant) -> None:
    wrong = record(house, implant, fill_volume_ml=Decimal(38))
    right = correct_fill(
        clinic=house.clinic,
        fill_ref=wrong.ref,
        entry=fill_entry(house),
        reason="volume misread",
        actor_id=house.nurse.id,
        now=house.now,
    )
    assert (right.supersedes_id, right.correction_reason) == (wrong.id, "volume misread")
    assert wrong in Fill.objects.for_clinic(house.clinic.id)
    assert wrong not in Fill.objects.for_clinic(house.clinic.id).current()
    assert right in Fill.objects.for_clinic(house.clinic.id).current()
    assert list(right.drugs.values_list("drug__key", flat=True)) == ["baclofen"]


def test_a_withdrawn_fill_stands_for_nothing_and_stays_in_the_record(house: House, implant: Implant) -> None:
    before = set(implant.fills.current())
    wrong = record(house, implant)
    void_fill(
        clinic=house.clinic,
        fill_ref=wrong.ref,
        reason="other patient",
        actor_id=house.nurse.id,
        now=house.now,
    )
    assert set(implant.fills.current()) == before
    assert wrong in implant.fills.all()


def test_a_fill_is_corrected_once_and_the_second_hand_is_told(house: House, implant: Implant) -> None:
    wrong = record(house, implant)
    change = {"clinic": house.clinic, "fill_ref": wrong.ref, "actor_id": house.nurse.id, "now": house.now}
    void_fill(reason="entered twice", **change)
    with pytest.raises(RecordError, match="in the meantime"):
        void_fill(reason="entered twice", **change)


def test_a_correction_without_a_reason_is_refused(house: House, implant: Implant) -> None:
    wrong = record(house, implant)
    with pytest.raises(RecordError, match="needs a reason"):
        void_fill(clinic=house.clinic, fill_ref=wrong.ref, reason=" ", actor_id=house.nurse.id, now=house.now)


def test_programs_readings_and_events_are_withdrawn_the_same_way(house: House, implant: Implant) -> None:
    change = {"clinic": house.clinic, "reason": "wrong patient", "actor_id": house.nurse.id, "now": house.now}
    program = make_program(house, implant, starts_on=house.today, dose="320")
    reading, event = make_reading(house, implant), make_event(house, implant)
    void_program(program_id=program.pk, **change)
    void_reading(reading_id=reading.pk, **change)
    void_event(event_id=event.pk, **change)
    assert program not in implant.programs.current()
    assert not implant.readings.current().exists()
    assert not implant.events.current().exists()


def test_a_corrected_program_takes_the_place_of_the_old_one(house: House, implant: Implant) -> None:
    wrong = make_program(house, implant, starts_on=house.today, dose="3200")
    right = correct_program(
        clinic=house.clinic,
        program_id=wrong.pk,
        entry=ProgramEntry(starts_on=house.today, kind="continuous", dose=Decimal(320), dose_unit="mcg/day"),
        reason="a zero too many",
        actor_id=house.nurse.id,
        now=house.now,
    )
    assert right in implant.programs.current()
    assert wrong not in implant.programs.current()


# --- the database guards it ------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [Fill, FillDrug, ProgramVersion])
@pytest.mark.parametrize("statement", ["UPDATE {} SET clinic_id = clinic_id", "DELETE FROM {}"])
def test_the_database_refuses_to_overwrite_a_fact(implant: Implant, model: type, statement: str) -> None:
    assert model.objects.exists()
    with (
        pytest.raises(DatabaseError, match=r"Cannot (update|delete)"),
        recording(actor_id=None, reason="a try"),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(model._meta.db_table))


@pytest.mark.parametrize("model", [Reading, PumpEvent])
def test_readings_and_events_are_as_safe(house: House, implant: Implant, model: type) -> None:
    make_reading(house, implant)
    make_event(house, implant)
    with pytest.raises(DatabaseError, match="Cannot update"), recording(actor_id=None, reason="a try"):
        model.objects.update(note="changed")


def test_a_change_that_nobody_signs_is_refused_by_the_database(house: House) -> None:
    patient = make_patient(house)
    with pytest.raises(IntegrityError, match="pgh_context"), transaction.atomic():
        Patient.objects.filter(pk=patient.pk).update(notes="slipped in")
    patient.refresh_from_db()
    assert patient.notes == ""


def test_every_write_leaves_who_and_why(house: House) -> None:
    patient = make_patient(house)
    history = patient.history.get()
    assert history.pgh_context.metadata["actor"] == house.nurse.id
    assert history.pgh_context.metadata["reason"] == "added"


def test_history_cannot_be_rewritten(house: House) -> None:
    patient = make_patient(house)
    with pytest.raises(DatabaseError), transaction.atomic():
        patient.history.all().update(mrn="M0")
    with pytest.raises(DatabaseError), transaction.atomic():
        patient.history.all().delete()


def test_a_write_that_fails_leaves_nothing_not_even_history(house: House, implant: Implant) -> None:
    fills = implant.fills.count()
    unknown = DrugEntry(drug_key="water", concentration=Decimal(1), concentration_unit="mg/mL")
    with pytest.raises(RecordError, match="not in the catalogue"):
        record(house, implant, drugs=(BACLOFEN, unknown))
    assert implant.fills.count() == fills
    assert Fill.history.rel.related_model.objects.count() == fills


@pytest.mark.parametrize("volume", [Decimal("NaN"), Decimal(0), Decimal(-1), Decimal(1000)])
def test_no_impossible_volume_reaches_a_row_by_any_way(
    house: House, implant: Implant, volume: Decimal
) -> None:
    with (
        pytest.raises(DatabaseError, match="fill_fill_volume_ml_sane"),
        recording(actor_id=None, reason="a try"),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO clinic_fill (clinic_id, implant_id, ref, filled_on, fill_volume_ml, first_fill,"
            " bridge_old_unit, performed_by, note, recorded_at, recorded_by_id, is_void, correction_reason)"
            " VALUES (%s, %s, %s, '2026-01-05', %s, '', '', '', '', now(), %s, false, '')",
            [house.clinic.id, implant.id, uuid4(), volume, house.nurse.id],
        )


def test_nobody_checks_their_own_fill(house: House, implant: Implant) -> None:
    with pytest.raises(IntegrityError, match="fill_checked_by_another"):
        record(house, implant, checked_by_id=house.nurse.id)


# --- twice is once ---------------------------------------------------------------------------------------


def test_the_same_form_sent_twice_is_one_fill(house: House, implant: Implant) -> None:
    ref = uuid4()
    assert record(house, implant, ref=ref) == record(house, implant, ref=ref)
    assert implant.fills.filter(ref=ref).count() == 1


def test_a_second_fill_on_one_day_is_a_question_not_a_row(house: House, implant: Implant) -> None:
    record(house, implant)
    with pytest.raises(RecordError, match="recorded already"):
        record(house, implant)


def test_one_serial_is_one_pump_whatever_its_case(house: House, implant: Implant) -> None:
    with pytest.raises(RecordError) as refusal:
        make_implant(house, serial=implant.serial.lower())
    assert refusal.value.field == "serial"


def test_one_mrn_is_one_patient_in_a_clinic(house: House) -> None:
    patient = make_patient(house)
    with pytest.raises(RecordError) as refusal:
        make_patient(house, mrn=patient.mrn)
    assert refusal.value.field == "mrn"


# --- no one gets in --------------------------------------------------------------------------------------


def test_another_clinics_implant_is_as_unknown_as_one_that_never_was(house: House, implant: Implant) -> None:
    by = {"clinic": house.elsewhere, "actor_id": house.outsider.id, "now": house.now}
    reading = ReadingEntry(read_on=house.today, reservoir_ml=Decimal(20))
    event = EventEntry(kind="mri", occurred_on=house.today)
    entry = ImplantEntry(pump_model_key="synchromed-ii-40", serial="X1", implanted_on=house.today)
    tries: list[Callable[[], object]] = [
        lambda: record_fill(implant_ref=implant.ref, entry=fill_entry(house), **by),
        lambda: record_reading(implant_ref=implant.ref, entry=reading, **by),
        lambda: record_event(implant_ref=implant.ref, entry=event, **by),
        lambda: update_implant(implant_ref=implant.ref, entry=entry, **by),
    ]
    for attempt in tries:
        with pytest.raises(Implant.DoesNotExist):
            attempt()
    with pytest.raises(Patient.DoesNotExist):
        add_implant(patient_ref=implant.patient.ref, entry=entry, **by)


def test_two_clinics_may_use_the_same_mrn(house: House) -> None:
    patient = make_patient(house)
    theirs = add_patient(
        clinic=house.elsewhere,
        entry=PatientEntry(mrn=patient.mrn, last_name="Vega", first_name="Luz", birth_date=date(1970, 1, 1)),
        actor_id=house.outsider.id,
        now=house.now,
    )
    assert theirs.mrn == patient.mrn


def test_a_program_set_at_a_refill_moves_with_the_corrected_day(house: House, implant: Implant) -> None:
    day, truth = house.today - timedelta(days=2), house.today - timedelta(days=9)
    wrong = record(house, implant, filled_on=day)
    raised = make_program(house, implant, starts_on=day, dose="400")
    correct_fill(
        clinic=house.clinic,
        fill_ref=wrong.ref,
        entry=fill_entry(house, filled_on=truth),
        reason="entered a week late",
        actor_id=house.nurse.id,
        now=house.now,
    )
    moved = implant.programs.current().get(starts_on=truth)
    assert (moved.dose, moved.supersedes_id, moved.correction_reason) == (
        400,
        raised.id,
        "entered a week late",
    )
    assert raised not in implant.programs.current()


def test_a_program_of_another_day_stays_where_it_is(house: House, implant: Implant) -> None:
    before = set(implant.programs.current())
    wrong = record(house, implant)
    correct_fill(
        clinic=house.clinic,
        fill_ref=wrong.ref,
        entry=fill_entry(house, filled_on=house.today - timedelta(days=9)),
        reason="entered a week late",
        actor_id=house.nurse.id,
        now=house.now,
    )
    assert set(implant.programs.current()) == before
