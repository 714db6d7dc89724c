"""Who asks: everybody in every relation to the clinic whose address is asked for."""

from __future__ import annotations

from http import HTTPStatus

from django.urls import reverse
from pytest_django import Settings

from clinic.domain.roles import EMERGENCY, PERMISSIONS, Role
from clinic.models import User
from clinic.selectors.accounts import members
from clinic.services.accounts import change_membership
from tests.factories import House, join
from tests.web.matrix.asking import Caller

SIBLING_ROLE = {
    Role.NURSE: Role.ADMINISTRATOR,
    Role.PRESCRIBER: Role.SCHEDULER,
    Role.SCHEDULER: Role.AUDITOR,
    Role.ADMINISTRATOR: Role.NURSE,
    Role.AUDITOR: Role.PRESCRIBER,
}
"""What each is in the second clinic: always something else, so that a role taken from the wrong one shows."""


def of_the_clinic(house: House) -> list[Caller]:
    """One in every role, who also works in the other clinic in another role."""
    callers = []
    for role in Role:
        person = house.person(role)
        house.join_also(person, house.elsewhere, SIBLING_ROLE[role])
        callers.append(Caller(role, "own", house.clinic, PERMISSIONS[role], person))
    return callers


def in_an_emergency(house: House, settings: Settings) -> list[Caller]:
    """The auditor of the clinic, and a nurse of another one of the same organisation, each with an hour's access."""
    settings.ONE_ORGANISATION = True
    callers = [
        Caller("auditor in an emergency", "own", house.clinic, None, house.person(Role.AUDITOR)),
        Caller("nurse in an emergency", "other", house.clinic, None, house.outsider),
    ]
    for caller, permissions in zip(callers, (PERMISSIONS[Role.AUDITOR], frozenset()), strict=True):
        taken = caller.client.post(
            reverse("emergency"), {"clinic": house.clinic.slug, "reason": "alarm sounds, nobody here"}
        )
        assert taken.status_code == HTTPStatus.FOUND
        caller.permissions = frozenset(permissions | EMERGENCY)
    return callers


def of_two_clinics(house: House) -> list[Caller]:
    """The same people, below the other clinic's address, asking for what belongs to the first."""
    return [
        Caller(
            SIBLING_ROLE[Role(each.role)],
            "sibling",
            house.elsewhere,
            PERMISSIONS[SIBLING_ROLE[Role(each.role)]],
            each.person,
            are_objects_foreign=True,
        )
        for each in of_the_clinic(house)
    ]


def of_another_clinic(house: House) -> list[Caller]:
    """Members of another clinic only: below this one's address, and below their own for what is not theirs."""
    below_ours = Caller(Role.ADMINISTRATOR, "other", house.clinic, None, house.elsewhere_administrator)
    below_theirs = Caller(
        Role.ADMINISTRATOR,
        "other, below their own address",
        house.elsewhere,
        PERMISSIONS[Role.ADMINISTRATOR],
        house.elsewhere_administrator,
        are_objects_foreign=True,
    )
    return [below_ours, below_theirs]


def of_no_clinic(house: House) -> list[Caller]:
    """Somebody who left, with the session of before and with a new one; a disabled account; nobody.

    A session that was ended, and one of an account that is disabled, are nobody's.
    """
    left, disabled = _member(house), _member(house)
    before = Caller("left", "own", house.clinic, None, left)
    shut = Caller("disabled", "own", house.clinic, None, disabled)
    _end_membership(house, left)
    User.objects.filter(pk=disabled.pk).update(is_active=False)
    before.person = shut.person = None
    again = Caller("left, signed in again", "own", house.clinic, None, User.objects.get(pk=left.pk))
    return [before, again, shut, Caller("nobody", "none", house.clinic)]


def _member(house: House) -> User:
    return join(house.clinic, Role.ADMINISTRATOR, invited_by=house.administrator, now=house.now)


def _end_membership(house: House, person: User) -> None:
    membership = members(clinic_id=house.clinic.id).get(user=person)
    change_membership(
        clinic=house.clinic,
        membership_id=membership.id,
        role=Role.ADMINISTRATOR,
        is_active=False,
        actor_id=house.administrator.id,
        now=house.now,
    )
