"""Accepting an invitation to the end, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from clinic.domain.roles import Role
from clinic.models import Membership
from clinic.services.accounts import invite_member
from tests.e2e.conftest import PHONE
from tests.factories import PASSWORD, House, make_clinic
from tests.second_factors import code, give_app


@pytest.fixture
def house(live_app: str) -> House:
    return make_clinic(now=datetime.now(UTC))


def link(house: House, email: str, role: Role) -> str:
    _, token = invite_member(
        clinic=house.clinic, email=email, role=role, actor_id=house.administrator.id, now=house.now
    )
    return f"/join/?invitation={token}"


def test_somebody_new_joins_on_a_telephone(
    house: House, new_page: Callable[..., Page], assert_accessible: Callable[[Page], None]
) -> None:
    page = new_page(viewport=PHONE)
    page.goto(link(house, "nina@example.org", Role.SCHEDULER))
    page.get_by_label("Your name").fill("Nina New")
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Accept and sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Password").fill("a-long-enough-secret")
    page.get_by_role("button", name="Accept and sign in").click()
    page.wait_for_url(f"**/c/{house.clinic.slug}/worklist/")
    expect(page.get_by_text(f"Welcome to {house.clinic.name}")).to_be_visible()
    assert Membership.objects.get(user__email="nina@example.org").role == Role.SCHEDULER


def test_somebody_with_an_account_joins_by_signing_in_to_it(
    house: House, page: Page, assert_accessible: Callable[[Page], None]
) -> None:
    page.goto(link(house, house.outsider.email, Role.NURSE))
    assert_accessible(page)
    page.get_by_role("link", name="Sign in").click()
    page.locator("input[name=login]").fill(house.outsider.email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    assert_accessible(page)
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("heading", name="Your clinics")).to_be_visible()
    assert Membership.objects.filter(user=house.outsider).count() == 2


def test_without_javascript_the_link_leaves_the_address_and_leads_through_the_sign_in(
    house: House, new_page: Callable[..., Page]
) -> None:
    secret = give_app(house.outsider)
    page = new_page(java_script_enabled=False)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    address = link(house, house.outsider.email, Role.NURSE)
    page.goto(address)
    assert page.url.endswith("/join/")
    page.get_by_role("link", name="Sign in").click()
    page.locator("input[name=login]").fill(house.outsider.email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.locator("input[name=code]").fill(code(secret))
    page.locator("input[name=code]").press("Enter")
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("heading", name="Your clinics")).to_be_visible()
    token = address.partition("=")[2]
    assert [url for url in asked if token in url] == [asked[0]]
    assert "invitation" not in {each["name"] for each in page.context.cookies()}
