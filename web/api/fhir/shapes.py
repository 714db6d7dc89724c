"""Rows of the record as FHIR R4 resources. What FHIR has no place for is left out, never bent.

A unit is its UCUM code; a day without an hour stays a day. Built by ``fhir.resources`` (its R4B models, which for these
resources are R4's), so that none leaves that its profile would refuse.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from fhir.resources.R4B.appointment import Appointment
from fhir.resources.R4B.communication import Communication
from fhir.resources.R4B.device import Device
from fhir.resources.R4B.medicationadministration import MedicationAdministration
from fhir.resources.R4B.patient import Patient
from fhir.resources.R4B.task import Task

from clinic.selectors import rows
from notifications.domain.states import State
from notifications.selectors.rows import Message
from scheduling.selectors.rows import FollowUp, FollowUpState, Visit
from web.api.programs import is_superseded

UCUM: Final = "http://unitsofmeasure.org"
SNOMED: Final = "http://snomed.info/sct"
IDENTIFIER_TYPES: Final = "http://terminology.hl7.org/CodeSystem/v2-0203"
DRUGS: Final = "urn:refillwise:drug"
PUMP_MODELS: Final = "urn:refillwise:pump-model"
KINDS: Final = "urn:refillwise:visit-kind"
TOPICS: Final = "urn:refillwise:message-kind"
INTRATHECAL: Final = "72607000"
"""SNOMED CT, Intrathecal route."""

Shape = dict[str, Any]


def patient(row: rows.Patient, clinic: rows.Clinic) -> Patient:
    """Who the patient is. The MRN's system is the clinic: no two clinics share one."""
    return Patient.model_validate(
        {
            "id": str(row.ref),
            "active": row.died_on is None,
            "identifier": [
                {
                    "type": {"coding": [{"system": IDENTIFIER_TYPES, "code": "MR"}]},
                    "system": mrn_system(clinic),
                    "value": row.mrn,
                }
            ],
            "name": [{"use": "official", "family": row.last_name, "given": [row.first_name]}],
            "birthDate": row.birth_date,
            **({"deceasedDateTime": row.died_on} if row.died_on else {}),
            "communication": [
                {
                    "language": {"coding": [{"system": "urn:ietf:bcp:47", "code": row.language}]},
                    "preferred": True,
                }
            ],
        }
    )


def mrn_system(clinic: rows.Clinic) -> str:
    """The name space of the clinic's record numbers."""
    return f"urn:refillwise:clinic:{clinic.slug}:mrn"


def device(row: rows.Implant, clinic: rows.Clinic) -> Device:
    """A pump; inactive once it was taken out."""
    model = row.pump_model
    return Device.model_validate(
        {
            "id": str(row.ref),
            "status": "active" if row.explanted_on is None else "inactive",
            "serialNumber": row.serial,
            "manufacturer": model.manufacturer,
            "deviceName": [{"name": model.name, "type": "model-name"}],
            "type": {
                "coding": [{"system": PUMP_MODELS, "code": model.key, "display": model.name}],
                "text": "Implanted intrathecal drug pump",
            },
            "patient": reference("Patient", row.patient.ref),
            **({"udiCarrier": [{"carrierHRF": row.udi}]} if row.udi else {}),
        }
    )


def medication_administration(row: rows.Fill, clinic: rows.Clinic) -> MedicationAdministration:
    """A refill: the mixture as a medication of its own, the volume as the dose."""
    return MedicationAdministration.model_validate(
        {
            "id": str(row.ref),
            "status": "entered-in-error" if is_superseded(row) else "completed",
            "contained": [
                {
                    "resourceType": "Medication",
                    "id": "mixture",
                    "ingredient": [_ingredient(drug) for drug in row.drugs.all()],
                }
            ],
            "medicationReference": {"reference": "#mixture"},
            "subject": reference("Patient", row.implant.patient.ref),
            "effectiveDateTime": _when(row.filled_at, row.filled_on, clinic),
            "device": [reference("Device", row.implant.ref)],
            "dosage": {
                "text": "Refill of the implanted pump",
                "route": {"coding": [{"system": SNOMED, "code": INTRATHECAL}], "text": "Intrathecal"},
                "dose": quantity(row.fill_volume_ml, "mL", "mL"),
            },
        }
    )


_MASS = {"mcg/mL": ("mcg", "ug"), "mg/mL": ("mg", "mg")}


