"""Emergency access: whether one runs, where somebody may ask for it, what waits for a review."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import F, QuerySet

from clinic.domain.roles import PERMISSIONS, Permission, Role
from clinic.models import Clinic, EmergencyAccess, Membership
from clinic.scope import across_clinics


@across_clinics("which clinic a person asks for is known by the person alone")
def running_emergency(*, ref: UUID, user_id: int, clinic_slug: str, now: datetime) -> EmergencyAccess | None:
    """The person's emergency access in this clinic while it lasts."""
    return (
        EmergencyAccess.objects.filter(
            ref=ref,
            user_id=user_id,
            clinic__slug=clinic_slug,
            began_at__lte=now,
            ends_at__gt=now,
            ended_at__isnull=True,
        )
        .select_related("clinic")
        .first()
    )


@across_clinics("where a person works")
def clinics_for_emergency(*, user_id: int, is_one_organisation: bool) -> list[Clinic]:
    """Where the person may ask: the clinics they work in, and within one organisation, for who gives care, all others.

    The one place that reads across clinics for a person; a visitor of another organisation never gets here.
    """
    memberships = Membership.objects.filter(user_id=user_id, is_active=True)
    giving_care = [role.value for role in Role if Permission.RECORD_CARE in PERMISSIONS[role]]
    if is_one_organisation and memberships.filter(role__in=giving_care).exists():
        return list(Clinic.objects.order_by("name"))
    return list(Clinic.objects.filter(pk__in=memberships.values("clinic_id")).order_by("name"))


def emergencies(*, clinic_id: int) -> QuerySet[EmergencyAccess]:
    """Every emergency access in the clinic; those without a review first, then the newest."""
    return (
        EmergencyAccess.objects.for_clinic(clinic_id)
        .select_related("user", "reviewed_by")
        .order_by(F("reviewed_at").desc(nulls_first=True), "-began_at")
    )


def unreviewed_emergencies(*, clinic_id: int) -> int:
    """How many wait for an administrator."""
    return EmergencyAccess.objects.for_clinic(clinic_id).filter(reviewed_at__isnull=True).count()
