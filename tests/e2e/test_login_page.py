"""The door: signing in works in a real browser, and nobody signs up alone."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from clinic.domain.entries import ClinicEntry
from clinic.services.accounts import found_clinic
from tests.e2e.conftest import PHONE

EMAIL, PASSWORD = "admin@example.org", "correct horse battery"


@pytest.fixture
def clinic(live_app: str) -> None:
    found_clinic(
        entry=ClinicEntry(name="North", time_zone="Europe/Madrid"),
        admin_email=EMAIL,
        admin_password=PASSWORD,
        admin_name="Ada",
        now=datetime.now(UTC),
    )


@pytest.mark.parametrize("turn", [1, 2])
def test_a_member_signs_in(clinic: None, page: Page, sign_in: Callable[..., None], turn: int) -> None:
    sign_in(page, EMAIL, PASSWORD)
    assert "/accounts/login" not in page.url


def test_a_wrong_password_is_told_at_the_form(clinic: None, page: Page) -> None:
    page.goto("/accounts/login/")
    page.locator("input[name=login]").fill(EMAIL)
    page.locator("input[name=password]").fill("wrong")
    page.locator("input[name=password]").press("Enter")
    expect(page.locator("form").first).to_contain_text("not correct")


def test_the_sign_in_page_is_accessible_on_a_phone(
    new_page: Callable[..., Page], assert_accessible: Callable[[Page], None]
) -> None:
    page = new_page(viewport=PHONE)
    page.goto("/accounts/login/")
    assert_accessible(page)


def test_nobody_signs_up_alone(page: Page) -> None:
    page.goto("/accounts/signup/")
    expect(page.locator("input[name=password1]")).to_have_count(0)
