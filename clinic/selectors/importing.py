"""Whose clinic a register is for, and in whose name it comes in."""

from __future__ import annotations

from clinic.domain.roles import PERMISSIONS, Permission
from clinic.models import Clinic, User

_ROLES = [
    role.value for role, permissions in PERMISSIONS.items() if Permission.IMPORT_REGISTER in permissions
]


def clinic_by_slug(slug: str) -> Clinic | None:
    """The clinic with this short name, or None."""
    return Clinic.objects.filter(slug=slug).first()


def importer(*, clinic_id: int, email: str = "") -> User | None:
    """The active member with this address who may import registers; without one, the longest-standing."""
    people = User.objects.filter(
        memberships__clinic_id=clinic_id, memberships__is_active=True, memberships__role__in=_ROLES
    )
    if email:
        people = people.filter(email__iexact=email)
    return people.order_by("memberships__id").first()
