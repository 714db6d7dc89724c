"""Outcome scores of a clinic's patients."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from clinic.selectors.facts import clinic_facts
from clinic.selectors.rows import EventKind, Patient, PumpEvent
from scheduling.domain.reports.outcomes import ScaleOutcome, Score, outcomes


@dataclass(frozen=True, slots=True)
class Scored:
    """A patient who has scores."""

    patient_ref: UUID
    name: str
    mrn: str


def outcome_report(*, clinic_id: int, now: datetime) -> list[ScaleOutcome]:
    """Every scale that was ever used, with its medians and courses (three queries). Withdrawn scores do not count."""
    zone = ZoneInfo(clinic_facts(clinic_id=clinic_id).time_zone)
    rows = (
        PumpEvent.objects.for_clinic(clinic_id)
        .current()
        .filter(kind=EventKind.OUTCOME_SCORE, score__isnull=False)
        .order_by("occurred_on", "id")
        .values_list("implant__patient_id", "scale", "occurred_on", "score")
    )
    scores = [Score(who, scale, on, score) for who, scale, on, score in rows if score is not None]
    return outcomes(scores, today=now.astimezone(zone).date())


def scored_patients(*, clinic_id: int, patient_ids: Collection[int]) -> dict[int, Scored]:
    """Who these patients are."""
    rows = Patient.objects.for_clinic(clinic_id).filter(pk__any_of=patient_ids)
    return {
        patient.pk: Scored(patient.ref, f"{patient.last_name}, {patient.first_name}", patient.mrn)
        for patient in rows
    }
