"""Addresses of the FHIR face, one set for each kind of resource; and what they can do, as FHIR says it."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar, Final

from django.urls import path
from drf_spectacular.utils import extend_schema
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.domain.roles import Permission
from clinic.selectors.fills import all_fills
from clinic.selectors.implants import all_implants
from clinic.selectors.patients import all_patients
from notifications.selectors.messages import message_rows
from scheduling.selectors.follow_ups import all_follow_ups
from scheduling.selectors.rows import Status
from scheduling.selectors.visits import all_visits
from web.api.fhir import shapes
from web.api.fhir.asking import by_day, by_id, by_reference, by_value, by_word, midnight
from web.api.fhir.views import FhirView, Kind, as_data, views_of

LAST_CHANGED: Final = date(2026, 11, 28)
"""Of what this face can do."""

_PATIENT: Final = "the patient it is about"
KINDS: Final = (
    Kind(
        "Patient",
        all_patients,
        shapes.patient,
        parameters=(by_id(),),
        in_body_only=lambda clinic: (
            by_value("identifier", "mrn", shapes.mrn_system(clinic), "the MRN; by POST only"),
        ),
    ),
    Kind(
        "Device",
        all_implants,
        shapes.device,
        parameters=(by_id(), by_reference("patient", "Patient", "patient__ref", _PATIENT)),
    ),
    Kind(
        "MedicationAdministration",
        all_fills,
        shapes.medication_administration,
        parameters=(
            by_id(),
            by_reference("patient", "Patient", "implant__patient__ref", _PATIENT),
            by_reference("device", "Device", "implant__ref", "the pump"),
            by_day("effective-time", "filled_on", "the day of the refill"),
        ),
    ),
    Kind(
        "Appointment",
        all_visits,
        shapes.appointment,
        parameters=(
            by_id(),
            by_reference("patient", "Patient", "patient__ref", _PATIENT),
            by_day("date", "local_on", "the day of the visit, on the clinic's clock"),
            by_word("status", "status", {each.value: (each.value,) for each in Status}, "what became of it"),
        ),
    ),
    Kind(
        "Task",
        all_follow_ups,
        shapes.task,
        parameters=(
            by_id(),
            by_reference("patient", "Patient", "patient__ref", _PATIENT),
            by_day("due", "latest_on", "the last safe day; a word of this server"),
            by_word("status", "state", shapes.words_of(shapes.TASKS), "what became of it"),
        ),
    ),
    Kind(
        "Communication",
        message_rows,
        shapes.communication,
        parameters=(
            by_id(),
            by_reference("patient", "Patient", "patient__ref", _PATIENT),
            by_day("sent", "first_sent_at", "when it went out", of=midnight),
            by_word("status", "state", shapes.words_of(shapes.COMMUNICATIONS), "what became of it"),
        ),
        needs=Permission.VIEW_MESSAGES,
    ),
)


@extend_schema(exclude=True)
class Capabilities(FhirView):
    """What this face can do."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS}

    def get(self, request: Request, clinic_slug: str) -> Response:
        """The CapabilityStatement."""
        base = request.build_absolute_uri().partition("?")[0].removesuffix("/metadata")
        statement = {
            "status": "active",
            "date": LAST_CHANGED,
            "kind": "instance",
            "fhirVersion": "4.0.1",
            "format": ["json"],
            "implementation": {"description": "Refillwise", "url": base},
            "rest": [{"mode": "server", "resource": [_capability(kind, self.clinic) for kind in KINDS]}],
        }
        return Response(as_data(CapabilityStatement.model_validate(statement)))


def _capability(kind: Kind, clinic: Any) -> dict[str, Any]:
    return {
        "type": kind.name,
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "versioning": "no-version",
        "searchParam": [
            {"name": each.name, "type": each.type, "documentation": each.words}
            for each in (*kind.parameters, *kind.in_body_only(clinic))
        ],
    }


def _addresses() -> list[Any]:
    found = [path("metadata", Capabilities.as_view(), name="fhir-metadata")]
    for kind in KINDS:
        search, by_post, read = views_of(kind)
        name = f"fhir-{kind.name.lower()}"
        found += [
            path(kind.name, search, name=name),
            path(f"{kind.name}/_search", by_post, name=f"{name}-search"),
            path(f"{kind.name}/<uuid:ref>", read, name=f"{name}-read"),
        ]
    return found


urlpatterns = _addresses()
