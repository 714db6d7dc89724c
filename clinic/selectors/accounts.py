"""Clinics, members and invitations, as pages need them."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from clinic.models import Clinic, Closure, Invitation, Membership
from clinic.scope import across_clinics


@across_clinics("which clinic a person asks for is known by the person alone")
def active_membership(*, user_id: int, clinic_slug: str) -> Membership | None:
    """The person's active role in the clinic; None for a clinic that is not theirs and for one that never was."""
    return (
        Membership.objects.filter(user_id=user_id, clinic__slug=clinic_slug, is_active=True)
        .select_related("clinic", "user")
        .first()
    )


@across_clinics("where a person works")
def clinics_of(*, user_id: int) -> list[Clinic]:
    """The clinics the person works in, by name."""
    return list(
        Clinic.objects.filter(
            pk__in=Membership.objects.filter(user_id=user_id, is_active=True).values("clinic_id")
        ).order_by("name")
    )


def members(*, clinic_id: int) -> QuerySet[Membership]:
    """Everybody who is or was a member, active first, then by name."""
    return (
        Membership.objects.for_clinic(clinic_id)
        .select_related("user")
        .order_by("-is_active", "user__display_name", "user__email")
    )


def open_invitations(*, clinic_id: int, now: datetime) -> QuerySet[Invitation]:
    """Invitations that can still be accepted, newest first."""
    return (
        Invitation.objects.for_clinic(clinic_id)
        .filter(accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=now)
        .select_related("invited_by")
        .order_by("-created_at")
    )


def accepted_invitations(*, clinic_id: int) -> QuerySet[Invitation]:
    """The twenty accepted last: who, when, from where, and whether whoever invited had seen the link."""
    return (
        Invitation.objects.for_clinic(clinic_id)
        .filter(accepted_at__isnull=False)
        .select_related("invited_by", "accepted_by")
        .order_by("-accepted_at")[:20]
    )


def closures(*, clinic_id: int) -> QuerySet[Closure]:
    """The days on which the clinic sees nobody, in order."""
    return Closure.objects.for_clinic(clinic_id).filter(is_lifted=False).order_by("closed_on")


def lifted_holidays(*, clinic_id: int) -> QuerySet[Closure]:
    """The public holidays on which the clinic works all the same, in order."""
    return Closure.objects.for_clinic(clinic_id).filter(is_lifted=True).order_by("closed_on")
