"""A nurse who reads French: she chooses it, enters a refill with a decimal comma and reads the new date."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from clinic.audit import recording
from clinic.models import Clinic, Fill, User
from tests.e2e.conftest import PHONE
from tests.factories import PASSWORD, House, make_clinic, make_patient, make_running_pump


@pytest.fixture
def house(transactional_db: None) -> House:
    house = make_clinic()
    with recording(actor_id=None, reason="test"):
        Clinic.objects.filter(pk=house.clinic.pk).update(holiday_country="FR")
    return house


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_a_refill_is_entered_in_french(
    house: House,
    new_page: Callable[..., Page],
    sign_in: Callable[[Page, str, str], None],
    assert_accessible: Callable[[Page], None],
    size: str,
) -> None:
    implant = make_running_pump(house, make_patient(house, last_name="Ode"))
    page = new_page(viewport=PHONE) if size == "phone" else new_page()
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Français").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Se connecter")
    assert_accessible(page)
    sign_in(page, house.nurse.email, PASSWORD)
    assert page.locator("html").get_attribute("lang") == "fr"
    choose(page, "Español")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    choose(page, "Français")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    assert User.objects.get(pk=house.nurse.pk).language == "fr"
    page.goto(f"/c/{house.clinic.slug}/implants/{implant.ref}/refill/")
    page.locator("#id_residual_ml").fill("35,5")
    page.locator("#id_fill_volume_ml").fill("37,25")
    page.locator("#id_drugs-0-lot").fill("LOT-NEW")
    expect(page.locator("#preview")).to_contain_text("À remplir au plus tard le")
    assert_accessible(page)
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_url(re.compile(r"/patients/"))
    fill = Fill.objects.order_by("-pk")[0]
    assert (str(fill.residual_ml.normalize()), str(fill.fill_volume_ml.normalize())) == ("35.5", "37.25")
    expect(page.locator("main")).to_contain_text("37,25 mL")
    expect(page.locator("main")).to_contain_text(
        re.compile(r"(lun|mar|mer|jeu|ven|sam|dim) \d+ [a-zéû]+ 20\d\d")
    )
    assert_accessible(page)


def choose(page: Page, name: str) -> None:
    """In the menu of one's name, once the page's scripts are there; on a phone once it no longer moves."""
    page.wait_for_load_state()
    menu = page.locator("[data-bs-target='#site-menu']")
    if menu.is_visible():
        menu.click()
        expect(page.locator("#site-menu")).to_have_class(re.compile(r"\bcollapse show\b"))
    page.locator(".btn-person").click()
    page.get_by_role("button", name=name).click()
