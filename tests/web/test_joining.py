"""Joining a clinic: the link reaches the invited person only, and never takes over an account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.test import Client
from pytest_django import Settings

from clinic.domain.roles import Role
from clinic.models import Invitation, Membership, User
from clinic.services.accounts import invite_member, revoke_invitation
from tests.factories import PASSWORD, House
from tests.second_factors import code, give_app, sign_in

Url = Callable[..., str]
NEW = {"email": "new@example.org", "role": "nurse"}
FORM = {"display_name": "Nina New", "password": "a-long-enough-secret"}
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


def opened(link: str, **browser: Any) -> Client:
    """A browser in which the link was opened."""
    client = Client(**browser)
    assert client.get(link).url == "/join/"
    return client


def accept(client: Client, **form: str) -> Any:
    """Send the form of the page that the link led to."""
    page = client.get("/join/")
    return client.post("/join/", {"invitation": str(page.context["invitation"].ref), **form})


def test_the_link_goes_to_the_colleague_and_whoever_invites_never_sees_it(
    house: House, administrator: Client, url: Url
) -> None:
    shown = administrator.post(url("member_invite"), NEW).content.decode()
    link = link_in_mail()
    token = link.partition("=")[2]
    assert mail.outbox[0].to == ["new@example.org"]
    assert token not in shown
    assert token not in administrator.get(url("members")).content.decode()
    stranger = opened(link, headers={"User-Agent": "Firefox on Linux"})
    assert stranger.get("/join/").status_code == 200
    assert not User.objects.filter(email="new@example.org").exists(), "looking changes nothing"
    assert accept(stranger, **FORM).status_code == 302
    assert Membership.objects.get(user__email="new@example.org").clinic == house.clinic
    assert stranger.get(url("patients")).status_code == 200
    assert Client().get(link).status_code == 404, "once"


def test_who_accepted_from_where_is_kept_and_shown(house: House, administrator: Client, url: Url) -> None:
    administrator.post(url("member_invite"), NEW)
    browser = {"headers": {"User-Agent": "Mozilla (Windows) Firefox/153"}, "REMOTE_ADDR": "198.51.100.7"}
    accept(opened(link_in_mail(), **browser), **FORM)
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
    accept(opened(page.context["link"].partition("testserver")[2]), **FORM)
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
        page = client.get(link, follow=True)
        assert "password" not in page.content.decode().partition("<main")[2]
        for password in ("a-long-enough-secret", PASSWORD):
            assert accept(client, display_name="Me", password=password).status_code == 403
    assert not Membership.objects.filter(user=house.outsider, clinic=house.clinic).exists()
    house.outsider.refresh_from_db()
    assert house.outsider.check_password(PASSWORD)
    assert Client().post("/accounts/login/", {"login": house.outsider.email, "password": PASSWORD}).url == "/"


def test_somebody_with_an_account_joins_by_signing_in_with_all_that_it_asks(
    house: House, settings: Settings
) -> None:
    settings.MFA_REQUIRED = True
    secret = give_app(house.outsider)
    client = opened(f"/join/?invitation={token_for(house, house.outsider.email.upper())}")
    page = client.get("/join/")
    ref = {"invitation": str(page.context["invitation"].ref)}
    sign_in_at = page.context["sign_in"]
    assert sign_in_at == "/accounts/login/?next=%2Fjoin%2F"
    answer = client.post(sign_in_at, {"login": house.outsider.email, "password": PASSWORD})
    assert client.post("/join/", ref).status_code == 403, "half signed in"
    answer = client.post(answer.url, {"code": code(secret)})
    assert answer.url == "/join/"
    assert client.post("/join/", ref).status_code == 302
    assert Membership.objects.filter(user=house.outsider).count() == 2
    assert "invitation" not in client.cookies or not client.cookies["invitation"].value, "ended when used"
    assert client.get("/join/").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_an_account_without_a_second_factor_sets_one_up_and_then_joins(
    house: House, settings: Settings
) -> None:
    """The set-up leads on to the first page, and that to the invitation."""
    settings.MFA_REQUIRED = True
    client = opened(f"/join/?invitation={token_for(house, house.outsider.email)}")
    form = {"login": house.outsider.email, "password": PASSWORD}
    client.post("/accounts/login/?next=/join/", form)
    assert client.get("/join/").url == "/accounts/2fa/"
    page = client.get("/accounts/2fa/totp/activate/")
    made = client.post("/accounts/2fa/totp/activate/", {"code": code(page.context["form"].secret)})
    assert made.status_code == 302
    assert client.get("/").url == "/join/"
    assert accept(client).status_code == 302
    assert Membership.objects.filter(user=house.outsider).count() == 2


def test_an_account_made_meanwhile_is_not_taken_over(house: House) -> None:
    """The form of a new account was open when somebody else made the account."""
    client = opened(f"/join/?invitation={token_for(house, 'new@example.org')}")
    assert "password" in client.get("/join/").content.decode()
    User.objects.create_user("new@example.org", PASSWORD)
    assert accept(client, **FORM).status_code == 403
    assert User.objects.get(email="new@example.org").check_password(PASSWORD)


@pytest.mark.parametrize("role", [Role.NURSE, Role.AUDITOR])
def test_whoever_joins_has_the_role_of_the_invitation(house: House, role: Role) -> None:
    """What a form adds is not heard."""
    _, token = invite_member(
        clinic=house.clinic, email="n@example.org", role=role, actor_id=house.administrator.id, now=house.now
    )
    extra = {"role": "administrator", "email": house.administrator.email, "clinic": str(house.elsewhere.id)}
    accept(opened(f"/join/?invitation={token}"), **FORM, **extra)
    membership = Membership.objects.get(user__email="n@example.org")
    assert (membership.role, membership.clinic) == (role, house.clinic)


def test_a_second_factor_comes_right_after_joining_where_one_is_required(
    house: House, settings: Settings
) -> None:
    settings.MFA_REQUIRED = True
    client = opened(f"/join/?invitation={token_for(house, 'new@example.org')}")
    assert accept(client, **FORM).url == "/"
    assert client.get("/", follow=True).redirect_chain[-1][0] == "/accounts/2fa/"
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200, "without the password once more"


def test_somebody_else_who_is_signed_in_signs_out_and_goes_on(house: House) -> None:
    client = sign_in(house.nurse)
    page = client.get(f"/join/?invitation={token_for(house, house.outsider.email)}", follow=True)
    assert "for somebody else" in page.content.decode()
    assert client.get("/").url != "/join/", "it is not theirs"
    assert client.post("/accounts/logout/", {"next": "/join/"}).url == "/join/"
    assert client.get("/join/").context["invitation"].email == house.outsider.email


@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_a_link_writes_nothing_and_leads_to_an_address_without_it(
    house: House, method: str, django_assert_num_queries: Any
) -> None:
    """A mail scanner may look: it reads the invitation, and nothing else is asked of the database."""
    token = token_for(house, "new@example.org")
    client = Client()
    with django_assert_num_queries(1) as asked:
        answer = getattr(client, method)(f"/join/?invitation={token}")
    assert asked.captured_queries[0]["sql"].startswith("SELECT")
    assert (answer.status_code, answer.url) == (302, "/join/")
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]
    (name,) = answer.cookies
    cookie = answer.cookies[name]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert 0 < cookie["max-age"] <= timedelta(hours=2).total_seconds()
    assert token not in client.get("/join/").content.decode()


def test_a_second_link_replaces_the_first_and_no_form_of_the_first_accepts_it(house: House) -> None:
    client = opened(f"/join/?invitation={token_for(house, 'first@example.org')}")
    first = str(client.get("/join/").context["invitation"].ref)
    client.get(f"/join/?invitation={token_for(house, 'second@example.org')}")
    answer = client.post("/join/", {"invitation": first, **FORM}, follow=True)
    assert "Another invitation was opened in this browser" in answer.content.decode()
    assert answer.context["invitation"].email == "second@example.org"
    assert not User.objects.filter(email__in=["first@example.org", "second@example.org"]).exists()


def test_a_link_that_opens_nothing_leaves_what_was_opened_before(house: House) -> None:
    client = opened(f"/join/?invitation={token_for(house, 'first@example.org')}")
    assert client.get("/join/?invitation=guessed").status_code == 404
    assert client.get("/join/").context["invitation"].email == "first@example.org"


def test_without_the_cookie_there_is_a_page_that_says_what_to_do(house: House) -> None:
    forged = Client()
    forged.cookies["invitation"] = token_for(house, "new@example.org")
    for client in (Client(), forged):
        for answer in (client.get("/join/"), client.post("/join/", FORM)):
            assert answer.status_code == 403
            assert "Open the link in the e-mail once more" in answer.content.decode()


def test_an_invitation_taken_back_meanwhile_is_closed(house: House) -> None:
    client = opened(f"/join/?invitation={token_for(house, 'new@example.org')}")
    ref = client.get("/join/").context["invitation"].ref
    revoke_invitation(clinic=house.clinic, invitation_ref=ref, actor_id=house.administrator.id, now=house.now)
    assert client.post("/join/", {"invitation": str(ref), **FORM}).status_code == 404
    assert client.get("/join/").status_code == 403


def test_whoever_is_invited_may_lay_it_aside(house: House) -> None:
    token = token_for(house, house.outsider.email)
    client = sign_in(house.outsider)
    client.get(f"/join/?invitation={token}")
    assert client.get("/").url == "/join/"
    assert client.post("/join/", {"later": "1"}).url == "/"
    assert client.get("/").url != "/join/"
    assert client.get(f"/join/?invitation={token}").status_code == 302, "the link still opens"
