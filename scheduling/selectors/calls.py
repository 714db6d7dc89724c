"""Telephone calls as pages need them: a patient's, the newest of many, and who is to be called back."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from scheduling.models import CallAttempt


def calls_of_patient(*, clinic_id: int, patient_id: int) -> list[CallAttempt]:
    """Every call of the patient, newest first, with who called and about what."""
    return list(
        CallAttempt.objects.for_clinic(clinic_id)
        .filter(patient_id=patient_id)
        .select_related("called_by", "follow_up")
        .order_by("-called_at", "-id")
    )


def last_calls(*, clinic_id: int, patient_ids: Collection[int]) -> dict[int, CallAttempt]:
    """The newest call of each of these patients who was ever called, by patient id. One query."""
    rows = (
        CallAttempt.objects.for_clinic(clinic_id)
        .filter(patient_id__in=list(patient_ids))
        .order_by("patient_id", "-called_at", "-id")
        .distinct("patient_id")
        .select_related("called_by")
    )
    return {call.patient_id: call for call in rows}


def newest_calls(clinic_id: Any, patient_refs: Any) -> QuerySet[CallAttempt]:
    """The newest call of each of the patients of these references who was ever called, with the patient."""
    return (
        CallAttempt.objects.for_clinic(clinic_id)
        .filter(patient__ref__any_of=patient_refs)
        .order_by("patient_id", "-called_at", "-id")
        .distinct("patient_id")
        .select_related("patient")
        .only("outcome", "called_at", "patient__ref")
    )


def call_backs(*, clinic_id: Any, until: Any = None, caller_id: int | None = None) -> QuerySet[CallAttempt]:
    """Living patients whose newest call says to call them on a day (up to ``until``), soonest first.

    A later call settles it, whatever its outcome: who did not answer is called back only if that call says so.
    """
    later = (
        CallAttempt.objects.filter(patient_id=OuterRef("patient_id"))
        .filter(
            Q(called_at__gt=OuterRef("called_at")) | Q(called_at=OuterRef("called_at"), id__gt=OuterRef("id"))
        )
        .values("id")
    )
    rows = CallAttempt.objects.for_clinic(clinic_id).filter(
        ~Exists(later), call_back_on__isnull=False, patient__died_on__isnull=True
    )
    if until is not None:
        rows = rows.filter(call_back_on__lte=until)
    if caller_id is not None:
        rows = rows.filter(called_by_id=caller_id)
    return rows.select_related("patient", "called_by", "follow_up").order_by(
        "call_back_on", "patient__last_name", "patient__first_name", "id"
    )
