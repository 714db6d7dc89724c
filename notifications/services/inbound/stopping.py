"""Ending messages to a number or an address because whoever has it said so, and beginning them again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet

from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.numbers import NumberOwner, clinic_by_id, owners_of
from clinic.selectors.operation import clinic_numbers
from clinic.services.consents import record_patients_word
from notifications.domain.kinds import ChannelName
from notifications.models import StoppedAddress
from notifications.models.escalations import Cause
from notifications.services.escalations import open_escalation
from notifications.services.plan import replan_patients
from scheduling.services.booking.locks import lock_patients
from scheduling.services.booking.transactions import in_one_transaction

BY_PROVIDER = gettext_noop("the patient, by the provider of e-mail")
STOP_LIFTED = gettext_noop("the patient, by text: start")


def stop_address(
    owners: Sequence[NumberOwner],
    *,
    channel: ChannelName,
    address: str,
    words: str,
    reason: str,
    now: datetime,
    inbound_id: int | None = None,
) -> bool:
    """No more messages there for the owners of one clinic, in the caller's transaction; False where it was so already.

    The agreement of those whose own it is ends, a helper's stop is no word of the patient's. Nobody leaves the work
    list, and a person calls each of them.
    """
    clinic = clinic_by_id(clinic_id=owners[0].clinic_id)
    patient_ids = sorted({owner.patient_id for owner in owners})
    locked = lock_patients(clinic=clinic, patient_ids=patient_ids)
    stops = StoppedAddress.objects.for_clinic(clinic.pk).filter(channel=channel, address=address)
    is_new = not stops.filter(lifted_at=None).exists()
    stop = StoppedAddress(
        clinic_id=clinic.pk, channel=channel, address=address, words=words[:160], stopped_at=now
    )
    StoppedAddress.objects.bulk_create([stop], ignore_conflicts=True)
    record_patients_word(
        clinic_id=clinic.pk,
        patient_ids=sorted({owner.patient_id for owner in owners if owner.is_own}),
        channel=channel,
        is_granted=False,
        wording=words,
        now=now,
        reason=reason,
    )
    replan_patients(clinic.pk, patient_ids, now)
    for each in locked:
        open_escalation(
            clinic_id=clinic.pk,
            cause=Cause.STOPPED,
            key=f"stop:patient:{each.patient.pk}",
            now=now,
            patient_id=each.patient.pk,
            implant_id=each.implant_ids[0] if len(each.implant_ids) == 1 else None,
            inbound_id=inbound_id,
        )
    return is_new


def stop_elsewhere(owners: Sequence[NumberOwner], *, number: str, words: str, now: datetime) -> None:
    """No more texts there in the clinics that do not know the number: all of them write from the same one.

    Nobody's plan changes; it holds from the moment a patient with this number is entered there.
    """
    known = {owner.clinic_id for owner in owners}
    StoppedAddress.objects.bulk_create(
        [
            StoppedAddress(
                clinic_id=clinic_id,
                channel=ChannelName.SMS,
                address=number,
                words=words[:160],
                stopped_at=now,
            )
            for clinic_id, _ in clinic_numbers()
            if clinic_id not in known
        ],
        ignore_conflicts=True,
    )


def lift_elsewhere(owners: Sequence[NumberOwner], *, number: str, now: datetime) -> None:
    """Take back what ``stop_elsewhere`` did."""
    lift(
        StoppedAddress.objects.exclude(clinic_id__in={owner.clinic_id for owner in owners}),
        number=number,
        now=now,
    )


def lift(stops: QuerySet[StoppedAddress], *, number: str, now: datetime) -> None:
    """End those of these stops that hold for texts to the number, because whoever has it said start."""
    stops.filter(channel=ChannelName.SMS, address=number, lifted_at=None).update(
        lifted_at=now, lifted_because=STOP_LIFTED
    )


def stop_letters(*, address: str, words: str, now: datetime) -> int:
    """No more letters to an address that complained or unsubscribed, in every clinic that writes there; in how many."""
    written = address.strip().lower()
    owners = owners_of(kind="email", dialable=written)
    clinic_ids = sorted({owner.clinic_id for owner in owners})
    for clinic_id in clinic_ids:
        of_clinic = [owner for owner in owners if owner.clinic_id == clinic_id]
        in_one_transaction(
            lambda those=of_clinic: stop_address(  # type: ignore[misc]
                those,
                channel=ChannelName.EMAIL,
                address=written,
                words=words,
                reason=BY_PROVIDER,
                now=now,
            ),
            actor_id=None,
            reason=BY_PROVIDER,
        )
    return len(clinic_ids)
