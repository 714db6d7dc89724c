"""Booking, moving and ending visits in a real browser: by keyboard, on a phone, with the server's refusals.

Set SHOTS to a folder to keep a picture of every page.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from clinic.audit import recording
from clinic.models import Implant
from scheduling.models import FollowUp, Visit
from tests.bookings import add_nurse, book, nurse_of, open_day
from tests.e2e.conftest import DESK, PHONE
from tests.factories import PASSWORD, House, make_clinic, make_patient, make_running_pump

SignIn = Callable[[Page, str, str], None]
NewPage = Callable[..., Page]
Check = Callable[[Page], None]


@dataclass
class Desk:
    """A house with a patient whose pump is due soon, and a morning that is taken."""

    house: House
    implant: Implant
    refill: FollowUp
    day: date

    def url(self, path: str = "") -> str:
        return f"/c/{self.house.clinic.slug}/{path}"

    def booking(self, **query: object) -> str:
        said = {"patient": self.implant.patient.ref, **query}
        return self.url("visits/new/?") + "&".join(f"{name}={value}" for name, value in said.items())


@pytest.fixture
def desk(transactional_db: None) -> Desk:
    house = make_clinic()
    add_nurse(house, "Otto Other")
    implant = make_running_pump(
        house,
        make_patient(house, last_name="Ode", first_name="Ursula"),
        filled_on=house.today - timedelta(days=20),
        concentration="300",
    )
    refill = FollowUp.objects.get(implant=implant, row_key="refill", state="open")
    return Desk(house, implant, refill, open_day(house, 3))


@pytest.fixture
def shot() -> Callable[[Page, str], None]:
    """Keeps a picture where SHOTS names a folder for it."""

    def keep(page: Page, name: str) -> None:
        if folder := os.environ.get("SHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            width = page.viewport_size["width"] if page.viewport_size else 0
            page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)

    return keep


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there, as somebody without a mouse does."""
    for _ in range(150):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {selector}")


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_every_page_about_a_visit_is_accessible_and_fits_the_screen(
    desk: Desk,
    new_page: NewPage,
    sign_in: SignIn,
    assert_accessible: Check,
    shot: Callable[[Page, str], None],
    viewport: dict[str, int],
) -> None:
    page = new_page(viewport=viewport)
    sign_in(page, desk.house.nurse.email, PASSWORD)
    visit = book(desk.house, make_patient(desk.house, last_name="Sato"), on=desk.day, at=time(9))
    yesterday = book_yesterday(desk)
    pages = {
        "booking-whom": desk.url(f"visits/new/?on={desk.day}&at=11:00"),
        "booking-new": desk.booking(),
        "booking-pressed": desk.booking(on=desk.day, at="09:30"),
        "visit": desk.url(f"visits/{visit.ref}/"),
        "visit-move": desk.url(f"visits/{visit.ref}/move/"),
        "visit-cancel": desk.url(f"visits/{visit.ref}/cancel/"),
        "visit-done": desk.url(f"visits/{yesterday.ref}/done/"),
        "visit-past": desk.url(f"visits/{yesterday.ref}/"),
    }
    for name, path in pages.items():
        page.goto(path)
        shot(page, name)
        assert_accessible(page)
    page.goto(desk.booking())
    page.locator("button.slot").first.click()
    page.wait_for_url("**/held/**")
    shot(page, "booking-held")
    assert_accessible(page)
    page.get_by_role("button", name="Book this visit").click()
    page.wait_for_url("**/visits/*-*/")
    shot(page, "visit-booked")
    assert_accessible(page)


def book_yesterday(desk: Desk) -> Visit:
    """A visit whose day has passed and that nobody has closed."""
    day = desk.house.today - timedelta(days=1)
    patient = make_patient(desk.house, last_name="Past")
    visit = book(desk.house, patient, on=open_day(desk.house, 1), at=time(16))
    move_rows(visit, day)
    return visit


def move_rows(visit: Visit, day: date) -> None:
    """As if it had been booked for that day: time passes for nobody in a test."""
    delta = day - visit.local_on
    with recording(actor_id=None, reason="time passes"):
        visit.local_on = day
        visit.starts_at, visit.ends_at = visit.starts_at + delta, visit.ends_at + delta
        visit.save()


def test_a_visit_is_booked_from_the_work_list_with_the_keyboard_alone(
    desk: Desk, page: Page, sign_in: SignIn, shot: Callable[[Page, str], None]
) -> None:
    sign_in(page, desk.house.nurse.email, PASSWORD)
    page.goto(desk.url("worklist/"))
    tab_to(page, f"a[href*='visits/new/?patient={desk.implant.patient.ref}']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/visits/new/**")
    assert page.locator(f"input[type=checkbox][value='{desk.refill.ref}']").is_checked()
    tab_to(page, "button.slot")
    page.keyboard.press("Enter")
    page.wait_for_url("**/held/**")
    expect(page.get_by_role("button", name="Book this visit")).to_be_focused()
    expect(page.locator(".held-left")).to_contain_text("Held for you for another 9:5")
    page.keyboard.press("Enter")
    page.wait_for_url("**/worklist/**")
    expect(page.locator("#messages")).to_contain_text("Booked: Refill on")
    visit = Visit.objects.get(patient=desk.implant.patient, status="booked")
    assert desk.refill.id in visit.purposes.values_list("follow_up_id", flat=True)


