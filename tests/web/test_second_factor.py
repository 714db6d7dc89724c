"""Second factors: required before anything is seen, encrypted at rest, and never to be got round."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.test import Client
from django.urls import get_resolver, reverse
from pytest_django import Settings

from clinic.models import User
from scheduling.services.sweeps import run_everything
from tests.factories import PASSWORD, House, make_clinic, make_running_pump
from tests.second_factors import code, give_app, sign_in
from web.second_factor import SecondFactorAdapter

Url = Callable[..., str]
SETUP = "/accounts/2fa/"


@pytest.fixture
def required(settings: Settings) -> None:
    settings.MFA_REQUIRED = True


def set_up_app(client: Client) -> str:
    """Through the pages, as a person does; the app's secret."""
    page = client.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    answer = client.post("/accounts/2fa/totp/activate/", {"code": code(secret)})
    assert answer.status_code == 302, answer.content
    return str(secret)


def test_without_one_there_is_only_the_page_to_set_one_up(house: House, required: None, url: Url) -> None:
    client = sign_in(house.administrator)
    implant = make_running_pump(house)
    for page in ("/", "/clinics/", url("patients"), url("patient", ref=implant.patient.ref), "/admin/"):
        assert client.get(page).url == SETUP, page
    assert client.post(url("closure_new"), {"closed_on": "2030-01-01"}).url == SETUP
    part = client.get(url("worklist"), headers={"HX-Request": "true"})
    assert (part.status_code, part["HX-Redirect"], part.content) == (403, SETUP, b"")
    answer = client.get(f"/api/v1/clinics/{house.clinic.slug}/forecasts")
    assert (answer.status_code, list(answer.json())) == (403, ["detail"])
    assert client.get("/accounts/password/change/").url == SETUP
    page = client.get(SETUP).content.decode()
    assert "This installation requires one" in page
    assert house.clinic.name not in page


def test_every_address_is_shut_to_a_session_without_one(house: House, required: None) -> None:
    """What the list of open pages does not name is shut, whatever is added later."""
    client = sign_in(house.administrator)
    opened = set()
    for pattern in get_resolver().url_patterns:
        for name, address in addresses(pattern, house):
            answer = client.get(address)
            if not (answer.status_code == 403 or getattr(answer, "url", "") == SETUP):
                opened.add(name)
    assert opened <= {
        *("healthz", "readyz", "metrics", "robots", "still_here"),
        *("account_login", "account_logout", "account_inactive", "account_reauthenticate"),
        *("mfa_index", "mfa_activate_totp", "mfa_add_webauthn"),
    }


def addresses(pattern: object, house: House, before: str = "/") -> list[tuple[str, str]]:
    """Every address below a pattern, with something in the place of each variable."""
    if hasattr(pattern, "url_patterns"):
        here = before + filled(str(pattern.pattern), house)  # type: ignore[attr-defined]
        return [pair for each in pattern.url_patterns for pair in addresses(each, house, here)]
    return [(str(pattern.name), before + filled(str(pattern.pattern), house))]  # type: ignore[attr-defined]


def filled(route: str, house: House) -> str:
    for kind, value in (
        ("slug:clinic_slug", house.clinic.slug),
        ("uuid:[a-z_]+", "11111111-1111-4111-8111-111111111111"),
        ("int:[a-z_]+", "1"),
        ("[a-z]+:[a-z_]+|[a-z_]+", "x"),
    ):
        route = re.sub(f"<(?:{kind})>", value, route)
    return "password/reset/key/1-x/" if "uidb36" in route else "x" if "(" in route else route


@pytest.mark.django_db(transaction=True)
def test_setting_one_up_opens_the_pages_and_ends_other_sessions(required: None) -> None:
    house = make_clinic()
    here, elsewhere = sign_in(house.nurse), sign_in(house.nurse)
    set_up_app(here)
    codes = here.get("/accounts/2fa/recovery-codes/").content.decode()
    assert len(re.findall(r"<code>\d{8}</code>", codes)) == 10
    assert "<code>" not in here.get("/accounts/2fa/recovery-codes/").content.decode(), "shown once"
    assert here.get(f"/c/{house.clinic.slug}/worklist/").status_code == 200
    assert elsewhere.get("/clinics/").url.startswith("/accounts/login/")


def test_a_person_signs_in_with_the_apps_code(house: House, required: None, url: Url) -> None:
    secret = give_app(house.nurse)
    client = Client()
    client.post("/accounts/login/", {"login": house.nurse.email, "password": PASSWORD})
    assert client.get(url("patients")).url.startswith("/accounts/login/"), "half signed in is not signed in"
    wrong = client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert "Incorrect code" in wrong.content.decode()
    now = code(secret)
    assert client.post("/accounts/2fa/authenticate/", {"code": now}).status_code == 302
    assert client.get(url("patients")).status_code == 200
    again = Client()
    again.post("/accounts/login/", {"login": house.nurse.email, "password": PASSWORD})
    replayed = again.post("/accounts/2fa/authenticate/", {"code": now})
    assert "Incorrect code" in replayed.content.decode(), "a code works once"


