"""The pump from implant to explant."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import date, datetime
from uuid import UUID

from clinic.audit import recording
from clinic.changes import announce
from clinic.domain.checks import RecordError, check_day, check_implant
from clinic.domain.entries import ImplantEntry
from clinic.domain.register.reasons import gettext_noop
from clinic.models import Clinic, Implant, Patient, PumpModel
from clinic.services.conflicts import refusing
from clinic.services.patients import local_today
from clinic.services.surgeries import close_with_implant


def add_implant(
    *,
    clinic: Clinic,
    patient_ref: UUID,
    entry: ImplantEntry,
    actor_id: int,
    now: datetime,
    reason: str = "added",
) -> Implant:
    """Add a pump to a patient. Raises RecordError for an unknown model, a serial in use, impossible values."""
    check_implant(entry, today=local_today(clinic, now))
    model = pump_model_called(entry.pump_model_key)
    with one_serial(), recording(actor_id=actor_id, reason=reason):
        patient = Patient.objects.for_clinic(clinic.id).select_for_update(no_key=True).get(ref=patient_ref)
        implant = new_implant(patient=patient, model=model, entry=entry, now=now)
        implant.save(force_insert=True)
        close_with_implant(implant=implant)
        announce(clinic_id=clinic.id, implant_ids=[implant.id], now=now)
        return implant


def new_implant(*, patient: Patient, model: PumpModel, entry: ImplantEntry, now: datetime) -> Implant:
    """The pump of a checked entry, not stored. Raises RecordError where it is older than its patient."""
    if entry.implanted_on < patient.birth_date:
        raise RecordError("implanted_on", gettext_noop("is before the patient's birth"))
    return Implant(
        clinic_id=patient.clinic_id, patient=patient, pump_model=model, created_at=now, **_columns(entry)
    )


def update_implant(
    *,
    clinic: Clinic,
    implant_ref: UUID,
    entry: ImplantEntry,
    actor_id: int,
    now: datetime,
    reason: str = "changed",
) -> Implant:
    """Change an implant's details; the projection follows in the same transaction."""
    check_implant(entry, today=local_today(clinic, now))
    model = pump_model_called(entry.pump_model_key)
    with one_serial(), recording(actor_id=actor_id, reason=reason):
        implant = lock_implant(clinic=clinic, implant_ref=implant_ref)
        _refuse_late_implant(implant, entry.implanted_on)
        values = {**_columns(entry), "pump_model_id": model.id}
        changed = [name for name, value in values.items() if getattr(implant, name) != value]
        for name in changed:
            setattr(implant, name, values[name])
        if changed:
            implant.save(update_fields=changed)
            announce(clinic_id=clinic.id, implant_ids=[implant.id], now=now)
        return implant


def record_explant(
    *, clinic: Clinic, implant_ref: UUID, explanted_on: date, why: str, actor_id: int, now: datetime
) -> Implant:
    """Record that the pump was taken out: its projection ends in the same transaction."""
    with recording(actor_id=actor_id, reason="explant recorded"):
        implant = lock_implant(clinic=clinic, implant_ref=implant_ref)
        check_day("explanted_on", explanted_on, today=local_today(clinic, now), earliest=implant.implanted_on)
        implant.explanted_on, implant.explant_reason = explanted_on, why
        implant.save(update_fields=["explanted_on", "explant_reason"])
        announce(clinic_id=clinic.id, implant_ids=[implant.id], now=now)
        return implant


def withdraw_explant(
    *, clinic: Clinic, implant_ref: UUID, reason: str, actor_id: int, now: datetime
) -> Implant:
    """Take back an explant recorded by mistake; the projection resumes in the same transaction."""
    with recording(actor_id=actor_id, reason=reason):
        implant = lock_implant(clinic=clinic, implant_ref=implant_ref)
        implant.explanted_on, implant.explant_reason = None, ""
        implant.save(update_fields=["explanted_on", "explant_reason"])
        announce(clinic_id=clinic.id, implant_ids=[implant.id], now=now)
        return implant


def lock_implant(*, clinic: Clinic, implant_ref: UUID) -> Implant:
    """Lock the implant for this transaction: everything written about it waits its turn.

    Raises Implant.DoesNotExist for an implant of another clinic as for one that never was.
    """
    return (
        Implant.objects.for_clinic(clinic.id)
        .select_related("pump_model", "patient")
        .select_for_update(of=("self",), no_key=True)
        .get(ref=implant_ref)
    )


def _columns(entry: ImplantEntry) -> dict[str, object]:
    columns = asdict(entry)
    del columns["pump_model_key"]
    columns["serial"] = entry.serial.strip()
    return columns


def pump_model_called(key: str) -> PumpModel:
    """Find the catalogue's pump model. Raises RecordError at ``pump_model`` for one it does not hold."""
    model = PumpModel.objects.filter(key=key).first()
    if model is None:
        raise RecordError("pump_model", gettext_noop("%(key)s is not in the catalogue"), key=key)
    return model


def one_serial() -> AbstractContextManager[None]:
    return refusing(
        "implant_serial_once_per_clinic",
        field="serial",
        message=gettext_noop("another implant already has this serial number"),
    )


def _refuse_late_implant(implant: Implant, implanted_on: date) -> None:
    """An implant date after what is already recorded about the pump contradicts the record."""
    first_fill = implant.fills.current().order_by("filled_on").values_list("filled_on", flat=True).first()
    first_program = (
        implant.programs.current().order_by("starts_on").values_list("starts_on", flat=True).first()
    )
    for day in (first_fill, first_program):
        if day is not None and day < implanted_on:
            raise RecordError(
                "implanted_on", gettext_noop("the record already holds %(day)s for this pump"), day=day
            )
