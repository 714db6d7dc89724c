"""Whose work a follow-up is: nothing open is without an owner who still works at the clinic."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from clinic.domain.register.reasons import gettext_noop
from clinic.domain.roles import Permission, Role, may
from clinic.selectors.accounts import members
from clinic.selectors.rows import Membership
from scheduling.models import UNFINISHED, FollowUp, FollowUpAct, WorkPolicy
from scheduling.services.courses import lock_courses

LEFT = gettext_noop("its owner no longer works on follow-ups here")


@dataclass(frozen=True, slots=True)
class Owners:
    """Who may own work in a clinic, and who gets what nobody was named for."""

    eligible: frozenset[int]
    default_id: int

    def or_default(self, user_id: int | None) -> int:
        """The person, or the default where that person may own no work."""
        return user_id if user_id is not None and user_id in self.eligible else self.default_id


def may_own_work(member: Membership) -> bool:
    """Whether somebody works here, can sign in, and works on follow-ups; ``scheduling.selectors.lapse`` asks the same."""
    return member.is_active and member.user.is_active and may(Role(member.role), Permission.WORK_FOLLOW_UPS)


def owners_of(clinic_id: int) -> Owners:
    """The active members with an open account who work on follow-ups; the default is the policy's, else the first
    nurse, else the first administrator (two queries).
    """
    people = [member for member in members(clinic_id=clinic_id) if member.is_active]
    eligible = frozenset(member.user_id for member in people if may_own_work(member))
    # Somebody whose account is shut comes last, and is better than nobody: without an owner no date is stored.
    fallbacks = sorted(
        (not member.user.is_active, member.role != Role.NURSE, member.pk, member.user_id)
        for member in people
        if member.role in (Role.NURSE, Role.ADMINISTRATOR)
    )
    chosen = WorkPolicy.objects.for_clinic(clinic_id).values_list("default_owner_id", flat=True).first()
    if chosen is not None and chosen in eligible:
        return Owners(eligible, chosen)
    if not fallbacks:
        raise LookupError(f"clinic {clinic_id} has no administrator to own its work")
    return Owners(eligible, fallbacks[0][-1])


def latest_owners(
    clinic_id: int, *, patient_ids: Collection[int], row_keys: Collection[str]
) -> dict[tuple[int, str], int]:
    """Who owned each patient's newest follow-up of each row (one query)."""
    rows = (
        FollowUp.objects.for_clinic(clinic_id)
        .filter(patient_id__any_of=patient_ids, row_key__in=list(row_keys), owner__isnull=False)
        .order_by("patient_id", "row_key", "-id")
        .distinct("patient_id", "row_key")
        .values_list("patient_id", "row_key", "owner_id")
    )
    return {(patient_id, row_key): owner_id for patient_id, row_key, owner_id in rows if owner_id}


def reassign_departed(clinic_id: int, now: datetime) -> int:
    """Give the open work of people who left, or whose role no longer allows it, to the default owner.

    A reader of ``announce_members``, and of every night; returns how many changed hands. Again, it changes nothing.
    """
    with transaction.atomic():
        owners = owners_of(clinic_id)
        found = (
            FollowUp.objects.for_clinic(clinic_id)
            .filter(state__in=UNFINISHED)
            .exclude(owner_id__in=owners.eligible)
            .order_by("id")
        )
        lock_courses(clinic_id, found.values_list("implant_id", "patient_id"))
        orphaned = list(found.select_for_update(no_key=True).values_list("id", flat=True))
        FollowUp.objects.for_clinic(clinic_id).filter(id__any_of=orphaned).update(owner_id=owners.default_id)
        FollowUpAct.objects.bulk_create(
            FollowUpAct(
                clinic_id=clinic_id,
                follow_up_id=follow_up_id,
                act=FollowUpAct.Act.ASSIGNED,
                at=now,
                reason=LEFT,
                owner_id=owners.default_id,
            )
            for follow_up_id in orphaned
        )
        return len(orphaned)
