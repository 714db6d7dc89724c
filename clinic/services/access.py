"""Writes down who saw whom."""

from __future__ import annotations

from uuid import UUID

from clinic.models import AccessRecord
from clinic.scope import in_clinic
from clinic.seeing import Seen


def record_access(
    seen: Seen,
    *,
    kind: str,
    user_id: int | None,
    route: str,
    method: str,
    address: str | None,
    request_id: UUID,
) -> None:
    """One row, in one statement, for what an answer shows; of several clinics one for each.

    Raises when it cannot be written, or when there is nobody to name: then the answer must not be given.
    """
    for clinic_id, patient_ids in seen.patients.items():
        with in_clinic(clinic_id):
            AccessRecord(
                clinic_id=clinic_id,
                user_id=user_id,
                kind=kind,
                patient_ids=sorted(patient_ids),
                route=route,
                method=method,
                reason=seen.reason[:500],
                address=address,
                link_ref=seen.link_ref,
                request_id=request_id,
            ).save(force_insert=True)
