"""The on-call roster with the people behind it, and the calendar that says which hours count."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from clinic.domain.roles import Permission, Role, may
from clinic.selectors.accounts import members
from clinic.selectors.facts import clinic_facts
from clinic.selectors.rows import Membership
from notifications.domain.escalation.causes import Duty
from notifications.domain.escalation.ladder import Setting
from notifications.domain.escalation.roster import Roster
from notifications.models import RosterEntry
from scheduling.domain.opening import Opening
from scheduling.selectors.resources import work_policy


@dataclass(frozen=True, slots=True)
class OnCall:
    """A clinic's setting, and its people by account id (whoever is or was a member)."""

    setting: Setting
    people: dict[int, Membership]


def may_act(member: Membership) -> bool:
    """Whether somebody works here, can sign in, and works on follow-ups."""
    return member.is_active and member.user.is_active and may(Role(member.role), Permission.WORK_FOLLOW_UPS)


def on_call(clinic_id: int) -> OnCall:
    """Calendar, roster and people, in a constant number of queries."""
    facts = clinic_facts(clinic_id=clinic_id)
    opening = Opening(ZoneInfo(facts.time_zone), frozenset(facts.open_weekdays), facts.closed_on)
    people = list(members(clinic_id=clinic_id))
    able = sorted((member for member in people if may_act(member)), key=lambda member: member.pk)
    roster = Roster(
        cells={
            (weekday, Duty(duty)): user_id
            for weekday, duty, user_id in RosterEntry.objects.for_clinic(clinic_id).values_list(
                "weekday", "duty", "user_id"
            )
        },
        default_nurse=work_policy(clinic_id=clinic_id).default_owner_id,
        nurses=_in_role(able, Role.NURSE),
        prescribers=_in_role(able, Role.PRESCRIBER),
        administrators=_in_role(able, Role.ADMINISTRATOR),
        eligible=frozenset(member.user_id for member in able),
    )
    return OnCall(Setting(opening, roster), {member.user_id: member for member in people})


def _in_role(people: list[Membership], role: Role) -> tuple[int, ...]:
    return tuple(member.user_id for member in people if member.role == role)
