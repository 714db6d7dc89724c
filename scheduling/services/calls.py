"""Telephone calls: written down once, with how each went. A day to call back puts the patient on the list again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.patients import get_patient
from clinic.selectors.rows import Clinic, Patient
from clinic.services.patients import local_today
from scheduling.domain.call_entries import CallEntry, check_call
from scheduling.models import CallAttempt, FollowUp


def log_call(
    *,
    clinic: Clinic,
    patient_ref: UUID,
    entry: CallEntry,
    actor_id: int,
    now: datetime,
    follow_up_ref: UUID | None = None,
) -> CallAttempt:
    """Write a call down, of a patient and, where given, about one follow-up of that patient.

    It changes no follow-up: a call that did what was due is followed by marking that as done. The patient's newest
    call counts: what it says about calling back replaces what an earlier one said. Raises RecordError at the field
    that cannot be, Patient.DoesNotExist for a patient of another clinic.
    """
    check_call(entry, today=local_today(clinic, now), now=now)
    with transaction.atomic():
        patient = get_patient(clinic_id=clinic.id, patient_ref=patient_ref)
        if patient is None:
            raise Patient.DoesNotExist
        follow_up = _follow_up(clinic, patient, follow_up_ref)
        return CallAttempt.objects.create(
            clinic=clinic,
            patient=patient,
            follow_up=follow_up,
            called_at=entry.called_at or now,
            called_by_id=actor_id,
            whom=entry.whom,
            outcome=entry.outcome,
            call_back_on=entry.call_back_on,
            note=entry.note.strip(),
        )


def _follow_up(clinic: Clinic, patient: Patient, ref: UUID | None) -> FollowUp | None:
    if ref is None:
        return None
    found = FollowUp.objects.for_clinic(clinic.id).filter(ref=ref, patient=patient).first()
    if found is None:
        raise RecordError("follow_up", gettext_noop("this is not on the patient's list"))
    return found
