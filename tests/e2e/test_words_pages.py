"""The administrator's words in a real browser. Set SHOTS to a folder to keep a picture of every page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from notifications.models import MessageTemplate
from tests.e2e.conftest import DESK, PHONE
from tests.e2e.test_clinic_pages import keep
from tests.factories import PASSWORD, House, make_clinic


@pytest.fixture
def house(transactional_db: None) -> House:
    return make_clinic()


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_an_administrator_words_a_text_sees_it_refused_mends_it_and_restores_the_standard(
    house: House,
    new_page: Callable[..., Page],
    sign_in: Callable[[Page, str, str], None],
    assert_accessible: Callable[[Page], None],
    viewport: dict[str, int],
) -> None:
    page = new_page(viewport=viewport)
    sign_in(page, house.administrator.email, PASSWORD)
    page.goto(f"/c/{house.clinic.slug}/settings/words/?channel=sms")
    assert_accessible(page)
    keep(page, "words-list")
    page.get_by_role("link", name="Reminder of a visit, Spanish").click()
    assert_accessible(page)
    keep(page, "words-edit")
    text = page.get_by_label("Text", exact=True)
    text.fill("{clinic_name}: su recarga {weekday_date}, {time}. {clinic_phone} Baja: STOP")
    expect(page.get_by_text("“recarga” tells of the pump or of the refill. No message does.")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("recarga")
    assert_accessible(page)
    keep(page, "words-refused")
    text.fill("{clinic_name}: le esperamos el {weekday_date}, {time}. {clinic_phone} Baja: STOP")
    expect(page.get_by_text("These words cannot be saved")).to_have_count(0)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The words are saved.")).to_be_visible()
    assert MessageTemplate.objects.get().body.startswith("{clinic_name}: le esperamos")
    page.get_by_role("button", name="Restore the standard words").click()
    expect(page.get_by_text("The standard words are in use again.")).to_be_visible()
    assert_accessible(page)
    keep(page, "words-restored")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("The words are saved.")).to_be_visible()
    page.get_by_role("link", name="E-mail, French").click()
    expect(page.locator(".word-subject")).to_contain_text("votre rendez-vous")
    keep(page, "words-email")
