"""Links to calendars and the export in a real browser, on a desk and on a phone; a patient's own calendar on a phone.

Set SHOTS to a folder to keep a picture of every page.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import ical
from tests.bookings import book, open_day
from tests.e2e.conftest import DESK, PHONE
from tests.factories import PASSWORD, House, make_clinic, make_patient, make_running_pump
from tests.patient_links import BORN_DAY, send_link

SignIn = Callable[[Page, str, str], None]
NewPage = Callable[..., Page]
Check = Callable[[Page], None]


@pytest.fixture
def house(transactional_db: None) -> House:
    house = make_clinic()
    for number in range(3):
        implant = make_running_pump(house, make_patient(house))
        book(house, implant.patient, on=open_day(house, 10), at=time(9 + number))
    return house


def keep(page: Page, name: str) -> None:
    if folder := os.environ.get("SHOTS"):
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)


def check(page: Page, name: str, assert_accessible: Check) -> None:
    keep(page, name)
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_a_link_is_made_copied_used_revoked_and_taken_back(
    house: House, new_page: NewPage, sign_in: SignIn, assert_accessible: Check, viewport: dict[str, int]
) -> None:
    page = new_page(viewport=viewport)
    sign_in(page, house.administrator.email, PASSWORD)
    page.goto(f"/c/{house.clinic.slug}/calendar/")
    page.get_by_role("link", name="Calendar links").click()
    check(page, "calendar-links-none", assert_accessible)
    page.get_by_label("Name", exact=False).first.fill("My phone")
    page.get_by_label("Initials: kind", exact=False).first.check()
    page.get_by_role("button", name="Make the link").press("Enter")
    expect(page.get_by_text("This address is shown only now.")).to_be_visible()
    check(page, "calendar-link-made", assert_accessible)
    address = page.get_by_label("For any calendar").input_value()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").press("Enter")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == address
    path = "/calendars/" + address.split("/calendars/")[1]
    assert len(ical.read(page.request.get(path).body()).events) == 3
    page.get_by_role("link", name="Done").click()
    check(page, "calendar-links", assert_accessible)
    page.get_by_role("button", name="Revoke My phone").press("Enter")
    expect(page.get_by_text("is revoked")).to_be_visible()
    assert ical.read(page.request.get(path).body()).events == ()
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page.get_by_text("works again")).to_be_visible()
    assert len(ical.read(page.request.get(path).body()).events) == 3


@pytest.mark.parametrize("form", ["ics", "csv"])
def test_an_export_says_how_many_and_is_downloaded_with_its_progress(
    house: House, page: Page, sign_in: SignIn, assert_accessible: Check, form: str
) -> None:
    sign_in(page, house.administrator.email, PASSWORD)
    page.goto(f"/c/{house.clinic.slug}/calendar/")
    page.get_by_role("link", name="Export").click()
    page.get_by_label("What").select_option("visits")
    page.get_by_label("Kind of file").select_option(form)
    page.get_by_role("button", name="Show how many").click()
    expect(page.get_by_text("3 entries.")).to_be_visible()
    check(page, "calendar-export", assert_accessible)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    content = Path(download.value.path()).read_bytes()
    assert download.value.suggested_filename.endswith(f".{form}")
    if form == "ics":
        assert len(ical.read(content).events) == 3
    else:
        assert len(content.decode().splitlines()) == 4
    expect(page.get_by_text("Done")).to_be_visible()
    assert page.locator("progress").evaluate("bar => bar.value") == 3


def test_a_patient_subscribes_on_a_phone_without_scripts(
    house: House, new_page: NewPage, assert_accessible: Check
) -> None:
    patient = make_patient(house, language="fr")
    visit = book(house, patient, on=open_day(house, 20))
    page = new_page(viewport=PHONE, java_script_enabled=False)
    page.goto(send_link(house, visit).address)
    page.locator("a[href$='/calendars']").click()
    keep(page, "patient-calendars")
    page.locator("#born_day").fill(str(BORN_DAY))
    page.get_by_role("button", name="Créer mon lien").click()
    keep(page, "patient-calendar-link")
    address = page.locator("#address").input_value()
    found = ical.read(page.request.get("/calendars/" + address.split("/calendars/")[1]).body())
    assert [event.start for event in found.events] == [visit.starts_at]
