"""Operations that are planned, moved, called off, and done when the pump that was put in is recorded."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from uuid import UUID

from clinic.audit import recording
from clinic.changes import announce_patients
from clinic.domain.checks import RecordError
from clinic.domain.entries import SurgeryEntry
from clinic.domain.register.reasons import gettext_noop
from clinic.models import Clinic, Implant, Patient, Surgery
from clinic.models.surgeries import SurgeryPurpose
from clinic.services.conflicts import refusing
from clinic.services.patients import local_today

FARTHEST_PLAN = timedelta(days=730)


def plan_surgery(
    *, clinic: Clinic, patient_ref: UUID, entry: SurgeryEntry, actor_id: int, now: datetime
) -> Surgery:
    """Plan an operation; what must be done before it comes due in the same transaction.

    Raises RecordError for a day that has passed or is more than two years away, for a second open operation
    of one patient, and for a patient who has died.
    """
    _check(entry, today=local_today(clinic, now))
    with _one_open(), recording(actor_id=actor_id, reason="operation planned"):
        patient = Patient.objects.for_clinic(clinic.id).select_for_update(no_key=True).get(ref=patient_ref)
        if patient.died_on is not None:
            raise RecordError("planned_on", gettext_noop("the patient has died"))
        surgery = Surgery.objects.create(
            clinic=clinic,
            patient=patient,
            planned_on=entry.planned_on,
            purpose=entry.purpose,
            note=entry.note,
            created_at=now,
        )
        announce_patients(clinic_id=clinic.id, patient_ids=[patient.id], now=now)
        return surgery


def move_surgery(
    *, clinic: Clinic, surgery_ref: UUID, entry: SurgeryEntry, actor_id: int, now: datetime
) -> Surgery:
    """Plan the operation for another day; what is still open before it moves along."""
    _check(entry, today=local_today(clinic, now))
    with recording(actor_id=actor_id, reason="operation moved"):
        surgery = _lock_open(clinic, surgery_ref)
        surgery.planned_on, surgery.purpose, surgery.note = entry.planned_on, entry.purpose, entry.note
        surgery.save(update_fields=["planned_on", "purpose", "note"])
        announce_patients(clinic_id=clinic.id, patient_ids=[surgery.patient_id], now=now)
        return surgery


def cancel_surgery(
    *, clinic: Clinic, surgery_ref: UUID, reason: str, actor_id: int, now: datetime
) -> Surgery:
    """Call the operation off, with the reason; what was to be done before it ends."""
    if not reason.strip():
        raise RecordError("cancel_reason", gettext_noop("say why"))
    with recording(actor_id=actor_id, reason="operation called off"):
        surgery = _lock_open(clinic, surgery_ref)
        surgery.cancelled_on, surgery.cancel_reason = local_today(clinic, now), reason.strip()
        surgery.save(update_fields=["cancelled_on", "cancel_reason"])
        announce_patients(clinic_id=clinic.id, patient_ids=[surgery.patient_id], now=now)
        return surgery


def close_with_implant(*, implant: Implant) -> None:
    """The operation that was planned for this patient has been done: this pump was put in at it.

    Called where the pump is recorded, in that transaction; the caller announces the pump.
    """
    planned = Surgery.objects.for_clinic(implant.clinic_id).filter(
        patient_id=implant.patient_id, implant__isnull=True, cancelled_on__isnull=True
    )
    for surgery in planned.exclude(purpose=SurgeryPurpose.REVISION):
        surgery.implant = implant
        surgery.save(update_fields=["implant"])


def _check(entry: SurgeryEntry, *, today: date) -> None:
    if entry.planned_on < today:
        raise RecordError("planned_on", gettext_noop("has passed: record the pump that was put in instead"))
    if entry.planned_on > today + FARTHEST_PLAN:
        raise RecordError("planned_on", gettext_noop("is more than two years away"))
    if entry.purpose not in SurgeryPurpose.values:
        raise RecordError("purpose", gettext_noop("is not one of the choices"))


def _lock_open(clinic: Clinic, surgery_ref: UUID) -> Surgery:
    """The open operation, under the locks of its patient, of the patient's pumps and its own, in this order.

    Surgery.DoesNotExist for a foreign one.
    """
    found = Surgery.objects.for_clinic(clinic.id).only("patient_id").get(ref=surgery_ref)
    Patient.objects.for_clinic(clinic.id).select_for_update(no_key=True).get(pk=found.patient_id)
    pumps = Implant.objects.for_clinic(clinic.id).filter(patient_id=found.patient_id).order_by("id")
    list(pumps.select_for_update(no_key=True).values_list("id", flat=True))
    surgery = (
        Surgery.objects.for_clinic(clinic.id)
        .select_for_update(of=("self",), no_key=True)
        .get(ref=surgery_ref)
    )
    if surgery.implant_id is not None or surgery.cancelled_on is not None:
        raise RecordError("planned_on", gettext_noop("this operation is no longer open"))
    return surgery


def _one_open() -> AbstractContextManager[None]:
    return refusing(
        "surgery_one_open_a_patient",
        field="planned_on",
        message=gettext_noop("an operation is planned for this patient already"),
    )
