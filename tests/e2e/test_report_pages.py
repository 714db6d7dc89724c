"""The reports in a real browser: accessible on a desk and on a phone, and whole on paper."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from scheduling.services.paper_lists import write_list_now
from tests.e2e.conftest import DESK, PHONE
from tests.factories import (
    PASSWORD,
    House,
    make_clinic,
    make_event,
    make_fill,
    make_implant,
    make_patient,
    make_program,
)

SignIn = Callable[[Page, str, str], None]
REPORTS = ("", "refills/", "pharmacy/", "discrepancies/", "outcomes/")


@pytest.fixture
def house(transactional_db: None) -> House:
    """A clinic with something in every report, and something in doubt."""
    house = make_clinic()
    for number, residual in enumerate(("25", "25.4", "31")):
        name = f"Featherstonehaugh-{number}"
        implant = make_implant(house, make_patient(house, last_name=name))
        newest = house.today - timedelta(days=176 - number * 40)
        make_program(house, implant, starts_on=newest - timedelta(days=100))
        make_fill(house, implant, filled_on=newest - timedelta(days=100))
        make_fill(house, implant, filled_on=newest, residual_ml=Decimal(residual))
        for days, score in ((400, "8"), (200, "6"), (10, "4")):
            on = house.today - timedelta(days=days)
            make_event(
                house,
                implant,
                kind="outcome_score",
                scale="Pain (0-10)",
                score=Decimal(score),
                occurred_on=on,
            )
    make_implant(house, make_patient(house, last_name="Doubt"))
    return house


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_every_report_is_accessible_and_fits_the_screen(
    house: House,
    new_page: Callable[..., Page],
    sign_in: SignIn,
    assert_accessible: Callable[[Page], None],
    viewport: dict[str, int],
) -> None:
    page = new_page(viewport=viewport)
    sign_in(page, house.nurse.email, PASSWORD)
    for name in REPORTS:
        answer = page.goto(f"/c/{house.clinic.slug}/reports/{name}")
        assert answer is not None
        assert answer.status == 200, name
        assert_accessible(page)


def test_a_nurse_goes_from_report_to_report_and_to_a_patient(
    still: None, house: House, page: Page, sign_in: SignIn
) -> None:
    """Nobody is at work: the first paper list is written minutes after there is a clinic."""
    sign_in(page, house.nurse.email, PASSWORD)
    page.get_by_role("link", name="Reports").click()
    expect(page.get_by_text("There is no paper list yet.")).to_be_visible()
    page.get_by_role("link", name="Refills due").click()
    expect(page.get_by_role("img", name="Refills due in each of the next 26 weeks")).to_be_visible()
    page.get_by_role("link", name="Discrepancies").click()
    page.get_by_role("link", name="Flagged at the last refill (1)").click()
    page.get_by_text("1 refill", exact=True).click()
    expect(page.get_by_role("listitem").filter(has_text="volume off by over 2 mL")).to_be_visible()
    page.get_by_role("link", name="Featherstonehaugh-2").click()
    expect(page.get_by_role("heading", name="Featherstonehaugh-2, Ursula")).to_be_visible()


def test_the_week_of_the_pharmacy_is_chosen_with_the_keyboard(
    house: House, page: Page, sign_in: SignIn
) -> None:
    sign_in(page, house.nurse.email, PASSWORD)
    page.goto(f"/c/{house.clinic.slug}/reports/pharmacy/")
    week = page.get_by_role("navigation", name="Weeks").get_by_role("link").nth(3)
    week.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Weeks").get_by_role("link").nth(3)).to_have_attribute(
        "aria-current", "true"
    )


def test_the_paper_list_opens_from_a_disk_needs_nothing_else_and_prints(
    house: House, page: Page, assert_accessible: Callable[[Page], None], tmp_path: Path
) -> None:
    write_list_now(clinic_id=house.clinic.id, folder=tmp_path, now=house.now)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"file://{tmp_path}/latest.html")
    assert [address.partition(":")[0] for address in asked] == ["file"]
    expect(page.get_by_role("heading", name="No certain date (1)")).to_be_visible()
    expect(page.get_by_text("Featherstonehaugh-0, Ursula")).to_be_visible()
    assert_accessible(page)
    paper = page.pdf(prefer_css_page_size=True)
    assert paper.startswith(b"%PDF")
    page.set_viewport_size(PHONE)
    assert_accessible(page)
