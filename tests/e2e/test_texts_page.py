"""Texts from patients in a real browser, on a desk's screen and on a phone's."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import DESK, PHONE
from tests.factories import PASSWORD, House, make_clinic
from tests.texts import text, texter

OTHER = "+13125550143"


@pytest.fixture
def house(transactional_db: None) -> House:
    """A clinic with a text that needs reading, one of a shared number, a stop, and one that was answered."""
    house = make_clinic()
    texter(house, last_name="Ode")
    for name in ("Poe", "Roe"):
        texter(house, last_name=name, number=OTHER)
    said = ["C", "My wound is red and I have a temperature, should I come?", "STOP", "HELP"]
    for minutes, (number, body) in enumerate(zip((OTHER, "", "", ""), said, strict=True)):
        text(house, body, **({"number": number} if number else {}), at=house.now + timedelta(minutes=minutes))
    return house


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_a_nurse_reads_a_text_and_puts_it_away(
    house: House,
    new_page: Callable[..., Page],
    sign_in: Callable[[Page, str, str], None],
    assert_accessible: Callable[[Page], None],
    viewport: dict[str, int],
) -> None:
    page = new_page(viewport=viewport)
    sign_in(page, house.nurse.email, PASSWORD)
    page.goto(f"/c/{house.clinic.slug}/messages/")
    _picture(page, f"messages-{viewport['width']}")
    page.get_by_role("link", name="3 new texts from patients").click()
    assert_accessible(page)
    _picture(page, f"texts-{viewport['width']}")
    expect(page.get_by_text("several people’s")).to_be_visible()
    text_line = page.get_by_role("listitem").filter(has_text="My wound is red")
    text_line.get_by_role("button", name="Dealt with").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Marked as dealt with")).to_be_visible()
    expect(page.get_by_text("My wound is red")).to_have_count(0)
    page.get_by_role("link", name="All", exact=True).click()
    expect(page.get_by_text("My wound is red")).to_be_visible()
    _picture(page, f"texts-all-{viewport['width']}")
    assert_accessible(page)
    page.get_by_role("link", name="Ode, Ursula").first.click()
    page.goto(page.url.rstrip("/") + "/details/")
    expect(page.get_by_text("said stop,")).to_be_visible()
    assert_accessible(page)
    _picture(page, f"details-{viewport['width']}")
    page.get_by_role("link", name="Lift the stop").click()
    assert_accessible(page)
    _picture(page, f"lift-{viewport['width']}")


def _picture(page: Page, name: str) -> None:
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
