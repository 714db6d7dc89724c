"""Operations, as pages need them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from clinic.models import Surgery


def surgeries_of(*, clinic_id: int, patient_id: int) -> QuerySet[Surgery]:
    """The patient's operations, planned, done and called off, newest first."""
    return (
        Surgery.objects.for_clinic(clinic_id)
        .filter(patient_id=patient_id)
        .select_related("implant")
        .order_by("-planned_on", "-id")
    )


def get_surgery(*, clinic_id: int, surgery_ref: UUID) -> Surgery | None:
    """The clinic's operation with this reference, with its patient, or None."""
    return Surgery.objects.for_clinic(clinic_id).filter(ref=surgery_ref).select_related("patient").first()