def test_a_recovery_code_works_once(house: House, required: None, url: Url) -> None:
    give_app(house.nurse)
    first = RecoveryCodes.activate(house.nurse).get_unused_codes()[0]
    for expected in (302, 200):
        client = Client()
        client.post("/accounts/login/", {"login": house.nurse.email, "password": PASSWORD})
        assert client.post("/accounts/2fa/authenticate/", {"code": first}).status_code == expected


def test_no_factor_stands_in_for_another(house: House, required: None, url: Url) -> None:
    """A14: every combination of what may be sent to the door; only password and then code opens it."""
    secret = give_app(house.nurse)
    for password, sent, where in product(
        (PASSWORD, "wrong", "", None), ("right", "000000", "", None), ("login", "authenticate")
    ):
        if (password, where) == (PASSWORD, "authenticate") and sent == "right":
            continue
        client = Client()
        form = {"login": house.nurse.email, "password": password, "code": sent, "credential": "{}"}
        if sent == "right":
            form["code"] = code(secret)
        form = {name: value for name, value in form.items() if value is not None}
        path = {"login": "/accounts/login/", "authenticate": "/accounts/2fa/authenticate/"}[where]
        client.post(path, form)
        assert client.get(url("patients")).status_code == 302, (password, sent, where)


def test_a_session_that_did_not_use_the_factor_is_sent_to_the_door(
    house: House, required: None, url: Url
) -> None:
    client = sign_in(house.nurse)
    give_app(house.nurse)
    assert client.get(SETUP).url.startswith("/accounts/login/")
    assert client.get(url("patients")).url.startswith("/accounts/login/")


def test_secrets_are_never_in_clear_and_outlive_a_change_of_keys(house: House, settings: Settings) -> None:
    secret = give_app(house.nurse)
    row = Authenticator.objects.get(user=house.nurse)
    assert secret not in str(row.data)
    old, new = settings.SECOND_FACTOR_KEYS[0], Fernet.generate_key().decode()
    settings.SECOND_FACTOR_KEYS = [new, old]
    assert row.wrap().validate_code(code(secret))
    call_command("encrypt_second_factors")
    settings.SECOND_FACTOR_KEYS = [new]
    row.refresh_from_db()
    assert SecondFactorAdapter().decrypt(row.data["secret"]) == secret


def test_a_lost_key_refuses_codes_and_stops_nothing_else(
    house: House, required: None, settings: Settings, nurse: Client, url: Url
) -> None:
    secret = give_app(house.nurse)
    settings.SECOND_FACTOR_KEYS = [Fernet.generate_key().decode()]
    client = Client()
    client.post("/accounts/login/", {"login": house.nurse.email, "password": PASSWORD})
    answer = client.post("/accounts/2fa/authenticate/", {"code": code(secret)})
    assert "Incorrect code" in answer.content.decode()
    make_running_pump(house)
    run_everything(now=house.now)
    settings.SECOND_FACTOR_KEYS = []
    with pytest.raises(ImproperlyConfigured):
        SecondFactorAdapter().encrypt(secret)


@pytest.mark.django_db(transaction=True)
def test_the_only_factor_stays_where_one_is_required(required: None) -> None:
    house = make_clinic()
    secret = give_app(house.nurse)
    client = sign_in(house.nurse, secret)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert "only second factor" in client.post("/accounts/2fa/totp/deactivate/").content.decode()
    assert Authenticator.objects.filter(user=house.nurse, type="totp").exists()


def test_changing_a_factor_asks_for_the_password_again(house: House, settings: Settings) -> None:
    secret = give_app(house.nurse)
    client = sign_in(house.nurse, secret)
    for name in ("mfa_deactivate_totp", "mfa_generate_recovery_codes", "mfa_add_webauthn"):
        assert client.get(reverse(name)).url.startswith("/accounts/reauthenticate/"), name


def test_each_way_to_confirm_is_sent_to_its_own_address(house: House) -> None:
    client = sign_in(house.nurse, give_app(house.nurse))
    for name in ("account_reauthenticate", "mfa_reauthenticate"):
        assert f'<form method="post" action="{reverse(name)}"' in client.get(reverse(name)).content.decode()


def test_somebody_who_lost_everything_is_helped_by_the_operator(
    house: House, required: None, url: Url
) -> None:
    secret = give_app(house.nurse)
    client = sign_in(house.nurse, secret)
    call_command("reset_second_factor", house.nurse.email, reason="telephone stolen")
    assert not Authenticator.objects.filter(user=house.nurse).exists()
    assert client.get(url("patients")).url.startswith("/accounts/login/")
    history = User.objects.get(pk=house.nurse.pk).history.order_by("-pgh_id").first()
    assert history.pgh_context.metadata["reason"] == "second factor reset: telephone stolen"


def test_without_the_requirement_nobody_is_asked(house: House, url: Url) -> None:
    assert sign_in(house.nurse).get(url("patients")).status_code == 200
