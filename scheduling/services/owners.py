"""Whose work a follow-up is: nothing open is without an owner who still works at the clinic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from clinic.domain.register.reasons import gettext_noop
from clinic.domain.roles import Permission, Role, may
from clinic.selectors.rows import Membership
from clinic.together import Answers, ask_together
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
    return member.is_active and member.user.is_active and _works(member.role)


def owners_of(clinic_id: int) -> Owners:
    """The active members with an open account who work on follow-ups; the default is the policy's, else the first
    nurse, else the first administrator (one query).
    """
    return owners_from(ask_together(owner_questions, clinic_id=clinic_id), clinic_id=clinic_id)


def owner_questions(given: Any) -> dict[str, Any]:
    """What ``owners_from`` needs the answers to."""
    return {
        "members": Membership.objects.for_clinic(given.clinic_id)
        .filter(is_active=True)
        .values_list("pk", "user_id", "role", "user__is_active"),
        "default_owner": WorkPolicy.objects.for_clinic(given.clinic_id)
        .order_by("pk")
        .values_list("default_owner_id", flat=True)[:1],
    }


def owners_from(answers: Answers, *, clinic_id: int) -> Owners:
    """The same from the answers. Raises LookupError for a clinic with nobody to own its work."""
    people = answers["members"]
    eligible = frozenset(user_id for _, user_id, role, is_open in people if is_open and _works(role))
    # Somebody whose account is shut comes last, and is better than nobody: without an owner no date is stored.
    fallbacks = sorted(
        (not is_open, role != Role.NURSE, pk, user_id)
        for pk, user_id, role, is_open in people
        if role in (Role.NURSE, Role.ADMINISTRATOR)
    )
    for chosen in answers["default_owner"]:
        if chosen in eligible:
            return Owners(eligible, chosen)
    if not fallbacks:
        raise LookupError(f"clinic {clinic_id} has no administrator to own its work")
    return Owners(eligible, fallbacks[0][-1])


def _works(role: str) -> bool:
    return may(Role(role), Permission.WORK_FOLLOW_UPS)


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
