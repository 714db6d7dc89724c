"""Stops that a member of staff lifts, because the patient said so."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.rows import Clinic
from notifications.models import StoppedAddress
from notifications.services.plan import replan_patients
from scheduling.services.booking.locks import lock_patient
from scheduling.services.booking.transactions import in_one_transaction


def lift_stop(
    *,
    clinic: Clinic,
    patient_ref: UUID,
    channel: str,
    address: str,
    reason: str,
    actor_id: int,
    actor_name: str,
    now: datetime,
) -> None:
    """Let messages go to the address again, with who lifted the stop and why; agreement is recorded apart.

    Raises RecordError at ``reason`` where there is none, or where there is no stop (any more).
    """
    if not reason.strip():
        raise RecordError("reason", gettext_noop("write down what the patient said"))

    def lift() -> None:
        locked = lock_patient(clinic=clinic, patient_ref=patient_ref)
        lifted = StoppedAddress.objects.for_clinic(clinic.pk).filter(
            channel=channel, address=address, lifted_at=None
        )
        if not lifted.update(lifted_at=now, lifted_because=f"{actor_name}: {reason.strip()}"[:200]):
            raise RecordError("reason", gettext_noop("nothing is stopped there any more"))
        replan_patients(clinic.pk, [locked.patient.pk], now)

    in_one_transaction(lift, actor_id=actor_id, reason="stop lifted")
