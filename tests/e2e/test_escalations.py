"""A nurse deals with what waits, in a real browser, with the keyboard; an administrator sets the roster.

Set SHOTS to a folder to keep a picture of every page.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from clinic.domain.roles import Role
from clinic.services.patients import add_contact_point
from notifications.models import Escalation
from notifications.services.escalations.late import mark_gone
from notifications.services.raising import raise_due
from tests.check_ins import answer, said
from tests.e2e.conftest import DESK, PHONE
from tests.factories import PASSWORD, House, make_clinic, make_patient, make_running_pump
from tests.matters import days_left, open_matter

SignIn = Callable[[Page, str, str], None]
NewPage = Callable[..., Page]
Check = Callable[[Page], None]


def shoot(page: Page, name: str) -> None:
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.fixture
def house(still: None) -> House:
    """Late refills, one with the physician; alarming answers, twice; three messages; two that resolved by themselves."""
    house = make_clinic()
    house.person(Role.PRESCRIBER)
    late = make_patient(house, last_name="Featherstonehaugh-Villanueva", first_name="Maximiliane")
    who = {"clinic": house.clinic, "actor_id": house.nurse.id, "now": house.now}
    add_contact_point(patient_ref=late.ref, kind="phone", value="+1 312 555 0142", **who)
    days_left(house, make_running_pump(house, late), 10)
    days_left(house, make_running_pump(house, make_patient(house, last_name="Poe")), 2)
    raise_due(house.now)
    alarmed = make_patient(house, last_name="Roe")
    answer(house, alarmed, said(alarm="double", wound=["redness"]))
    answer(house, alarmed, said(weakness="yes"))
    for number in range(3):
        open_matter(
            house, key=f"message:{number}", patient_id=make_patient(house, last_name=f"Vo{number}").id
        )
    for key in ("one", "two"):
        gone = make_patient(house, last_name=f"Gone {key}")
        open_matter(house, cause="unanswered", key=key, patient_id=gone.id)
    with transaction.atomic():
        mark_gone(house.clinic.id, {"one": "answered", "two": "ended"}, cause="unanswered", now=house.now)
    return house


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_a_nurse_takes_what_waits_and_says_what_came_of_it(
    house: House,
    new_page: NewPage,
    sign_in: SignIn,
    assert_accessible: Check,
    viewport: dict[str, int],
) -> None:
    size = "desk" if viewport is DESK else "phone"
    page = new_page(viewport=viewport)
    sign_in(page, house.nurse.email, PASSWORD)
    page.goto(f"/c/{house.clinic.slug}/patients/")
    expect(page.get_by_role("alert").filter(has_text="6 matters wait for somebody.")).to_be_visible()
    assert_accessible(page)
    shoot(page, f"alarm-{size}")
    page.get_by_role("link", name="Open the board").click()
    assert_accessible(page)
    shoot(page, f"board-{size}")
    link = page.get_by_role("link", name="Featherstonehaugh-Villanueva, Maximiliane")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Call twice in two days, and the relative or helper.")).to_be_visible()
    expect(page.get_by_role("link", name="+1 312 555 0142")).to_have_attribute("href", "tel:+13125550142")
    assert_accessible(page)
    shoot(page, f"matter-{size}")
    expect(page.get_by_text("Whom you tried")).to_be_hidden()
    page.get_by_label("no answer; will be tried again").check()
    expect(page.get_by_text("Whom you tried")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("It stays open and comes back to you.")).to_be_visible()
    page.get_by_role("link", name="Featherstonehaugh-Villanueva, Maximiliane").click()
    page.get_by_label("nothing to be done").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="One entry needs a correction")).to_be_visible()
    assert_accessible(page)
    shoot(page, f"matter-refused-{size}")
    page.get_by_label("spoke with the patient").check()
    page.get_by_label("Note").fill("comes on Friday")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Acknowledged.", exact=True)).to_be_visible()
    expect(page.get_by_text("Featherstonehaugh-Villanueva")).to_have_count(0)
    page.get_by_role("checkbox", name="Vo0").check()
    page.get_by_role("checkbox", name="Vo1").check()
    page.get_by_role("combobox", name="What came of it").select_option("mended")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("2 acknowledged.")).to_be_visible()
    confirm = page.get_by_role("button", name="Confirm the ticked 2")
    confirm.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 confirmed.")).to_be_visible()
    expect(page.get_by_role("heading", name="Resolved by themselves")).to_have_count(0)
    page.get_by_role("link", name="Acknowledged 5").click()
    expect(page.get_by_text("comes on Friday")).to_be_visible()
    assert_accessible(page)
    shoot(page, f"ended-{size}")
    alarm = Escalation.objects.get(cause="red_flag")
    page.goto(f"/c/{house.clinic.slug}/escalations/{alarm.ref}/")
    expect(page.get_by_text("And then")).to_be_visible()
    assert_accessible(page)
    shoot(page, f"red-flag-{size}")
    page.goto(f"/c/{house.clinic.slug}/patients/{alarm.patient.ref}/")
    expect(page.get_by_role("heading", name="Waits for somebody")).to_be_visible()
    assert_accessible(page)
    shoot(page, f"patient-{size}")


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_an_administrator_sets_the_roster(
    house: House,
    new_page: NewPage,
    sign_in: SignIn,
    assert_accessible: Check,
    viewport: dict[str, int],
) -> None:
    page = new_page(viewport=viewport)
    sign_in(page, house.administrator.email, PASSWORD)
    page.goto(f"/c/{house.clinic.slug}/settings/on-call/")
    assert_accessible(page)
    page.get_by_label("Monday, Nurse on call").select_option(label="Ada Administrator (Administrator)")
    page.get_by_role("button", name="Save the roster").click()
    expect(page.get_by_text("The roster is saved.")).to_be_visible()
    expect(page.get_by_label("Monday, Nurse on call")).to_have_value(str(house.administrator.id))
    assert_accessible(page)
    shoot(page, f"roster-{'desk' if viewport is DESK else 'phone'}")
