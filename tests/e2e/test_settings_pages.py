"""The settings in a real browser: a nurse with her hours, closed days, the care protocol, an operation.

Set SHOTS to a folder to keep a picture of every page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time, timedelta

import pytest
from playwright.sync_api import Page, expect

from clinic.domain.entries import SurgeryEntry
from clinic.services.surgeries import plan_surgery
from scheduling.domain.hours import ExceptionEntry
from scheduling.models import DayClosing, Resource
from scheduling.services.closing_days import propose_closing
from scheduling.services.resources import add_exception
from tests.bookings import book, nurse_of, open_day
from tests.e2e.conftest import DESK, PHONE
from tests.e2e.test_clinic_pages import keep
from tests.factories import PASSWORD, House, make_clinic, make_implant, make_patient, make_running_pump

SignIn = Callable[[Page, str, str], None]
NewPage = Callable[..., Page]
Check = Callable[[Page], None]


@dataclass
class Office:
    """A house with visits on a day that may be closed, and something on every page of the settings."""

    house: House
    day: date
    closing: DayClosing
    patient: str
    surgery: str

    def url(self, path: str) -> str:
        return f"/c/{self.house.clinic.slug}/{path}"


@pytest.fixture
def office(transactional_db: None) -> Office:
    house = make_clinic()
    day = open_day(house, 10)
    for name, at in (("Abendroth", time(9)), ("Castellanos", time(10)), ("Dimitriou", time(14))):
        book(house, make_patient(house, last_name=name), on=day, at=at)
    book(house, make_running_pump(house, make_patient(house, last_name="Ekwueme")), on=day, at=time(15))
    make_implant(house, make_patient(house), implanted_on=house.today - timedelta(days=3))
    patient = make_patient(house, last_name="Waiting")
    surgery = plan_surgery(
        clinic=house.clinic,
        patient_ref=patient.ref,
        entry=SurgeryEntry(planned_on=house.today + timedelta(days=30), note="Left side."),
        actor_id=house.nurse.id,
        now=house.now,
    )
    add_exception(
        clinic=house.clinic,
        resource_ref=nurse_of(house).ref,
        entry=ExceptionEntry(
            first_on=day,
            last_on=day + timedelta(days=1),
            starts_at=time(14),
            ends_at=time(17),
            reason="course",
        ),
        now=house.now,
    )
    closing = propose_closing(
        clinic=house.clinic,
        first_on=day,
        last_on=day + timedelta(days=1),
        reason="Painters",
        actor_id=house.administrator.id,
        now=house.now,
    )
    return Office(house, day, closing, str(patient.ref), str(surgery.ref))


def pages(office: Office) -> dict[str, str]:
    nurse = nurse_of(office.house)
    refill = "settings/visit-kinds/"
    return {
        "settings": "settings/",
        "settings-resources": "settings/resources/",
        "settings-nurse-new": "settings/nurses/new/",
        "settings-nurse": f"settings/resources/{nurse.ref}/",
        "settings-days-new": f"settings/resources/{nurse.ref}/days/new/",
        "settings-kinds": refill,
        "settings-kind-new": "settings/visit-kinds/new/",
        "settings-closed-days": "settings/closed-days/",
        "settings-close-days": "settings/closings/new/",
        "settings-closing": f"settings/closings/{office.closing.ref}/",
        "settings-protocol": "settings/protocol/",
        "settings-protocol-row": "settings/protocol/rows/infection_watch/",
        "settings-protocol-versions": "settings/protocol/versions/",
        "settings-protocol-version": "settings/protocol/versions/1/",
        "patient-operation": f"patients/{office.patient}/",
        "operation-edit": f"operations/{office.surgery}/",
        "operation-cancel": f"operations/{office.surgery}/cancel/",
        "patients-planned": "patients/?status=planned",
    }


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_every_page_of_the_settings_is_accessible_and_fits_the_screen(
    office: Office, new_page: NewPage, sign_in: SignIn, assert_accessible: Check, viewport: dict[str, int]
) -> None:
    page = new_page(viewport=viewport)
    sign_in(page, office.house.administrator.email, PASSWORD)
    for name, path in pages(office).items():
        answer = page.goto(office.url(path))
        assert answer is not None
        assert answer.status == 200, name
        keep(page, name)
        assert_accessible(page)


def test_a_nurse_is_added_with_her_hours(
    office: Office, page: Page, sign_in: SignIn, assert_accessible: Check
) -> None:
    sign_in(page, office.house.administrator.email, PASSWORD)
    page.goto(office.url("settings/"))
    page.get_by_role("link", name="Nurses and rooms").click()
    page.get_by_role("link", name="Add a nurse").click()
    page.get_by_label("Name").fill("Nina Float")
    page.get_by_label("Friday").fill("9-5")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_be_focused()
    keep(page, "settings-nurse-refused")
    assert_accessible(page)
    page.get_by_role("alert").get_by_role("link", name="Friday").click()
    expect(page.get_by_label("Friday")).to_be_focused()
    page.get_by_label("Friday").fill("9-12, 1 pm - 3 pm")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Friday")).to_have_value("09:00–12:00, 13:00–15:00")
    page.get_by_role("link", name="Add").click()
    page.locator("input[name=first_on]").fill(office.day.isoformat())
    page.get_by_label("Reason").fill("course")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("(course)").first).to_be_visible()
    page.get_by_role("button", name="Take away").click()
    expect(page.get_by_text("None ahead")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("(course)").first).to_be_visible()
    keep(page, "settings-nurse-days")
    assert_accessible(page)
    assert Resource.objects.filter(name="Nina Float", is_active=True).exists()


def test_days_are_closed_with_new_times_and_opened_again(
    office: Office, page: Page, sign_in: SignIn, assert_accessible: Check
) -> None:
    sign_in(page, office.house.administrator.email, PASSWORD)
    page.goto(office.url("settings/closed-days/"))
    page.get_by_role("link", name="Close days").click()
    page.locator("input[name=first_on]").fill(office.day.isoformat())
    page.locator("input[name=last_on]").fill((office.day + timedelta(days=1)).isoformat())
    page.get_by_label("Reason").fill("Water damage")
    page.get_by_role("button", name="Show who is affected").click()
    expect(page.get_by_text("4 visits are affected.")).to_be_visible()
    expect(page.get_by_role("link", name="Castellanos, Ursula")).to_be_visible()
    page.get_by_role("button", name="Close the days and move 4 visits").click()
    expect(page.get_by_role("heading", name="Closed", exact=True)).to_be_visible()
    keep(page, "settings-closing-confirmed")
    assert_accessible(page)
    page.get_by_role("button", name="Undo: open the days").click()
    expect(page.get_by_role("heading", name="Undone: the days are open again")).to_be_visible()
    expect(page.get_by_role("heading", name="Back where they were")).to_be_visible()
    keep(page, "settings-closing-undone")
    assert_accessible(page)


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_the_protocol_is_changed_looked_at_and_put_in_force(
    office: Office, new_page: NewPage, sign_in: SignIn, assert_accessible: Check, viewport: dict[str, int]
) -> None:
    page = new_page(viewport=viewport)
    sign_in(page, office.house.administrator.email, PASSWORD)
    page.goto(office.url("settings/protocol/"))
    page.get_by_role("link", name="Change Wound check", exact=True).click()
    page.get_by_label("Aim for: number").fill("12")
    page.get_by_label("At the latest: number").fill("3")
    page.get_by_label("At the latest: unit").select_option("w")
    page.get_by_role("button", name="Keep in the draft").click()
    expect(page.get_by_text("1 change is not in force yet.")).to_be_visible()
    keep(page, "settings-protocol-draft")
    assert_accessible(page)
    page.get_by_role("button", name="Out of use First follow-up").click()
    expect(page.get_by_text("2 changes are not in force yet.")).to_be_visible()
    page.get_by_role("link", name="Look at what changes").click()
    expect(page.get_by_text("3 weeks after")).to_be_visible()
    page.get_by_label("What changed").fill("Wound checks a little later")
    keep(page, "settings-protocol-review")
    assert_accessible(page)
    page.get_by_role("button", name="Put in force").click()
    expect(page.get_by_role("heading", name="Dates worked out anew")).to_be_visible()
    page.goto(office.url("settings/protocol/versions/2/"))
    expect(page.get_by_text("Wound checks a little later")).to_be_visible()
    keep(page, "settings-protocol-version-2")
    assert_accessible(page)


def test_the_regions_follow_the_country(office: Office, page: Page, sign_in: SignIn) -> None:
    sign_in(page, office.house.administrator.email, PASSWORD)
    page.goto(office.url("settings/"))
    page.get_by_label("Public holidays of").select_option("US")
    page.get_by_label("State or region").select_option("IL")
    page.get_by_role("button", name="Save the settings").click()
    expect(page.get_by_role("heading", name="Dates worked out anew")).to_be_visible()
    page.goto(office.url("settings/closed-days/"))
    page.get_by_role("button", name="We work on this day").first.click()
    page.goto(office.url("settings/closed-days/"))
    expect(page.get_by_role("button", name="Keep it closed after all")).to_be_visible()
    keep(page, "settings-holidays")
