"""How a clinic shares its work out: who gets what nobody owns, on which grid visits begin, how long a hold lasts."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.accounts import members
from clinic.selectors.rows import Clinic
from scheduling.models import WorkPolicy
from scheduling.services.owners import may_own_work

SLOT_MINUTES = (5, 10, 15, 20, 30, 60)
SHORTEST_HOLD_MINUTES, LONGEST_HOLD_MINUTES = 1, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkPolicyEntry:
    """``default_owner_id`` None: what nobody was named for goes to the first nurse, else to an administrator."""

    default_owner_id: int | None
    slot_minutes: int
    hold_minutes: int


@transaction.atomic
def set_work_policy(*, clinic: Clinic, entry: WorkPolicyEntry) -> WorkPolicy:
    """Change the clinic's policy. Raises RecordError at ``default_owner``, ``slot_minutes``, ``hold_minutes``.

    Follow-ups that have an owner keep theirs; visits that are booked stay where they are.
    """
    if entry.slot_minutes not in SLOT_MINUTES:
        raise RecordError("slot_minutes", gettext_noop("is not one of the choices"))
    if not SHORTEST_HOLD_MINUTES <= entry.hold_minutes <= LONGEST_HOLD_MINUTES:
        raise RecordError("hold_minutes", gettext_noop("must be between 1 and 60 minutes"))
    if entry.default_owner_id is not None and entry.default_owner_id not in possible_owners(clinic):
        raise RecordError("default_owner", gettext_noop("is no member who works on follow-ups"))
    policy, _ = WorkPolicy.objects.update_or_create(
        clinic=clinic,
        defaults={
            "default_owner_id": entry.default_owner_id,
            "slot_minutes": entry.slot_minutes,
            "hold_minutes": entry.hold_minutes,
        },
    )
    return policy


def possible_owners(clinic: Clinic) -> dict[int, str]:
    """The names of those who may work on follow-ups, by the id of their account, by name (one query)."""
    return {
        member.user_id: str(member.user) for member in members(clinic_id=clinic.id) if may_own_work(member)
    }
