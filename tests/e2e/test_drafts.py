"""A half-written form outlives the end of a session, for the person who wrote it and for nobody else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from clinic.services.accounts import end_sessions
from tests.e2e.conftest import served
from tests.factories import PASSWORD, House, make_clinic

DRAFT = "window.sessionStorage.getItem('refillwise-draft')"


@pytest.fixture
def house(live_app: str) -> House:
    return make_clinic(now=datetime.now(UTC))


@pytest.fixture(scope="module")
def impatient_web(
    django_db_setup: None, broker_address: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """An application whose sessions end after 12 idle seconds."""
    with served(broker_address, tmp_path_factory.mktemp("web"), SESSION_IDLE_SECONDS="12") as address:
        yield address


def give_password(page: Page, email: str) -> None:
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")


def wait_until_kept(page: Page) -> None:
    """Not ``wait_for_function``, which the content policy forbids."""
    for _ in range(60):
        if page.evaluate(DRAFT):
            return
        page.wait_for_timeout(100)
    raise AssertionError("no draft was kept")


def write_half(page: Page, house: House) -> None:
    page.goto("/accounts/login/")
    give_password(page, house.nurse.email)
    page.wait_for_url("**/worklist/")
    page.goto(f"/c/{house.clinic.slug}/patients/new/")
    page.get_by_label("Last name").fill("Łukasiewicz")
    page.get_by_label("First name").fill("Ursula")
    page.get_by_label("Notes").press_sequentially("has a dog")
    wait_until_kept(page)


def expect_back(page: Page) -> None:
    page.wait_for_url(re.compile(r"^[^?]*/patients/new/"))
    expect(page.locator("#draft-note")).to_be_visible()
    expect(page.get_by_label("Last name")).to_have_value("Łukasiewicz")
    expect(page.get_by_label("Notes")).to_have_value("has a dog")


def test_what_was_typed_is_back_after_the_idle_time_out(
    impatient_web: str, new_page: Callable[..., Page], house: House, assert_accessible: Callable[[Page], None]
) -> None:
    page = new_page(base_url=impatient_web)
    write_half(page, house)
    page.wait_for_url("**/accounts/login/**", timeout=40_000)
    kept = page.evaluate(DRAFT)
    assert "dog" not in kept
    assert "ukasiewicz" not in kept
    assert page.evaluate("window.localStorage.length") == 0
    give_password(page, house.nurse.email)
    expect_back(page)
    assert_accessible(page)


def test_a_form_sent_after_the_session_has_ended_comes_back_and_is_saved(page: Page, house: House) -> None:
    write_half(page, house)
    end_sessions(user_id=house.nurse.id, actor_id=None, reason="test")
    page.get_by_role("button", name="Save").first.click()
    page.wait_for_url("**/accounts/login/**")
    give_password(page, house.nurse.email)
    expect_back(page)
    page.get_by_label("MRN").fill("A1")
    page.get_by_label("Date of birth").fill("1961-05-04")
    page.get_by_role("button", name="Save").first.click()
    page.wait_for_url(lambda url: "/patients/new/" not in url)
    assert page.evaluate(DRAFT) is None, "saved: nothing is left"


def test_it_comes_back_too_when_one_signed_in_in_another_tab(page: Page, house: House) -> None:
    write_half(page, house)
    end_sessions(user_id=house.nurse.id, actor_id=None, reason="test")
    page.get_by_role("button", name="Save").first.click()
    page.wait_for_url("**/accounts/login/**")
    other = page.context.new_page()
    other.goto("/accounts/login/")
    give_password(other, house.nurse.email)
    other.wait_for_url("**/worklist/")
    assert other.evaluate(DRAFT) is None, "each tab has its own"
    page.goto(f"/c/{house.clinic.slug}/patients/new/")
    expect_back(page)


def test_whoever_sits_down_next_finds_nothing(page: Page, house: House) -> None:
    write_half(page, house)
    end_sessions(user_id=house.nurse.id, actor_id=None, reason="test")
    page.get_by_role("button", name="Save").first.click()
    page.wait_for_url("**/accounts/login/**")
    give_password(page, house.administrator.email)
    page.wait_for_url(re.compile(r"^[^?]*/patients/new/"))
    assert page.evaluate(DRAFT) is None
    expect(page.get_by_label("Last name")).to_have_value("")
    expect(page.locator("#draft-note")).to_be_hidden()


def test_signing_out_and_going_elsewhere_drop_it(page: Page, house: House) -> None:
    write_half(page, house)
    page.goto(f"/c/{house.clinic.slug}/patients/")
    assert page.evaluate(DRAFT) is None
    page.goto(f"/c/{house.clinic.slug}/patients/new/")
    page.get_by_label("Last name").fill("Ode")
    wait_until_kept(page)
    page.get_by_role("button", name=re.compile("Nora")).click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/**")
    assert page.evaluate(DRAFT) is None
