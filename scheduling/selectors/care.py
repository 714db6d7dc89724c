"""A patient's care plan as pages show it: what is ahead and what became of the rest."""

from __future__ import annotations

from django.db.models import F, QuerySet

from scheduling.models import FollowUp, FollowUpState


def follow_ups_of_patient(*, clinic_id: int, patient_id: int) -> QuerySet[FollowUp]:
    """Every follow-up of the patient, the refill item too, by the day to aim for; those in doubt first."""
    return (
        FollowUp.objects.for_clinic(clinic_id)
        .filter(patient_id=patient_id)
        .select_related(
            "implant__pump_model", "owner", "closed_by", "closed_by_visit", "protocol_row__protocol"
        )
        .order_by(F("target_on").asc(nulls_first=True), "latest_on", "id")
    )


def unfinished_of_patient(*, clinic_id: int, patient_id: int) -> QuerySet[FollowUp]:
    """Those that are open or postponed, the most pressing first."""
    states = (FollowUpState.OPEN, FollowUpState.POSTPONED)
    return (
        follow_ups_of_patient(clinic_id=clinic_id, patient_id=patient_id)
        .filter(state__in=states)
        .order_by(F("latest_on").asc(nulls_first=True), "target_on", "id")
    )
