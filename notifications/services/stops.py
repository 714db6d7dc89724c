"""Stops that a member of staff lifts, because the patient said so."""

from __future__ import annotations

from datetime import datetime

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.numbers import owners_of
from clinic.selectors.rows import Clinic
from notifications.domain.kinds import ChannelName
from notifications.models import StoppedAddress
from notifications.services.plan import replan_patients
from scheduling.services.booking.locks import lock_patients
from scheduling.services.booking.transactions import in_one_transaction


def lift_stop(
    *,
    clinic: Clinic,
    channel: str,
    address: str,
    reason: str,
    actor_id: int,
    actor_name: str,
    now: datetime,
) -> None:
    """Let messages go to the address again, with who lifted the stop and why; agreement is recorded apart.

    Whoever else of the clinic has the address is reminded there again as well: a stop is the address's.
    Raises RecordError at ``reason`` where there is none, or where there is no stop (any more).
    """
    if not reason.strip():
        raise RecordError("reason", gettext_noop("write down what the patient said"))

    def lift() -> None:
        patient_ids = _who_has(address, channel, clinic)
        lock_patients(clinic=clinic, patient_ids=patient_ids)
        lifted = StoppedAddress.objects.for_clinic(clinic.pk).filter(
            channel=channel, address=address, lifted_at=None
        )
        if not lifted.update(lifted_at=now, lifted_because=f"{actor_name}: {reason.strip()}"[:200]):
            raise RecordError("reason", gettext_noop("nothing is stopped there any more"))
        replan_patients(clinic.pk, patient_ids, now)

    in_one_transaction(lift, actor_id=actor_id, reason="stop lifted")


def _who_has(address: str, channel: str, clinic: Clinic) -> list[int]:
    kind = "phone" if channel == ChannelName.SMS else "email"
    owners = owners_of(kind=kind, dialable=address)
    return sorted({owner.patient_id for owner in owners if owner.clinic_id == clinic.pk})
