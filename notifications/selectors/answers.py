"""What patients last said about their visits. Every read names the clinic."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import F, Q, QuerySet

from notifications.domain.patient_acts import Said, said_by
from notifications.models import PatientAnswer

OF_NOW = Q(visit_starts_at=F("visit__starts_at")) | Q(
    visit_starts_at__isnull=True, visit_sequence=F("visit__sequence")
)
"""Answers to the visit at the time at which it stands; another nurse or room takes nothing back.

Those from before the start was kept are told by the visit's sequence.
"""


def answers_of_visits(*, clinic_id: int, visit_ids: Collection[int]) -> dict[int, PatientAnswer]:
    """The newest answer to each of these visits as it stands now, by visit id (one query).

    What was said about an earlier time of a visit that has moved since is no answer.
    """
    if not visit_ids:
        return {}
    rows = newest_answers(clinic_id, visit_ids)
    return {row.visit_id: row for row in rows if row.visit_id is not None}


def newest_answers(clinic_id: Any, visit_ids: Any) -> QuerySet[PatientAnswer]:
    """The newest answer to each of these visits as it stands now."""
    return (
        PatientAnswer.objects.for_clinic(clinic_id)
        .filter(OF_NOW, visit_id__any_of=visit_ids)
        .order_by("visit_id", "-id")
        .distinct("visit_id")
    )


def said_of_visit(*, clinic_id: int, visit_id: int) -> Said:
    """What the patient last said about the visit as it stands."""
    answer = answers_of_visits(clinic_id=clinic_id, visit_ids=[visit_id]).get(visit_id)
    return said_by(answer.answer) if answer else Said.NOTHING


def answers_of_visit(*, clinic_id: int, visit_id: int) -> list[Any]:
    """Everything the patient ever said about the visit, newest first; ``is_of_now``: about the time it stands at."""
    rows = PatientAnswer.objects.for_clinic(clinic_id).filter(visit_id=visit_id)
    return list(rows.annotate(is_of_now=OF_NOW).order_by("-id"))


def answers_of_patient(*, clinic_id: int, patient_id: int) -> list[PatientAnswer]:
    """Everything the patient, or somebody with a link or telephone of the patient's, ever said; newest first."""
    return list(
        PatientAnswer.objects.for_clinic(clinic_id)
        .filter(patient_id=patient_id)
        .select_related("visit")
        .order_by("-id")
    )
