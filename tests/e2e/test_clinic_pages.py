"""The clinic's pages in a real browser, on a desk's screen and on a phone's.

Set SHOTS to a folder to keep a picture of every page.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from clinic.domain.entries import ProxyEntry
from clinic.domain.roles import Role
from clinic.services.accounts import invite_member
from clinic.services.closures import add_closure
from clinic.services.fills import void_fill
from clinic.services.observations import void_reading
from clinic.services.patients import add_contact_point, add_proxy, record_consent, retire_contact_point
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
    make_reading,
)

SignIn = Callable[[Page, str, str], None]
NewPage = Callable[..., Page]


@dataclass
class Ward:
    """A house with something on every page."""

    house: House
    patient: str
    implant: str
    reading: int
    membership: int
    proxy: int

    def url(self, path: str) -> str:
        return f"/c/{self.house.clinic.slug}/{path}"


@pytest.fixture
def ward(transactional_db: None) -> Ward:
    house = make_clinic()
    who = {"clinic": house.clinic, "actor_id": house.nurse.id}
    patient = make_patient(house, last_name="Quarterman", first_name="Rosa", notes="Prefers mornings.")
    for name in ("Abendroth", "Castellanos", "Dimitriou", "Ekwueme", "Featherstonehaugh-Villanueva"):
        make_implant(house, make_patient(house, last_name=name))
    implant = make_implant(house, patient, threshold_ml=Decimal("4"), threshold_reason="early symptoms")
    make_program(house, implant, starts_on=house.today - timedelta(days=400))
    wrong = make_fill(house, implant, filled_on=house.today - timedelta(days=101), lot="B7731")
    void_fill(
        fill_ref=wrong.ref,
        reason="entered for the wrong day",
        actor_id=house.nurse.id,
        now=house.now,
        clinic=house.clinic,
    )
    make_fill(house, implant, filled_on=house.today - timedelta(days=100), lot="B7731")
    make_fill(house, implant, lot="C1200")
    reading = make_reading(house, implant, note="By telemetry.")
    slip = make_reading(house, implant, reservoir_ml="3")
    void_reading(reading_id=slip.id, reason="typed 3 for 30", now=house.now, **who)
    make_event(house, implant, kind="mri")
    phone = {"patient_ref": patient.ref, "now": house.now, **who}
    add_contact_point(kind="phone", value="+1 312 555 0142", is_preferred=True, **phone)
    old = add_contact_point(kind="email", value="rosa.quarterman@example.org", **phone)
    retire_contact_point(contact_id=old.id, now=house.now, **who)
    record_consent(channel="email", is_granted=True, wording="May we remind you by e-mail? Yes.", **phone)
    record_consent(channel="email", is_granted=False, wording="Please no more e-mail.", **phone)
    proxy = add_proxy(
        patient_ref=patient.ref,
        entry=ProxyEntry(name="Per Quarterman", relationship="husband", is_emergency_contact=True),
        now=house.now,
        **who,
    )
    add_contact_point(kind="phone", value="+1 312 555 0143", proxy_id=proxy.id, **phone)
    add_closure(closed_on=house.today + timedelta(days=34), reason="Christmas", **who)
    invite_member(
        clinic=house.clinic,
        email="new.colleague@example.org",
        role=Role.NURSE,
        actor_id=house.administrator.id,
        now=house.now,
    )
    from clinic.selectors.accounts import members

    membership = members(clinic_id=house.clinic.id).get(user=house.nurse).id
    return Ward(house, str(patient.ref), str(implant.ref), reading.id, membership, proxy.id)


def pages(ward: Ward) -> dict[str, str]:
    patient, implant = f"patients/{ward.patient}/", f"implants/{ward.implant}/"
    return {
        "patients": ward.url("patients/"),
        "patients-none": ward.url("patients/?status=died"),
        "patient-new": ward.url("patients/new/"),
        "patient-record": ward.url(patient + "record/"),
        "patient-details": ward.url(patient + "details/"),
        "patient-history": ward.url(patient + "history/"),
        "patient-edit": ward.url(patient + "edit/"),
        "patient-death": ward.url(patient + "death/"),
        "contact-new": ward.url(patient + "contacts/new/"),
        "consent-new": ward.url(patient + "consents/email/"),
        "proxy-new": ward.url(patient + "proxies/new/"),
        "proxy-edit": ward.url(patient + f"proxies/{ward.proxy}/edit/"),
        "implant-new": ward.url(patient + "implants/new/?setup=1"),
        "implant-edit": ward.url(implant + "edit/"),
        "implant-explant": ward.url(implant + "explant/"),
        "reading-new": ward.url(implant + "readings/new/"),
        "reading-withdraw": ward.url(implant + f"readings/{ward.reading}/withdraw/"),
        "event-new": ward.url(implant + "events/new/"),
        "audit": ward.url("audit/"),
        "audit-of-patient": ward.url(f"audit/?patient={ward.patient}&what=changes"),
        "audit-none": ward.url("audit/?until=2020-01-01"),
        "lots": ward.url("lots/"),
        "settings": ward.url("settings/"),
        "members": ward.url("members/"),
        "member-invite": ward.url("members/invite/"),
        "member-edit": ward.url(f"members/{ward.membership}/"),
        "clinics": "/clinics/",
        "password-change": "/accounts/password/change/",
        "not-found": ward.url("nothing/"),
    }


def keep(page: Page, name: str) -> None:
    if folder := os.environ.get("SHOTS"):
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_every_page_is_accessible_and_fits_the_screen(
    ward: Ward,
    new_page: NewPage,
    sign_in: SignIn,
    assert_accessible: Callable[[Page], None],
    viewport: dict[str, int],
) -> None:
    page = new_page(viewport=viewport)
    sign_in(page, ward.house.administrator.email, PASSWORD)
    for name, address in pages(ward).items():
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == (404 if name == "not-found" else 200), name
        keep(page, name)
        assert_accessible(page)


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_the_way_in_is_accessible_and_fits_the_screen(
    ward: Ward, new_page: NewPage, assert_accessible: Callable[[Page], None], viewport: dict[str, int]
) -> None:
    page = new_page(viewport=viewport)
    _, token = invite_member(
        clinic=ward.house.clinic,
        email="joins@example.org",
        role=Role.PRESCRIBER,
        actor_id=ward.house.administrator.id,
        now=ward.house.now,
    )
    for name, address in {
        "login": "/accounts/login/",
        "password-reset": "/accounts/password/reset/",
        "password-reset-done": "/accounts/password/reset/done/",
        "password-reset-bad": "/accounts/password/reset/key/1-set-password/",
        "signup-closed": "/accounts/signup/",
        "join": f"/join/?invitation={token}",
        "join-closed": "/join/?invitation=guessed",
    }.items():
        page.goto(address)
        keep(page, name)
        assert_accessible(page)


def test_a_refused_form_leads_to_the_field(
    ward: Ward, page: Page, sign_in: SignIn, assert_accessible: Callable[[Page], None]
) -> None:
    sign_in(page, ward.house.nurse.email, PASSWORD)
    page.goto(ward.url("patients/new/"))
    page.get_by_role("button", name="Save and go on to the pump").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    keep(page, "patient-new-refused")
    assert_accessible(page)
    summary.get_by_role("link", name="Last name").click()
    expect(page.get_by_label("Last name")).to_be_focused()


def test_a_search_finds_by_name_number_and_serial_and_stays_out_of_the_address(
    ward: Ward, page: Page, sign_in: SignIn, assert_accessible: Callable[[Page], None]
) -> None:
    sign_in(page, ward.house.nurse.email, PASSWORD)
    page.goto(ward.url("patients/"))
    page.get_by_label("Name, MRN or serial number").press_sequentially("quarter")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.get_by_role("link", name="Quarterman, Rosa")).to_be_visible()
    assert "quarter" not in page.url.lower()
    keep(page, "patients-search")
    page.get_by_label("Name, MRN or serial number").fill("zzz")
    expect(page.get_by_text("Nobody found")).to_be_visible()
    assert_accessible(page)


def test_a_recall_lists_who_received_the_lot(
    ward: Ward, page: Page, sign_in: SignIn, assert_accessible: Callable[[Page], None]
) -> None:
    sign_in(page, ward.house.nurse.email, PASSWORD)
    page.goto(ward.url("lots/"))
    page.get_by_label("Lot number").fill("b7731")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    assert "7731" not in page.url
    keep(page, "lots-found")
    assert_accessible(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download (CSV)").click()
    assert "7731" not in download.value.suggested_filename


def test_a_number_is_retired_and_taken_back_by_keyboard(ward: Ward, page: Page, sign_in: SignIn) -> None:
    sign_in(page, ward.house.nurse.email, PASSWORD)
    page.goto(ward.url(f"patients/{ward.patient}/details/"))
    page.get_by_role("button", name="Stop using +1 312 555 0142").press("Enter")
    page.get_by_role("button", name="Use again +1 312 555 0142").press("Enter")
    expect(page.get_by_role("button", name="Stop using +1 312 555 0142")).to_be_visible()


def test_every_control_of_a_page_is_reached_by_the_tab_key(ward: Ward, page: Page, sign_in: SignIn) -> None:
    sign_in(page, ward.house.administrator.email, PASSWORD)
    for name in ("patients", "patient-details", "implant-new", "settings", "members"):
        page.goto(pages(ward)[name])
        wanted = page.locator(
            "main a[href]:visible, main button:visible, main input:visible, main select:visible, main textarea:visible"
        ).count()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip-link", name
        page.keyboard.press("Enter")
        reached = 0
        for _ in range(wanted * 3):
            page.keyboard.press("Tab")
            if not page.evaluate("document.querySelector('main').contains(document.activeElement)"):
                break
            reached += 1
        assert reached >= wanted * 0.6, f"{name}: {reached} of {wanted}"


def test_an_invited_colleague_joins(
    ward: Ward, page: Page, new_page: NewPage, sign_in: SignIn, assert_accessible: Callable[[Page], None]
) -> None:
    sign_in(page, ward.house.administrator.email, PASSWORD)
    page.goto(ward.url("members/invite/"))
    page.get_by_label("E-mail address").fill("fresh@example.org")
    page.get_by_role("button", name="Invite").click()
    keep(page, "invited")
    assert_accessible(page)
    link = page.get_by_label("The link, shown only now").input_value()
    other = new_page()
    other.goto(link)
    other.get_by_label("Your name").fill("Fay Fresh")
    other.get_by_label("Password").fill("a-long-and-new-password")
    other.get_by_role("button", name="Accept and sign in").click()
    expect(other.get_by_text("Welcome to Riverside Pump Clinic.")).to_be_visible()


def test_a_clinic_without_a_spreadsheet_enters_a_patient_and_goes_on_to_the_pump(
    ward: Ward, page: Page, sign_in: SignIn
) -> None:
    sign_in(page, ward.house.nurse.email, PASSWORD)
    page.goto(ward.url("patients/"))
    page.get_by_role("link", name="Add a patient").click()
    page.get_by_label("Last name").fill("Newman")
    page.get_by_label("First name").fill("Nils")
    page.get_by_label("MRN").fill("N-1")
    page.get_by_label("Date of birth").fill("1970-02-28")
    page.get_by_role("button", name="Save and go on to the pump").click()
    page.get_by_label("Pump model").select_option(label="Medtronic SynchroMed II 8637-40")
    page.get_by_label("Serial number").fill("NGV-NEW")
    page.get_by_label("Implanted on").fill("2025-01-06")
    page.get_by_label("Low-reservoir threshold").fill("2,5")
    keep(page, "implant-new-filled")
    page.get_by_role("button", name="Save and go on to the last fill").click()
    expect(page).to_have_url(re.compile(r"/implants/.*setup=1"))
    page.locator("input[name$=filled_on]").fill(str(ward.house.today - timedelta(days=30)))
    page.get_by_label("Drug", exact=True).select_option(label="Baclofen")
    page.get_by_label("Concentration", exact=True).fill("2000")
    page.get_by_label("Dose a day").fill("300")
    page.get_by_role("button", name="Save the refill").click()
    expect(page).to_have_url(re.compile(r"/patients/[0-9a-f-]{36}/"))
    expect(page.locator("main")).to_contain_text(re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d+ \w+ 2027"))
    keep(page, "setup-done")


def test_before_the_session_ends_there_is_a_warning_to_answer(
    ward: Ward, page: Page, sign_in: SignIn, assert_accessible: Callable[[Page], None]
) -> None:
    page.clock.install()
    sign_in(page, ward.house.nurse.email, PASSWORD)
    page.goto(ward.url("patients/new/"))
    warning = page.get_by_text("You will be signed out in two minutes")
    expect(warning).to_be_hidden()
    page.clock.fast_forward("13:30")
    expect(warning).to_be_visible()
    keep(page, "idle-warning")
    assert_accessible(page)
    page.get_by_role("button", name="Stay signed in").press("Enter")
    expect(warning).to_be_hidden()
    page.get_by_label("Notes").press_sequentially("typing is work")
    page.clock.fast_forward("13:30")
    expect(warning).to_be_hidden()


def test_the_catalogue_keeps_the_content_policy(ward: Ward, page: Page, sign_in: SignIn) -> None:
    sign_in(page, ward.house.administrator.email, PASSWORD)
    page.goto("/admin/")
    page.get_by_role("link", name="Pump models", exact=True).click()
    page.get_by_role("link", name="SynchroMed II 8637-40").click()
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_visible()
    keep(page, "admin-pump")


def test_the_menu_opens_on_a_phone_by_keyboard(
    ward: Ward, new_page: NewPage, sign_in: SignIn, assert_accessible: Callable[[Page], None]
) -> None:
    page = new_page(viewport=PHONE)
    sign_in(page, ward.house.administrator.email, PASSWORD)
    page.goto(ward.url("patients/"))
    page.get_by_role("button", name="Menu").press("Enter")
    expect(page.get_by_role("link", name="Settings")).to_be_visible()
    keep(page, "menu")
    assert_accessible(page)


def test_a_printed_record_shows_the_record_alone(ward: Ward, page: Page, sign_in: SignIn) -> None:
    sign_in(page, ward.house.nurse.email, PASSWORD)
    page.goto(ward.url(f"patients/{ward.patient}/record/"))
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="Quarterman, Rosa")).to_be_visible()
    for control in ("Enter a reading", "Work list", "Withdraw"):
        expect(page.get_by_role("link", name=control).first).to_be_hidden()
    keep(page, "patient-record-print")
