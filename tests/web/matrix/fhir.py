"""The FHIR face: each kind of resource with what it needs, what it is about, and how it is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from clinic.domain.roles import Permission

VIEW, MESSAGES = Permission.VIEW_PATIENTS, Permission.VIEW_MESSAGES


@dataclass(frozen=True)
class Resource:
    """An address of the FHIR face, the one method that it takes, and what it is about."""

    name: str
    method: str
    needs: Permission
    about: str = ""


KINDS = {
    "patient": ("patient", VIEW),
    "device": ("implant", VIEW),
    "medicationadministration": ("fill", VIEW),
    "appointment": ("visit", VIEW),
    "task": ("follow-up", VIEW),
    "communication": ("message", MESSAGES),
}
RESOURCES = (
    Resource("fhir-metadata", "GET", VIEW),
    *(Resource(f"fhir-{kind}", "GET", needs) for kind, (_, needs) in KINDS.items()),
    *(Resource(f"fhir-{kind}-search", "POST", needs) for kind, (_, needs) in KINDS.items()),
    *(Resource(f"fhir-{kind}-read", "GET", needs, about) for kind, (about, needs) in KINDS.items()),
)
