"""The pages of reminders in a real browser: what a patient will receive, and when a clinic tells people.

Set SHOTS to a folder to keep a picture of every page.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import time

import pytest
from playwright.sync_api import Page, expect

from clinic.domain.entries import ProxyEntry
from clinic.models import Patient
from clinic.services.patients import add_contact_point, add_proxy, record_consent
from tests.bookings import book, open_day
from tests.e2e.conftest import DESK, PHONE
from tests.e2e.test_clinic_pages import keep
from tests.factories import PASSWORD, House, make_clinic, make_patient, make_running_pump

SignIn = Callable[[Page, str, str], None]
NewPage = Callable[..., Page]
Check = Callable[[Page], None]


def told(house: House) -> Patient:
    """A patient with a letter box, a telephone and a helper abroad, with visits soon and later."""
    patient = make_patient(house)
    by = {"clinic": house.clinic, "patient_ref": patient.ref, "actor_id": house.nurse.id, "now": house.now}
    for channel in ("email", "sms"):
        record_consent(channel=channel, is_granted=True, wording="Yes.", **by)
    add_contact_point(kind="email", value="ursula.ode@example.org", **by)
    add_contact_point(kind="phone", value="+1 312 555 0142", **by)
    helper = add_proxy(entry=ProxyEntry(name="Per Ode", may_receive_reminders=True), **by)
    add_contact_point(
        kind="email", value="per@example.org", proxy_id=helper.id, time_zone="Europe/Stockholm", **by
    )
    implant = make_running_pump(house, patient)
    book(house, implant, on=open_day(house, 20))
    book(house, patient, on=open_day(house, 20), at=time(14))
    book(house, patient, on=open_day(house, 2), kind="wound_check")
    return patient


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_what_a_patient_will_receive_and_when_people_are_told(
    live_app: str, new_page: NewPage, sign_in: SignIn, assert_accessible: Check, viewport: dict[str, int]
) -> None:
    house = make_clinic()
    patient = told(house)
    page = new_page(viewport=viewport)
    sign_in(page, house.administrator.email, PASSWORD)
    page.goto(f"/c/{house.clinic.slug}/patients/{patient.ref}/messages/")
    expect(page.get_by_role("heading", name="Will be sent")).to_be_visible()
    keep(page, "patient-messages")
    assert_accessible(page)
    page.get_by_role("link", name="What it says").first.click()
    expect(page.get_by_text(house.clinic.name).last).to_be_visible()
    keep(page, "patient-messages-words")
    assert_accessible(page)
    page.goto(f"/c/{house.clinic.slug}/settings/reminders/")
    keep(page, "settings-reminders")
    assert_accessible(page)
    page.get_by_role("link", name="Change Check-up").click()
    page.get_by_label("Days").nth(1).fill("14")
    page.get_by_role("button", name="Save the steps").click()
    expect(page.get_by_text("two steps are at the same day and hour").first).to_be_visible()
    keep(page, "settings-reminders-refused")
    assert_accessible(page)
    page.get_by_label("Days").nth(1).fill("5")
    page.get_by_role("button", name="Save the steps").click()
    page.goto(f"/c/{house.clinic.slug}/settings/reminders/")
    expect(page.get_by_text("5 days before the visit")).to_be_visible()
    page.get_by_role("button", name="Restore the standard Check-up").click()
    page.goto(f"/c/{house.clinic.slug}/settings/reminders/")
    expect(page.get_by_text("5 days before the visit")).to_have_count(0)
