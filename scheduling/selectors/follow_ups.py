"""Single follow-ups by their address, and what was done about a patient's."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import F, QuerySet

from scheduling.models import UNFINISHED, FollowUp, FollowUpAct


def all_follow_ups(*, clinic_id: int) -> QuerySet[FollowUp]:
    """Everything that the clinic's patients are and were due for, with patient, pump and owner."""
    return FollowUp.objects.for_clinic(clinic_id).select_related("patient", "implant", "owner")


def follow_up_by_ref(*, clinic_id: int, ref: UUID) -> FollowUp | None:
    """The clinic's follow-up with this reference, with its patient and owner, or None."""
    return (
        FollowUp.objects.for_clinic(clinic_id)
        .filter(ref=ref)
        .select_related("patient", "implant__pump_model", "owner")
        .first()
    )


def follow_ups_by_refs(*, clinic_id: int, refs: Collection[UUID]) -> list[FollowUp]:
    """The clinic's follow-ups among these, by patient and day; those that are not the clinic's are left out."""
    return list(
        FollowUp.objects.for_clinic(clinic_id)
        .filter(ref__in=list(refs))
        .select_related("patient", "implant__pump_model", "owner")
        .order_by("patient__last_name", "patient__first_name", "patient_id", "latest_on", "id")
    )


def follow_ups_of_patient(*, clinic_id: int, patient_id: int) -> list[FollowUp]:
    """Everything the patient is and was due for, refills included, by its last day; with owner and who closed it."""
    return list(
        FollowUp.objects.for_clinic(clinic_id)
        .filter(patient_id=patient_id)
        .select_related("patient", "owner", "implant__pump_model", "closed_by", "closed_by_visit__kind")
        .order_by(F("latest_on").asc(nulls_first=True), "target_on", "id")
    )


def follow_up_rows(*, clinic_id: int, patient_id: int) -> QuerySet[FollowUp]:
    """Everything the patient is and was due for, refills included."""
    rows = FollowUp.objects.for_clinic(clinic_id).filter(patient_id=patient_id)
    return rows.select_related("patient", "implant")


def open_of_patient(*, clinic_id: int, patient_id: int) -> QuerySet[FollowUp]:
    """What the patient is due for and nobody has closed, refills included."""
    return (
        FollowUp.objects.for_clinic(clinic_id)
        .filter(patient_id=patient_id, state__in=UNFINISHED)
        .select_related("patient", "owner", "implant__pump_model")
        .order_by(F("latest_on").asc(nulls_first=True), "target_on", "id")
    )


def acts_of_patient(*, clinic_id: int, patient_id: int) -> list[FollowUpAct]:
    """What happened to the patient's follow-ups, newest first, with whom it was done by and the visit."""
    return list(
        FollowUpAct.objects.for_clinic(clinic_id)
        .filter(follow_up__patient_id=patient_id)
        .select_related("follow_up", "by", "owner", "visit")
        .order_by("-at", "-id")
    )
