"""Second factors in a real browser: an app's code, and passkeys by a virtual authenticator."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import CDPSession, Page, expect

from clinic.domain.entries import ClinicEntry
from clinic.services.accounts import found_clinic
from tests.e2e.conftest import PHONE, served
from tests.second_factors import code

EMAIL, PASSWORD = "admin@example.org", "correct horse battery"


@pytest.fixture(scope="module")
def required_web(
    django_db_setup: None, broker_address: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The application of the hospital: nobody without a second factor."""
    with served(broker_address, tmp_path_factory.mktemp("web"), MFA_REQUIRED="true") as address:
        yield address


@pytest.fixture
def door(required_web: str, transactional_db: None, new_page: Callable[..., Page]) -> Callable[..., Page]:
    """A page of a new profile at the hospital's application, where Ada administers a clinic."""
    found_clinic(
        entry=ClinicEntry(name="North", time_zone="Europe/Madrid"),
        admin_email=EMAIL,
        admin_password=PASSWORD,
        admin_name="Ada",
        now=datetime.now(UTC),
    )
    return lambda **options: new_page(base_url=required_web, **options)


def give_password(page: Page) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def virtual_key(page: Page) -> CDPSession:
    """A screen lock that always agrees."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return session


def sign_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.locator("main").get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/**")


def test_somebody_sets_up_an_app_and_signs_in_with_it(
    door: Callable[..., Page], assert_accessible: Callable[[Page], None]
) -> None:
    page = door(viewport=PHONE)
    give_password(page)
    expect(page.get_by_role("alert")).to_contain_text("requires one")
    assert_accessible(page)
    page.get_by_role("link", name="Set up an app").click()
    assert_accessible(page)
    picture = page.get_by_role("img", name="QR code for the app")
    assert picture.evaluate("image => image.complete && image.naturalWidth") > 100, "the browser can draw it"
    secret = page.get_by_label("Or type this into the app").input_value()
    page.get_by_label("Authenticator code").fill(code(secret))
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    recovery = page.locator(".codes-plain code").first.inner_text()
    assert_accessible(page)
    page.get_by_role("link", name="I have kept them").click()
    page.wait_for_url("**/worklist/")
    sign_out(page)
    give_password(page)
    assert_accessible(page)
    page.get_by_label("Code of your authenticator app").fill("000000")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator(".error-summary").last).to_contain_text("Incorrect code")
    page.get_by_label("Code of your authenticator app").fill(recovery)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/worklist/")


def test_somebody_signs_in_with_a_passkey_alone(
    door: Callable[..., Page], assert_accessible: Callable[[Page], None]
) -> None:
    page = door()
    virtual_key(page)
    give_password(page)
    page.get_by_role("link", name="Add a passkey").click()
    assert_accessible(page)
    page.get_by_label("Name", exact=True).fill("Computer at the ward")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.get_by_role("link", name="I have kept them").click()
    page.wait_for_url("**/worklist/")
    sign_out(page)
    page.goto("/accounts/login/?next=/c/north/patients/")
    assert_accessible(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(re.compile(r"^[^?]*/patients/$"))
    page.goto("/accounts/2fa/webauthn/")
    expect(page.get_by_role("rowheader", name="Computer at the ward")).to_be_visible()
    sign_out(page)
    give_password(page)
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url("**/worklist/")


def test_a_browser_whose_passkey_fails_says_so(door: Callable[..., Page]) -> None:
    page = door()
    virtual_key(page)  # which holds nothing for this address
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("[data-passkey-failed]")).to_be_visible()