def _ingredient(drug: rows.FillDrug) -> Shape:
    unit, code = _MASS[drug.concentration_unit]
    return {
        "itemCodeableConcept": {
            "coding": [{"system": DRUGS, "code": drug.drug.key}],
            "text": drug.drug.name,
        },
        "strength": {
            "numerator": quantity(drug.concentration, unit, code),
            "denominator": quantity(Decimal(1), "mL", "mL"),
        },
    }


def appointment(row: Visit, clinic: rows.Clinic) -> Appointment:
    """A visit. Its states are FHIR's own words."""
    people: list[Shape] = [{"actor": reference("Patient", row.patient.ref), "status": "accepted"}]
    people += [
        {"actor": {"display": each.name}, "status": "accepted"} for each in (row.nurse, row.room) if each
    ]
    zone = ZoneInfo(row.time_zone)
    return Appointment.model_validate(
        {
            "id": str(row.ref),
            "status": row.status,
            "serviceType": [{"coding": [{"system": KINDS, "code": row.kind.key}], "text": row.kind.name}],
            "start": row.starts_at.astimezone(zone),
            "end": row.ends_at.astimezone(zone),
            "minutesDuration": int((row.ends_at - row.starts_at).total_seconds() // 60),
            "created": row.booked_at,
            "participant": people,
        }
    )


TASKS: Final = {
    FollowUpState.OPEN: "requested",
    FollowUpState.POSTPONED: "on-hold",
    FollowUpState.DONE: "completed",
    FollowUpState.NOT_NEEDED: "cancelled",
    FollowUpState.ENDED: "cancelled",
}


def task(row: FollowUp, clinic: rows.Clinic) -> Task:
    """A follow-up. ``restriction.period`` is from the day to aim for to the last safe one."""
    period = {"start": row.target_on, "end": row.latest_on}
    given = {name: day for name, day in period.items() if day is not None}
    return Task.model_validate(
        {
            "id": str(row.ref),
            "status": TASKS[FollowUpState(row.state)],
            "intent": "order",
            "code": {"text": row.title},
            "for": reference("Patient", row.patient.ref),
            "authoredOn": row.created_at,
            **({"restriction": {"period": given}} if given else {}),
            **({"focus": reference("Device", row.implant.ref)} if row.implant else {}),
            **({"owner": {"display": str(row.owner)}} if row.owner else {}),
        }
    )


COMMUNICATIONS: Final = {
    State.QUEUED: "preparation",
    State.CLAIMED: "preparation",
    State.SENDING: "in-progress",
    State.UNKNOWN: "unknown",
    State.ACCEPTED: "completed",
    State.DELIVERED: "completed",
    State.FAILED: "not-done",
    State.DEAD: "not-done",
    State.MISSED: "not-done",
    State.SUPPRESSED: "not-done",
    State.CANCELLED: "not-done",
}


def communication(row: Message, clinic: rows.Clinic) -> Communication:
    """That somebody was told something, by which way and with what end; never the words."""
    return Communication.model_validate(
        {
            "id": str(row.ref),
            "status": COMMUNICATIONS[State(row.state)],
            "category": [{"coding": [{"system": TOPICS, "code": row.kind}]}],
            "medium": [{"text": row.channel}],
            **({"subject": reference("Patient", row.patient.ref)} if row.patient else {}),
            **({"statusReason": {"text": row.reason}} if row.reason else {}),
            **({"sent": row.first_sent_at} if row.first_sent_at else {}),
            **({"about": [reference("Appointment", row.visit.ref)]} if row.visit else {}),
        }
    )


def words_of(table: Mapping[Any, str]) -> dict[str, tuple[str, ...]]:
    """FHIR's word for each of our states, the other way round."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for state, word in table.items():
        found[word].append(state.value)
    return {word: tuple(states) for word, states in found.items()}


def reference(kind: str, ref: object) -> Shape:
    """A reference to another resource of this clinic."""
    return {"reference": f"{kind}/{ref}"}


def quantity(value: Decimal, unit: str, code: str) -> Shape:
    """An exact quantity in UCUM."""
    return {"value": Decimal(f"{value.normalize():f}"), "unit": unit, "system": UCUM, "code": code}


def _when(at: datetime | None, on: date, clinic: rows.Clinic) -> datetime | date:
    return on if at is None else at.astimezone(ZoneInfo(clinic.time_zone))
