"""Whose a number or address is. The one read that looks across clinics: what comes in names no clinic."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from clinic.models import Clinic, ContactPoint, Patient


@dataclass(frozen=True, slots=True)
class NumberOwner:
    """One place where a number is written down. ``is_own``: the patient's and not a helper's."""

    clinic_id: int
    patient_id: int
    patient_ref: UUID
    contact_id: int
    is_own: bool


def owners_of(*, kind: str, dialable: str) -> list[NumberOwner]:
    """Everybody the number or address belongs to, whatever the clinic; those of old where nobody uses it now."""
    if not dialable:
        return []
    points = (
        ContactPoint.objects.filter(kind=kind, dialable=dialable)
        .order_by("clinic_id", "patient_id", "id")
        .values_list("clinic_id", "patient_id", "patient__ref", "id", "proxy_id", "is_active")
    )
    rows = list(points.filter(is_active=True)) or list(points)
    return [NumberOwner(*row[:4], row[4] is None) for row in rows]


def only_clinic_id() -> int | None:
    """The clinic of an installation that has one; None where there are several."""
    ids = list(Clinic.objects.order_by("id").values_list("id", flat=True)[:2])
    return ids[0] if len(ids) == 1 else None


def clinic_by_id(*, clinic_id: int) -> Clinic:
    """The clinic with this number."""
    return Clinic.objects.get(pk=clinic_id)


def patients_with(*, clinic_id: int, dialable: Collection[str]) -> dict[str, list[Patient]]:
    """Whose these numbers are in the clinic, the patient's own or a helper's; one query."""
    points = (
        ContactPoint.objects.for_clinic(clinic_id)
        .filter(dialable__in=sorted(filter(None, dialable)), kind="phone", is_active=True)
        .select_related("patient")
        .order_by("patient__last_name", "patient__first_name", "patient_id", "id")
    )
    found: dict[str, dict[int, Patient]] = {}
    for point in points:
        found.setdefault(point.dialable, {})[point.patient_id] = point.patient
    return {number: list(patients.values()) for number, patients in found.items()}
