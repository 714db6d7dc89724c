"""The locks of a booking, always in one order: patient, pumps, resources by id, visits by id, follow-ups by id.

Closing days takes the clinic's row before them. Whoever keeps the order waits in a line and never in a ring. See docs/adr/0012-seats-and-locks.md.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.rows import Clinic, Implant, Patient
from scheduling.models import Resource, Visit


@dataclass(slots=True)
class Locked:
    """A patient and the pumps, all locked until the transaction ends."""

    patient: Patient
    implants: list[Implant]

    @property
    def implant_ids(self) -> list[int]:
        """The ids of the pumps."""
        return [implant.pk for implant in self.implants]


def check_alive(locked: Locked) -> None:
    """Nobody who has died is given a time. Raises RecordError at ``patient``."""
    if locked.patient.died_on is not None:
        raise RecordError("patient", gettext_noop("the patient has died"))


def lock_patient(*, clinic: Clinic, patient_ref: UUID) -> Locked:
    """Lock the clinic's patient and the pumps. RecordError at ``patient`` for one that the clinic does not have."""
    found = (
        Patient.objects.for_clinic(clinic.id).select_for_update(no_key=True).filter(ref=patient_ref).first()
    )
    if found is None:
        raise RecordError("patient", gettext_noop("there is no such patient"))
    return Locked(found, _lock_implants(clinic, found.pk))


def lock_patients(*, clinic: Clinic, patient_ids: Collection[int]) -> list[Locked]:
    """Lock these patients of the clinic, then all their pumps, each in the order of their ids."""
    rows = Patient.objects.for_clinic(clinic.id).filter(pk__any_of=list(patient_ids)).order_by("pk")
    patients = list(rows.select_for_update(no_key=True))
    implants = Implant.objects.for_clinic(clinic.id).filter(patient_id__any_of=list(patient_ids))
    locked = list(implants.order_by("pk").select_for_update(no_key=True))
    return [
        Locked(patient, [implant for implant in locked if implant.patient_id == patient.pk])
        for patient in patients
    ]


def lock_patient_of(*, clinic: Clinic, visit_ref: UUID) -> Locked:
    """Lock the patient of a visit, and the pumps. Visit.DoesNotExist for a visit of another clinic as for none."""
    patient_id = Visit.objects.for_clinic(clinic.id).values_list("patient_id", flat=True).get(ref=visit_ref)
    patient = Patient.objects.for_clinic(clinic.id).select_for_update(no_key=True).get(pk=patient_id)
    return Locked(patient, _lock_implants(clinic, patient_id))


def lock_resources(*, clinic: Clinic, resource_ids: Collection[int]) -> dict[int, Resource]:
    """Lock nurses, rooms and capacities in the order of their ids."""
    rows = (
        Resource.objects.for_clinic(clinic.id)
        .filter(pk__any_of=resource_ids)
        .order_by("pk")
        .select_for_update(no_key=True)
    )
    return {row.pk: row for row in rows}


def lock_visit(*, clinic: Clinic, visit_ref: UUID) -> Visit:
    """Lock one visit and read it as it is now. Visit.DoesNotExist for a visit of another clinic as for none."""
    return (
        Visit.objects.for_clinic(clinic.id)
        .select_related("kind", "nurse", "room")
        .select_for_update(of=("self",), no_key=True)
        .get(ref=visit_ref)
    )


def _lock_implants(clinic: Clinic, patient_id: int) -> list[Implant]:
    rows = Implant.objects.for_clinic(clinic.id).filter(patient_id=patient_id).order_by("pk")
    return list(rows.select_for_update(no_key=True))
