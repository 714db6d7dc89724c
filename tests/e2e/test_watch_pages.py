"""The watch in a real browser: a patient's phone without scripts, and the nurse's board."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from notifications.models import CheckIn, Escalation
from tests.check_ins import answer, at, make_check_in_due, make_operated, said
from tests.e2e.conftest import DESK, PHONE
from tests.factories import PASSWORD, House, make_clinic
from tests.patient_links import BORN_DAY, send_link

SignIn = Callable[[Page, str, str], None]


@pytest.fixture
def house(transactional_db: None) -> House:
    return make_clinic()


def test_a_patient_answers_on_a_phone_without_scripts(
    house: House, new_page: Callable[..., Page], assert_accessible: Callable[[Page], None]
) -> None:
    patient, _ = make_operated(house, days_ago=5)
    sent = send_link(house, make_check_in_due(house, patient), purpose="check_in", lasts=timedelta(days=2))
    # Scripts are on only for axe, which is one; the page itself has none and its policy allows none.
    page = new_page(viewport=PHONE, bypass_csp=True)
    page.goto(sent.address)
    expect(page.get_by_role("heading", level=1)).to_have_text("How are you today?")
    assert_accessible(page)

    page.get_by_label("On which day of the month were you born?").fill(str(BORN_DAY))
    page.get_by_role("textbox", name="Temperature").fill("37.2")
    page.keyboard.press("Enter")  # sends the answers, and does not say that all is well
    expect(page.get_by_role("alert").first).to_contain_text("Something is missing.")
    assert_accessible(page)
    assert not CheckIn.objects.exists()

    plain = new_page(viewport=PHONE, java_script_enabled=False)
    plain.goto(sent.address)
    plain.get_by_label("two tones, one after the other").check()
    plain.get_by_role("button", name="Send my answers").last.click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("Get help now")
    assert Escalation.objects.get(cause="red_flag").rung == 5

    page.goto(sent.address)
    expect(page.get_by_role("heading", level=1)).to_have_text("Get help now")
    assert_accessible(page)


def test_a_nurse_reads_the_board_asks_by_telephone_and_tries_the_table(
    house: House, new_page: Callable[..., Page], sign_in: SignIn, assert_accessible: Callable[[Page], None]
) -> None:
    for number, worse in enumerate(({}, {"headache": "mild"}, {"wound": ["redness"], "fever": "yes"})):
        patient, _ = make_operated(house, days_ago=5 + number, last_name=f"Person{number}")
        answer(house, patient, said(**worse), now=at(house, hours=-2))
    page = new_page(viewport=DESK, bypass_csp=True)
    sign_in(page, house.administrator.email, PASSWORD)
    page.get_by_role("link", name="Watch", exact=True).click()
    expect(page.locator(".watch-row").first).to_contain_text("Person2")
    assert_accessible(page)
    page.set_viewport_size(PHONE)
    assert_accessible(page)

    page.set_viewport_size(DESK)
    page.get_by_role("link", name="Ask Person0, Ursula").click()
    assert_accessible(page)
    for field in page.locator("fieldset.ask").all():
        field.locator("input:not([name=temperature_unit])").first.check()
    page.get_by_label("one tone, again and again").check()
    page.get_by_role("button", name="Save the check-in").click()
    expect(page.get_by_text("Same day: the patient is to be seen or advised today.")).to_be_visible()

    page.get_by_role("link", name="Person0, Ursula", exact=True).click()
    expect(page.get_by_role("row").filter(has_text="Single tone").first).to_be_visible()
    assert_accessible(page)

    page.get_by_role("link", name="Watch", exact=True).click()
    page.get_by_role("link", name="How answers are graded").click()
    assert_accessible(page)
    page.get_by_role("link", name="Mild headache").click()
    page.get_by_label("Emergency: the patient is told").check()
    expect(page.locator("#samples .sample-changed")).to_have_count(2)
    assert_accessible(page)
    page.set_viewport_size(PHONE)
    assert_accessible(page)
    page.get_by_role("button", name="Put in force").click()
    expect(page.get_by_role("heading", name="Version 1")).to_be_visible()
