"""Visits whose reminder asked for an answer that never came: a person calls."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from clinic.selectors.operation import clinic_numbers
from notifications.domain.escalation.causes import Cause
from notifications.selectors.unanswered import settled, unanswered_visits
from notifications.services.escalations.late import mark_gone
from notifications.services.escalations.opening import Ask, open_all

UNANSWERED = Cause.UNANSWERED.value


def open_unanswered(now: datetime) -> None:
    """For every clinic; ``raise_due`` does the same, each clinic by itself."""
    for clinic_id, _ in clinic_numbers():
        open_unanswered_of(clinic_id, now)


def open_unanswered_of(clinic_id: int, now: datetime) -> None:
    """Open a matter for each visit that is unanswered too near to its day, once for each time it stood at.

    What was answered, moved or called off since is marked, the same for visits that patients asked to change and
    check-ins that they missed; a person confirms it.
    """
    with transaction.atomic():
        asks = [
            Ask(
                cause=UNANSWERED,
                key=f"visit:{each.visit_id}:{each.sequence}",
                patient_id=each.patient_id,
                implant_id=each.implant_id,
                visit_id=each.visit_id,
            )
            for each in unanswered_visits(clinic_id=clinic_id, now=now)
        ]
        open_all(clinic_id, asks, now=now)
        for cause, why in settled(clinic_id=clinic_id).items():
            mark_gone(clinic_id, why, cause=cause, now=now)
