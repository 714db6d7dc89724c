"""Matters that end only in a person's acknowledgement with an outcome."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from notifications.models import Escalation, EscalationStep
from scheduling.domain.care.rungs import Rung
from scheduling.services.owners import owners_of

RESPOND_WITHIN = timedelta(hours=4)


def open_escalation(
    *,
    clinic_id: int,
    cause: str,
    key: str,
    now: datetime,
    rung: Rung = Rung.STAFF_CALLS,
    patient_id: int | None = None,
    implant_id: int | None = None,
    visit_id: int | None = None,
    message_id: int | None = None,
    check_in_id: int | None = None,
    inbound_id: int | None = None,
) -> Escalation:
    """Ask a person to act, in the caller's transaction or its own; the same matter is open once.

    Asked again while it is open, it only becomes graver where ``rung`` is higher.
    """
    with transaction.atomic():
        made = Escalation.objects.bulk_create(
            [
                Escalation(
                    clinic_id=clinic_id,
                    cause=cause,
                    key=key,
                    rung=rung,
                    patient_id=patient_id,
                    implant_id=implant_id,
                    visit_id=visit_id,
                    message_id=message_id,
                    check_in_id=check_in_id,
                    inbound_id=inbound_id,
                    responsible_id=owners_of(clinic_id).default_id,
                    opened_at=now,
                    respond_by=now + RESPOND_WITHIN,
                )
            ],
            ignore_conflicts=True,
        )
        found = Escalation.objects.select_for_update().get(
            clinic_id=clinic_id, cause=cause, key=key, acknowledged_at__isnull=True
        )
        what = EscalationStep.What.OPENED if found.ref == made[0].ref else EscalationStep.What.GRAVER
        if what == EscalationStep.What.GRAVER:
            if found.rung >= rung:
                return found
            found.rung = rung
            found.save(update_fields=["rung"])
        EscalationStep.objects.create(
            clinic_id=clinic_id, escalation=found, what=what, at=now, level=found.level, rung=found.rung
        )
        return found
