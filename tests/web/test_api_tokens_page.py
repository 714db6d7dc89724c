"""Tokens for programs: made by oneself for oneself, seen once, ended by oneself or an administrator."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from clinic.domain.api_tokens import GRANTABLE, TokenEntry
from clinic.domain.roles import Permission, Role
from clinic.models import ApiToken, User
from clinic.services.api_tokens import make_token
from tests.factories import House

pytestmark = pytest.mark.django_db

ASKED = {"name": "Hospital record", "permissions": [Permission.VIEW_PATIENTS.value], "days": "30"}


def confirmed(client: Client) -> Client:
    """Who has proved a moment ago to be who is signed in."""
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session.save()
    return client


def secret_on(page: Any) -> str:
    found = re.search(r'value="(rw_[\w-]+)"', page.content.decode())
    assert found is not None
    return found[1]


def token_of(house: House, user: User) -> ApiToken:
    entry = TokenEntry(name="Lab", permissions=(Permission.VIEW_PATIENTS,))
    return make_token(clinic=house.clinic, entry=entry, user_id=user.pk, now=house.now)[0]


def test_a_token_is_shown_once_and_opens_what_it_was_given(
    house: House, nurse: Client, url: Callable[..., str]
) -> None:
    made = confirmed(nurse).post(url("api_tokens"), ASKED)
    secret = secret_on(made)
    assert secret not in nurse.get(url("api_tokens")).content.decode()
    program = Client(headers={"Authorization": f"Bearer {secret}"})
    place = f"/api/v1/clinics/{house.clinic.slug}/patients"
    assert program.get(place).status_code == 200
    assert program.post(place, {}, content_type="application/json").status_code == 403


def test_who_has_not_just_shown_who_they_are_is_asked_first(nurse: Client, url: Callable[..., str]) -> None:
    assert "reauthenticate" in nurse.post(url("api_tokens"), ASKED)["Location"]
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"name": " "},
        {"permissions": []},
        {"permissions": ["VIEW_PATIENTS"]},
        {"permissions": ["view_patients "]},
        {"permissions": ["manage_members"]},
        {"permissions": ["view_patients", "record_care"]},
        {"days": "0"},
        {"days": "366"},
        {"days": "soon"},
    ],
)
def test_a_token_of_more_than_its_person_is_refused(
    house: House, signed_in: Callable[[User], Client], url: Callable[..., str], change: dict[str, Any]
) -> None:
    scheduler = confirmed(signed_in(house.person(Role.SCHEDULER)))
    assert scheduler.post(url("api_tokens"), ASKED | change).status_code == 422
    assert not ApiToken.objects.exists()


def test_only_one_s_own_are_offered_and_an_administrator_sees_and_ends_all(
    house: House, nurse: Client, administrator: Client, url: Callable[..., str]
) -> None:
    theirs = token_of(house, house.administrator)
    mine = token_of(house, house.nurse)
    page = confirmed(nurse).get(url("api_tokens")).content.decode()
    assert str(mine.ref) in page
    assert str(theirs.ref) not in page
    assert nurse.post(url("api_token_revoke", ref=theirs.ref)).status_code == 404
    assert str(mine.ref) in confirmed(administrator).get(url("api_tokens")).content.decode()
    assert administrator.post(url("api_token_revoke", ref=mine.ref)).status_code == 302
    mine.refresh_from_db()
    assert mine.revoked_at is not None
    assert administrator.post(url("api_token_restore", ref=mine.ref)).status_code == 404
    confirmed(nurse).post(url("api_token_restore", ref=mine.ref))
    mine.refresh_from_db()
    assert mine.revoked_at is None


def test_what_can_be_given_is_what_the_interface_has(house: House) -> None:
    assert not {
        Permission.MANAGE_MEMBERS,
        Permission.MANAGE_CLINIC,
        Permission.IMPORT_REGISTER,
        Permission.VIEW_AUDIT,
    } & set(GRANTABLE)


def test_nobody_has_more_tokens_than_they_can_oversee(
    house: House, nurse: Client, url: Callable[..., str]
) -> None:
    for _ in range(20):
        token_of(house, house.nurse)
    assert confirmed(nurse).post(url("api_tokens"), ASKED).status_code == 422
    assert ApiToken.objects.count() == 20
