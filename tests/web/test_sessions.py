"""Sessions end when they must: too old, revoked, signed out elsewhere, left the clinic; each test with two browsers."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django_htmx.middleware import HtmxDetails
from pytest_django import Settings

from clinic.audit import recording
from clinic.domain.roles import Role
from clinic.models import Membership, User
from clinic.services.accounts import change_membership
from tests.factories import PASSWORD, House
from tests.second_factors import sign_in
from web.access import ClinicRequest, recently_authenticated
from web.browsers import browser_words
from web.session_ends import SIGNED_IN_AT

Url = Callable[..., str]
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0 Safari/537.36"


def is_in(client: Client, url: Url) -> bool:
    return client.get(url("patients")).status_code == 200


def leave(house: House) -> None:
    change_membership(
        clinic=house.clinic,
        membership_id=Membership.objects.get(user=house.nurse, clinic=house.clinic).id,
        role=Role.NURSE,
        is_active=False,
        actor_id=house.administrator.id,
        now=house.now,
    )


def test_leaving_a_clinic_ends_every_session_at_once(house: House, url: Url) -> None:
    house.join_also(house.nurse, house.elsewhere)
    one, two, other = sign_in(house.nurse), sign_in(house.nurse), sign_in(house.administrator)
    leave(house)
    for client in (one, two):
        answer = client.get(f"/c/{house.elsewhere.slug}/patients/")
        assert answer.url.startswith("/accounts/login/"), "also where the person still works"
        assert client.post("/still-here/").status_code == 401
    assert is_in(other, url)


def test_leaving_that_is_not_kept_ends_nothing(house: House, url: Url) -> None:
    client = sign_in(house.nurse)
    with transaction.atomic():
        leave(house)
        transaction.set_rollback(True)
    assert is_in(client, url)


def test_an_account_that_is_closed_is_out_at_once(house: House, url: Url) -> None:
    one, two = sign_in(house.nurse), sign_in(house.nurse)
    with recording(actor_id=None, reason="account closed"):
        User.objects.filter(pk=house.nurse.pk).update(is_active=False)
    assert not is_in(one, url)
    assert not is_in(two, url)


def test_a_session_ends_after_twelve_hours_whatever_one_does(
    house: House, url: Url, settings: Settings
) -> None:
    client = sign_in(house.nurse)
    session = client.session
    began = session[SIGNED_IN_AT]
    assert time.time() - began < 60
    session[SIGNED_IN_AT] = began - settings.SESSION_ABSOLUTE_SECONDS + 60
    session.save()
    assert is_in(client, url)
    session[SIGNED_IN_AT] = began - settings.SESSION_ABSOLUTE_SECONDS - 1
    session.save()
    part = client.get(url("worklist"), headers={"HX-Request": "true"})
    assert part.status_code == 401
    assert not is_in(client, url)
    assert client.post("/still-here/").status_code == 401
    answer = client.post("/accounts/login/", {"login": house.nurse.email, "password": PASSWORD})
    assert answer.status_code == 302
    assert is_in(client, url)


def test_the_list_names_each_browser_and_ends_one(house: House, url: Url) -> None:
    here = sign_in(house.nurse)
    there = sign_in(house.nurse, headers={"User-Agent": CHROME})
    foreign = sign_in(house.administrator)
    page = here.get("/accounts/sessions/").content.decode()
    assert "Chrome on Windows" in page
    assert page.count("this one") == 1
    session = UserSession.objects.get(user=house.nurse, user_agent=CHROME)
    assert foreign.post(f"/accounts/sessions/{session.pk}/end/").status_code == 404
    assert is_in(there, url)
    here.post(f"/accounts/sessions/{session.pk}/end/")
    assert not is_in(there, url)
    assert is_in(here, url)


@pytest.mark.parametrize("here_too", [False, True])
def test_signing_out_everywhere(house: House, url: Url, here_too: bool) -> None:
    here, there = sign_in(house.nurse), sign_in(house.nurse)
    UserSession.objects.filter(user=house.nurse).delete()  # of a session that no list knows
    here.post("/accounts/sessions/end/", {"here": "yes"} if here_too else {})
    assert not is_in(there, url)
    assert is_in(here, url) is not here_too
    if not here_too:
        assert "this one" in here.get("/accounts/sessions/").content.decode()


def test_a_new_password_ends_the_other_sessions(house: House, url: Url) -> None:
    here, there = sign_in(house.nurse), sign_in(house.nurse)
    new = "another-long-secret"
    here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert is_in(here, url)
    assert not is_in(there, url)


def test_signing_out_leaves_no_session_behind(house: House) -> None:
    client = sign_in(house.nurse)
    key = client.session.session_key
    client.post("/accounts/logout/")
    assert not Session.objects.filter(session_key=key).exists()


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (CHROME, "Chrome on Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari on iPhone",
        ),
        ("curl/8.5", "curl/8.5"),
        ("", "unknown program"),
    ],
)
def test_a_browser_is_named_as_far_as_it_says_so(user_agent: str, words: str) -> None:
    assert browser_words(user_agent) == words


def signing_page(client: Client, user: User, method: str, **headers: str) -> HttpResponse:
    """What a page of a sensitive act answers to the person at this browser."""

    @recently_authenticated
    def page(request: ClinicRequest) -> HttpResponse:
        return HttpResponse("signed")

    request: HttpRequest = getattr(RequestFactory(headers=headers), method)("/c/x/sign/?of=1")
    request.session, request.user = client.session, user
    request.htmx = HtmxDetails(request)  # type: ignore[attr-defined]
    return page(request)  # type: ignore[return-value]


def test_a_sensitive_act_asks_again_after_five_minutes(house: House) -> None:
    client = sign_in(house.nurse)
    assert signing_page(client, house.nurse, "get").content == b"signed"
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 301
    session.save()
    asked = signing_page(client, house.nurse, "get")
    assert asked["Location"] == "/accounts/reauthenticate/?next=%2Fc%2Fx%2Fsign%2F%3Fof%3D1"
    assert signing_page(client, house.nurse, "post").status_code == 302
    part = signing_page(client, house.nurse, "post", **{"HX-Request": "true"})
    assert part["HX-Redirect"].startswith("/accounts/reauthenticate/")
    client.post("/accounts/reauthenticate/", {"password": "wrong"})
    assert signing_page(client, house.nurse, "get").status_code == 302
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert signing_page(client, house.nurse, "post").content == b"signed"


def test_the_clock_of_a_session_of_before_begins_when_it_is_seen(house: House, url: Url) -> None:
    client = sign_in(house.nurse)
    session = client.session
    del session[SIGNED_IN_AT]
    session.save()
    assert is_in(client, url)
    assert datetime.fromtimestamp(client.session[SIGNED_IN_AT], UTC) <= datetime.now(UTC)


def test_whoever_was_signed_out_over_a_page_reads_that_it_comes_back(url: Url) -> None:
    words = "your page opens again"
    assert words in Client().get(url("patient_new"), follow=True).content.decode()
    for elsewhere in (
        "/accounts/login/",
        "/accounts/login/?next=/join/",
        "/accounts/login/?next=https://x.org/c/",
    ):
        assert words not in Client().get(elsewhere).content.decode()