def test_a_time_that_somebody_took_meanwhile_is_refused_with_the_next_free_ones(
    desk: Desk, page: Page, sign_in: SignIn, assert_accessible: Check, shot: Callable[[Page, str], None]
) -> None:
    sign_in(page, desk.house.nurse.email, PASSWORD)
    page.goto(desk.booking(nurse=nurse_of(desk.house).ref))
    first = page.locator("button.slot").first
    value = first.get_attribute("value") or ""
    other = make_patient(desk.house, last_name="First")
    on, at = date.fromisoformat(value[:10]), time.fromisoformat(value[11:16])
    book(desk.house, other, on=on, at=at, nurse_ref=nurse_of(desk.house).ref)
    first.click()
    refusal = page.locator(".error-summary")
    expect(refusal).to_contain_text("Nora Nurse has another visit at this time")
    expect(refusal).to_be_focused()
    shot(page, "booking-refused")
    assert_accessible(page)
    page.keyboard.press("Tab")
    tab_to(page, "button.slot")
    page.keyboard.press("Enter")
    page.wait_for_url("**/held/**")


def test_a_time_by_hand_is_judged_at_its_field_and_can_be_overbooked_by_name(
    desk: Desk, page: Page, sign_in: SignIn, assert_accessible: Check, shot: Callable[[Page, str], None]
) -> None:
    sign_in(page, desk.house.nurse.email, PASSWORD)
    nurse = nurse_of(desk.house)
    book(
        desk.house, make_patient(desk.house, last_name="First"), on=desk.day, at=time(10), nurse_ref=nurse.ref
    )
    page.goto(desk.booking(on=desk.day, at="10:00", nurse=nurse.ref))
    page.get_by_role("button", name="Hold this time").click()
    expect(page.locator("#id_local_at")).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".invalid-feedback").first).to_contain_text("Nora Nurse has another visit")
    assert page.locator("details button.slot").count() > 0
    shot(page, "booking-by-hand-refused")
    assert_accessible(page)
    page.get_by_label("Overbook, because").fill("withdrawal threatens")
    page.get_by_role("button", name="Hold this time").click()
    page.wait_for_url("**/held/**")
    page.get_by_role("button", name="Book this visit").click()
    expect(page.locator("main")).to_contain_text("withdrawal threatens")
    visit = Visit.objects.get(patient=desk.implant.patient, status="booked")
    assert (visit.local_on, visit.local_at, visit.override_by) == (desk.day, time(10), desk.house.nurse)


def test_a_held_time_can_be_let_go(desk: Desk, page: Page, sign_in: SignIn) -> None:
    sign_in(page, desk.house.nurse.email, PASSWORD)
    page.goto(desk.booking())
    page.locator("button.slot").first.click()
    page.wait_for_url("**/held/**")
    page.get_by_role("button", name="Let the time go").click()
    expect(page.locator("#messages")).to_contain_text("Nothing was booked")
    assert not Visit.objects.filter(patient=desk.implant.patient).exists()


def test_a_visit_is_moved_by_keyboard_and_moved_back(desk: Desk, page: Page, sign_in: SignIn) -> None:
    sign_in(page, desk.house.nurse.email, PASSWORD)
    visit = book(desk.house, desk.implant, on=desk.day, at=time(10))
    page.goto(desk.url(f"visits/{visit.ref}/"))
    tab_to(page, f"a[href$='{visit.ref}/move/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/move/")
    tab_to(page, "#id_local_at")
    page.keyboard.type("0200PM")
    tab_to(page, "button.btn-primary[type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/visits/{visit.ref}/")
    expect(page.locator("#messages")).to_contain_text("The visit is moved to")
    visit.refresh_from_db()
    assert visit.local_at == time(14)
    page.get_by_role("button", name="Move it back").click()
    expect(page.locator("#messages")).to_contain_text("10:00")
    visit.refresh_from_db()
    assert visit.local_at == time(10)


def test_a_patient_who_did_not_come_is_offered_a_new_time(
    desk: Desk, page: Page, sign_in: SignIn, assert_accessible: Check, shot: Callable[[Page, str], None]
) -> None:
    sign_in(page, desk.house.nurse.email, PASSWORD)
    visit = book(desk.house, desk.implant, on=desk.day, at=time(10))
    move_rows(visit, desk.house.today - timedelta(days=1))
    page.goto(desk.url(f"visits/{visit.ref}/"))
    page.get_by_role("button", name="Did not come").click()
    expect(page.locator("main")).to_contain_text("This is due again")
    shot(page, "visit-missed")
    assert_accessible(page)
    page.get_by_role("link", name="Book again").click()
    page.wait_for_url("**/visits/new/**")
    assert page.locator(f"input[type=checkbox][value='{desk.refill.ref}']").is_checked()
