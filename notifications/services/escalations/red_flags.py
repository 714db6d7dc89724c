"""Alarming answers: one open matter for a patient, whatever the patient goes on to say, with one person."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from notifications.domain.escalation import ladder
from notifications.domain.escalation.causes import Cause
from notifications.models import CheckIn, Escalation
from notifications.selectors.roster import on_call
from notifications.services.escalations.opening import open_escalation
from notifications.services.escalations.rows import WRITTEN, What, locked, matters_of, put, step, tell
from scheduling.domain.care.rungs import Rung


def open_red_flag(check_in: CheckIn, *, rung: Rung, now: datetime) -> Escalation:
    """Ask a person to act on the answers; under the patient's lock, so that two at once are one matter.

    Where a matter of this kind is open the answers join it, the gravest where there are several: whoever has it is
    told again, sees them beside the first, and it becomes graver where they are.
    """
    clinic_id, patient_id = check_in.clinic_id, check_in.patient_id
    with transaction.atomic():
        open_ones = locked(clinic_id, cause=Cause.RED_FLAG.value, patient_id=patient_id)
        if not open_ones:
            return open_escalation(
                clinic_id=clinic_id,
                cause=Cause.RED_FLAG,
                key=f"check_in:{check_in.pk}",
                now=now,
                rung=rung,
                patient_id=patient_id,
                check_in_id=check_in.pk,
            )
        row = max(open_ones, key=lambda each: (each.rung, -each.pk))
        _join(row, check_in, rung, now)
        return row


def _join(row: Escalation, check_in: CheckIn, rung: Rung, now: datetime) -> None:
    setting = on_call(row.clinic_id).setting
    before = matters_of([row])[row.pk]
    after = ladder.joined(before, rung, now=now, setting=setting)
    put(row, after)
    row.save(update_fields=WRITTEN)
    added = step(row, What.ADDED, now=now, user_id=after.responsible)
    added.check_in = check_in
    added.save()
    if after.rung > before.rung:
        step(row, What.GRAVER, now=now, user_id=after.responsible).save()
    tell([(row, after, f"added{check_in.pk}")], now=now, setting=setting)
