"""Whom a message about a patient would go to, and what the letter needs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import F, Q

from clinic.models import (
    Clinic,
    Consent,
    ContactKind,
    ContactPoint,
    Fill,
    Implant,
    Patient,
    Surgery,
)
from clinic.together import Answers


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """A number or address in use. ``proxy_id``: a helper's who may receive reminders; None: the patient's own.

    ``address`` is as machines write it; empty for a number to which no text can be sent. Patient data.
    """

    contact_id: int
    proxy_id: int | None
    is_email: bool
    address: str
    time_zone: str


@dataclass(slots=True)
class PatientContacts:
    """How a patient and the patient's helpers can be reached; ``granted`` are (channel, topic)."""

    patient_id: int
    has_died: bool
    contacts: list[ContactFacts] = field(default_factory=list)
    granted: set[tuple[str, str]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class PumpFacts:
    """One pump and the fill in it."""

    implant_id: int
    patient_id: int
    is_active: bool
    fill_id: int | None


@dataclass(frozen=True, slots=True)
class PlannedOperation:
    """An operation that is planned and neither done nor called off."""

    surgery_id: int
    patient_id: int
    planned_on: date


def recipient_questions(given: Any) -> dict[str, Any]:
    """What ``contacts_from``, ``pumps_from`` and ``operations_from`` need the answers to; asked of ``patient_ids``."""
    may_be_told = Q(proxy__isnull=True) | Q(proxy__is_active=True, proxy__may_receive_reminders=True)
    pumps = given.found("patients_pumps", "id")
    return {
        "time_zone": Clinic.objects.filter(pk=given.clinic_id).values_list("time_zone", flat=True),
        "patients": Patient.objects.for_clinic(given.clinic_id)
        .filter(id__any_of=given.patient_ids)
        .values_list("id", "died_on"),
        "contacts": ContactPoint.objects.for_clinic(given.clinic_id)
        .filter(may_be_told, patient_id__any_of=given.patient_ids, is_active=True)
        .order_by("patient_id", "-is_preferred", "id")
        .values_list("patient_id", "id", "proxy_id", "kind", "value", "dialable", "time_zone"),
        "consents": Consent.objects.for_clinic(given.clinic_id)
        .filter(patient_id__any_of=given.patient_ids)
        .order_by("patient_id", "channel", "topic", "-id")
        .distinct("patient_id", "channel", "topic")
        .values_list("patient_id", "channel", "topic", "is_granted"),
        "patients_pumps": Implant.objects.for_clinic(given.clinic_id)
        .filter(patient_id__any_of=given.patient_ids)
        .order_by("id")
        .values_list("id", "patient_id", "explanted_on", "patient__died_on"),
        "newest_fills": Fill.objects.for_clinic(given.clinic_id)
        .current()
        .filter(implant_id__any_of=pumps)
        .order_by("implant_id", "-filled_on", F("filled_at").desc(nulls_last=True), "-id")
        .distinct("implant_id")
        .values_list("implant_id", "id"),
        "operations": Surgery.objects.for_clinic(given.clinic_id)
        .filter(patient_id__any_of=given.patient_ids, implant__isnull=True, cancelled_on__isnull=True)
        .order_by("id")
        .values_list("id", "patient_id", "planned_on"),
    }


def contacts_from(answers: Answers) -> dict[int, PatientContacts]:
    """The contacts and consents of these patients, by patient's id; preferred contacts first."""
    found = {
        patient_id: PatientContacts(patient_id, died_on is not None)
        for patient_id, died_on in answers["patients"]
    }
    for patient_id, contact_id, proxy_id, kind, value, dialable, zone in answers["contacts"]:
        is_email = kind == ContactKind.EMAIL
        address = dialable or (value.strip().lower() if is_email else "")
        found[patient_id].contacts.append(ContactFacts(contact_id, proxy_id, is_email, address, zone))
    for patient_id, channel, topic, is_granted in answers["consents"]:
        if is_granted:
            found[patient_id].granted.add((channel, topic))
    return found


def pumps_from(answers: Answers) -> dict[int, list[PumpFacts]]:
    """The pumps of these patients, in place or not, by patient's id."""
    fills = dict(answers["newest_fills"])
    found: defaultdict[int, list[PumpFacts]] = defaultdict(list)
    for implant_id, patient_id, explanted_on, died_on in answers["patients_pumps"]:
        is_active = explanted_on is None and died_on is None
        found[patient_id].append(PumpFacts(implant_id, patient_id, is_active, fills.get(implant_id)))
    return found


def operations_from(answers: Answers) -> dict[int, list[PlannedOperation]]:
    """The open operations of these patients, by patient's id."""
    found: defaultdict[int, list[PlannedOperation]] = defaultdict(list)
    for surgery_id, patient_id, planned_on in answers["operations"]:
        found[patient_id].append(PlannedOperation(surgery_id, patient_id, planned_on))
    return found


def clinic_time_zone(*, clinic_id: int) -> str:
    """The IANA name of the clinic's zone."""
    return Clinic.objects.values_list("time_zone", flat=True).get(pk=clinic_id)
