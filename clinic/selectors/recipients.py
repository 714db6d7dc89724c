"""Whom a reminder about a pump would go to, and what the letter needs. A constant number of queries."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import F

from clinic.models import (
    Channel,
    Clinic,
    Consent,
    ContactKind,
    ContactPoint,
    Fill,
    Implant,
    Topic,
)


@dataclass(frozen=True, slots=True)
class RecipientFacts:
    """``contact_id`` is the patient's preferred e-mail address in use; None where there is none."""

    implant_id: int
    patient_id: int
    is_active: bool
    fill_id: int | None
    has_agreed_to_email: bool
    contact_id: int | None


@dataclass(frozen=True, slots=True)
class Addressee:
    """What a letter says and where it goes: patient data, read when it is sent and kept nowhere."""

    address: str
    first_name: str
    language: str
    clinic_name: str
    clinic_phone: str


def recipient_facts(*, clinic_id: int, implant_ids: Collection[int]) -> list[RecipientFacts]:
    """The facts of these implants, by id (four queries however many there are)."""
    implants = list(
        Implant.objects.for_clinic(clinic_id)
        .filter(id__any_of=implant_ids)
        .order_by("id")
        .values_list("id", "patient_id", "explanted_on", "patient__died_on")
    )
    patient_ids = {patient_id for _, patient_id, *_ in implants}
    fills = _newest_fills(clinic_id, implant_ids)
    addresses = _email_addresses(clinic_id, patient_ids)
    agreed = _agreed_to_email(clinic_id, patient_ids)
    return [
        RecipientFacts(
            implant_id=implant_id,
            patient_id=patient_id,
            is_active=explanted_on is None and died_on is None,
            fill_id=fills.get(implant_id),
            has_agreed_to_email=patient_id in agreed,
            contact_id=addresses.get(patient_id),
        )
        for implant_id, patient_id, explanted_on, died_on in implants
    ]


def addressee(*, clinic_id: int, contact_id: int) -> Addressee | None:
    """Where and to whom a letter goes; None when the address is no longer in use."""
    row = (
        ContactPoint.objects.for_clinic(clinic_id)
        .filter(pk=contact_id, is_active=True)
        .values_list("value", "patient__first_name", "patient__language", "clinic__name", "clinic__phone")
        .first()
    )
    return None if row is None else Addressee(*row)


def clinic_time_zone(*, clinic_id: int) -> str:
    """The IANA name of the clinic's zone."""
    return Clinic.objects.values_list("time_zone", flat=True).get(pk=clinic_id)


def _newest_fills(clinic_id: int, implant_ids: Collection[int]) -> dict[int, int]:
    """The fill in each pump."""
    rows = (
        Fill.objects.for_clinic(clinic_id)
        .current()
        .filter(implant_id__any_of=implant_ids)
        .order_by("implant_id", "-filled_on", F("filled_at").desc(nulls_last=True), "-id")
        .distinct("implant_id")
        .values_list("implant_id", "id")
    )
    return dict(rows)


def _email_addresses(clinic_id: int, patient_ids: Collection[int]) -> dict[int, int]:
    rows = (
        ContactPoint.objects.for_clinic(clinic_id)
        .filter(patient_id__any_of=patient_ids, kind=ContactKind.EMAIL, is_active=True, proxy__isnull=True)
        .order_by("patient_id", "-is_preferred", "id")
        .distinct("patient_id")
        .values_list("patient_id", "id")
    )
    return dict(rows)


def _agreed_to_email(clinic_id: int, patient_ids: Collection[int]) -> set[int]:
    """Those whose newest word about reminders by e-mail was yes."""
    rows = (
        Consent.objects.for_clinic(clinic_id)
        .filter(patient_id__any_of=patient_ids, channel=Channel.EMAIL, topic=Topic.REMINDERS)
        .order_by("patient_id", "-id")
        .distinct("patient_id")
        .values_list("patient_id", "is_granted")
    )
    return {patient_id for patient_id, is_granted in rows if is_granted}
