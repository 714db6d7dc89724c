"""What happened to a patient's visits, in the order in which it was written down."""

from __future__ import annotations

from scheduling.models import VisitStatus


def visit_statuses_of_patient(*, clinic_id: int, patient_id: int) -> list[VisitStatus]:
    """Every status of every visit of the patient, oldest first, with the visit, its kind, nurse and room."""
    return list(
        VisitStatus.objects.for_clinic(clinic_id)
        .filter(visit__patient_id=patient_id)
        .select_related("visit__kind", "visit__nurse", "visit__room", "by")
        .order_by("id")
    )
