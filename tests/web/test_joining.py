"""Joining a clinic: the link reaches the invited person only, and never takes over an account."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.test import Client
from pytest_django import Settings

from clinic.domain.roles import Role
from clinic.models import Invitation, Membership, User
from clinic.services.accounts import invite_member
from tests.factories import PASSWORD, House
from tests.second_factors import code, give_app, sign_in

Url = Callable[..., str]
NEW = {"email": "new@example.org", "role": "nurse"}
IN_APP = "notifications.backends.InAppBackend"


def link_in_mail() -> str:
    """Path and query of the link in the one letter."""
    (letter,) = mail.outbox
    link = urlsplit(next(word for word in letter.body.split() if "/join/" in word))
    return f"{link.path}?{link.query}"


def token_for(house: House, email: str) -> str:
    _, token = invite_member(
        clinic=house.clinic, email=email, role=Role.NURSE, actor_id=house.administrator.id, now=house.now
    )
    return token


def test_the_link_goes_to_the_colleague_and_whoever_invites_never_sees_it(
    house: House, administrator: Client, url: Url
) -> None:
    shown = administrator.post(url("member_invite"), NEW).content.decode()
    link = link_in_mail()
    token = link.partition("=")[2]
    assert mail.outbox[0].to == ["new@example.org"]
    assert token not in shown
    assert token not in administrator.get(url("members")).content.decode()
    stranger = Client(headers={"User-Agent": "Firefox on Linux"})
    assert stranger.get(link).status_code == 200
    assert not User.objects.filter(email="new@example.org").exists(), "looking changes nothing"
    form = {"token": token, "display_name": "Nina New", "password": "a-long-enough-secret"}
    assert stranger.post("/join/", form).status_code == 302
    assert Membership.objects.get(user__email="new@example.org").clinic == house.clinic
    assert stranger.get(url("patients")).status_code == 200
    assert Client().get(link).status_code == 404, "once"


def test_who_accepted_from_where_is_kept_and_shown(house: House, administrator: Client, url: Url) -> None:
    administrator.post(url("member_invite"), NEW)
    token = link_in_mail().partition("=")[2]
    stranger = Client(headers={"User-Agent": "Mozilla (Windows) Firefox/153"}, REMOTE_ADDR="198.51.100.7")
    form = {"token": token, "display_name": "Nina New", "password": "a-long-enough-secret"}
    stranger.post("/join/", form)
    kept = Invitation.objects.get(email="new@example.org")
    assert kept.accepted_by == User.objects.get(email="new@example.org")
    assert (kept.accepted_ip, kept.is_link_shown) == ("198.51.100.7", False)
    page = administrator.get(url("members")).content.decode()
    assert "198.51.100.7" in page
    assert "Firefox on Windows" in page
    assert "link seen by" not in page


def test_without_a_mail_server_the_link_is_shown_and_that_is_kept(
    house: House, administrator: Client, url: Url, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = IN_APP
    page = administrator.post(url("member_invite"), NEW)
    assert "No e-mail was sent" in page.content.decode()
    token = page.context["link"].partition("=")[2]
    Client().post("/join/", {"token": token, "display_name": "Nina", "password": "a-long-enough-secret"})
    assert Invitation.objects.get(email="new@example.org").is_link_shown
    assert "link seen by Ada Administrator" in administrator.get(url("members")).content.decode()


def test_an_e_mail_that_does_not_leave_invites_nobody(
    house: House, administrator: Client, url: Url, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = 9
    page = administrator.post(url("member_invite"), NEW, follow=True).content.decode()
    assert "nobody is invited" in page
    assert "/join/" not in page
    assert Invitation.objects.get(email="new@example.org").revoked_at is not None


def test_a_link_never_takes_over_an_account(house: House, administrator: Client, url: Url) -> None:
    """A16: an administrator invites somebody of another clinic, gets hold of the link, and is not that person."""
    token = token_for(house, house.outsider.email)
    link = f"/join/?invitation={token}"
    for client in (Client(), administrator):
        page = client.get(link)
        assert "password" not in page.content.decode().partition("<main")[2]
        form = {"token": token, "display_name": "Me", "password": "a-long-enough-secret"}
        for password in ("a-long-enough-secret", PASSWORD):
            assert client.post("/join/", form | {"password": password}).status_code == 403
    assert not Membership.objects.filter(user=house.outsider, clinic=house.clinic).exists()
    house.outsider.refresh_from_db()
    assert house.outsider.check_password(PASSWORD)
    assert Client().post("/accounts/login/", {"login": house.outsider.email, "password": PASSWORD}).url == "/"


def test_somebody_with_an_account_joins_by_signing_in_with_all_that_it_asks(
    house: House, settings: Settings
) -> None:
    settings.MFA_REQUIRED = True
    secret = give_app(house.outsider)
    token = token_for(house, house.outsider.email.upper())
    link = f"/join/?invitation={token}"
    client = Client()
    sign_in_at = client.get(link).context["sign_in"]
    answer = client.post(sign_in_at, {"login": house.outsider.email, "password": PASSWORD})
    assert client.post("/join/", {"token": token}).status_code == 403, "half signed in"
    answer = client.post(answer.url, {"code": code(secret)})
    assert answer.url == link
    assert client.post("/join/", {"token": token}).status_code == 302
    assert Membership.objects.filter(user=house.outsider).count() == 2
    assert Client().get(link).status_code == 404


def test_an_account_made_meanwhile_is_not_taken_over(house: House) -> None:
    """The form of a new account was open when somebody else made the account."""
    token = token_for(house, "new@example.org")
    client = Client()
    assert "password" in client.get(f"/join/?invitation={token}").content.decode()
    User.objects.create_user("new@example.org", PASSWORD)
    form = {"token": token, "display_name": "Me", "password": "a-long-enough-secret"}
    assert client.post("/join/", form).status_code == 403
    assert User.objects.get(email="new@example.org").check_password(PASSWORD)


@pytest.mark.parametrize("role", [Role.NURSE, Role.AUDITOR])
def test_whoever_joins_has_the_role_of_the_invitation(house: House, role: Role) -> None:
    """What a form adds is not heard."""
    _, token = invite_member(
        clinic=house.clinic, email="n@example.org", role=role, actor_id=house.administrator.id, now=house.now
    )
    form = {"display_name": "N", "password": "a-long-enough-secret", "token": token}
    extra = {"role": "administrator", "email": house.administrator.email, "clinic": str(house.elsewhere.id)}
    Client().post("/join/", form | extra)
    membership = Membership.objects.get(user__email="n@example.org")
    assert (membership.role, membership.clinic) == (role, house.clinic)


def test_a_second_factor_comes_right_after_joining_where_one_is_required(
    house: House, settings: Settings
) -> None:
    settings.MFA_REQUIRED = True
    token = token_for(house, "new@example.org")
    client = Client()
    form = {"display_name": "N", "password": "a-long-enough-secret", "token": token}
    assert client.post("/join/", form, follow=True).redirect_chain[-1][0] == "/accounts/2fa/"
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200, "without the password once more"


def test_somebody_else_who_is_signed_in_is_told(house: House) -> None:
    token = token_for(house, house.outsider.email)
    page = sign_in(house.nurse).get(f"/join/?invitation={token}").content.decode()
    assert "for somebody else" in page
