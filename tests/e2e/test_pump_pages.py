"""The pages about a pump's dates in a real browser: on a desk, on a phone, by keyboard, and without scripts.

Set SHOTS to a folder to keep a picture of every page.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from clinic.models import Fill, Implant, ProgramVersion
from scheduling.models import Forecast
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
    make_running_pump,
)

SignIn = Callable[[Page, str, str], None]
NewPage = Callable[..., Page]


@dataclass
class Ward:
    """A house with a pump that has a history, and others in every group of the work list."""

    house: House
    implant: Implant
    fill: Fill
    program: ProgramVersion

    def url(self, path: str) -> str:
        return f"/c/{self.house.clinic.slug}/{path}"

    @property
    def patient_url(self) -> str:
        return self.url(f"patients/{self.implant.patient.ref}/")

    @property
    def refill_url(self) -> str:
        return self.url(f"implants/{self.implant.ref}/refill/")


@pytest.fixture
def ward(transactional_db: None) -> Ward:
    house = make_clinic()
    implant = make_implant(house, make_patient(house, last_name="Ode"), serial="NGV-ODE")
    program = make_program(house, implant, starts_on=house.today - timedelta(days=200))
    for days, residual in ((200, None), (120, "27"), (30, "21.5")):
        fill = make_fill(
            house,
            implant,
            filled_on=house.today - timedelta(days=days),
            residual_ml=Decimal(residual) if residual else None,
            lot=f"LOT{days}",
        )
    make_reading(house, implant, reservoir_ml="35", read_on=house.today - timedelta(days=5))
    for name, days in (("Later", 1), ("Due", 20), ("Risk", 36), ("Over", 38), ("Empty", 45)):
        make_running_pump(
            house,
            make_patient(house, last_name=name),
            filled_on=house.today - timedelta(days=days),
            concentration="300",
        )
    stalled = make_running_pump(house, make_patient(house, last_name="Stalled"))
    make_event(house, stalled, kind="stalled")
    return Ward(house, implant, fill, program)


def keep(page: Page, name: str) -> None:
    if folder := os.environ.get("SHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_every_page_about_a_pump_is_accessible_and_fits_the_screen(
    ward: Ward,
    new_page: NewPage,
    sign_in: SignIn,
    assert_accessible: Callable[[Page], None],
    viewport: dict[str, int],
) -> None:
    page = new_page(viewport=viewport)
    sign_in(page, ward.house.nurse.email, PASSWORD)
    for name, path in {
        "worklist": ward.url("worklist/"),
        "worklist-filtered": ward.url("worklist/?hazard=2&sort=date&weeks=26"),
        "worklist-nothing": ward.url("worklist/?drug=fentanyl"),
        "overview": ward.patient_url,
        "refill": ward.refill_url,
        "program": ward.url(f"implants/{ward.implant.ref}/program/"),
        "sheet": ward.url(f"fills/{ward.fill.ref}/"),
        "fill-correct": ward.url(f"fills/{ward.fill.ref}/edit/"),
        "fill-withdraw": ward.url(f"fills/{ward.fill.ref}/withdraw/"),
        "program-correct": ward.url(f"programs/{ward.program.id}/edit/"),
        "program-withdraw": ward.url(f"programs/{ward.program.id}/withdraw/"),
    }.items():
        page.goto(path)
        page.wait_for_load_state("networkidle")
        assert_accessible(page)
        keep(page, name)


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there, as somebody without a mouse does."""
    for _ in range(120):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {selector}")


def test_a_refill_is_found_recorded_and_undone_with_the_keyboard_alone(
    ward: Ward, page: Page, sign_in: SignIn, assert_accessible: Callable[[Page], None]
) -> None:
    sign_in(page, ward.house.nurse.email, PASSWORD)
    page.goto(ward.url("worklist/"))
    tab_to(page, "#id_text")
    page.keyboard.type("ode")
    expect(page.locator("#work-list")).to_contain_text("1 pump found")
    assert "ode" not in page.url
    tab_to(page, f"a[href='{ward.refill_url}']")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{ward.refill_url}")
    tab_to(page, "#id_residual_ml")
    page.keyboard.type("35")
    expect(page.locator("#preview")).to_contain_text("Residual")
    tab_to(page, "#id_drugs-0-lot")
    page.keyboard.type("LOT-NEW")
    tab_to(page, "input[name='program-mode']")
    page.keyboard.press("ArrowDown")
    tab_to(page, "#id_program-dose")
    page.keyboard.press("Control+a")
    page.keyboard.type("0.32")
    tab_to(page, "#id_program-dose_unit")
    page.keyboard.type("mg")
    expect(page.locator("#echo-dose")).to_have_text("0.32 mg/day = 320 mcg/day")
    expect(page.locator("#preview")).to_contain_text("0.16 mL/day")
    shown = page.locator(".preview-date").inner_text()
    keep(page, "refill-filled")
    assert_accessible(page)
    tab_to(page, "button[type=submit].btn-primary")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{ward.patient_url}?fill=*")
    expect(page.locator(".next-date")).to_contain_text(shown)
    keep(page, "overview-recorded")
    assert_accessible(page)
    recorded = Fill.objects.get(implant=ward.implant, filled_on=ward.house.today)
    assert recorded.drugs.get().lot == "LOT-NEW"
    tab_to(page, f"a[href$='{recorded.ref}/withdraw/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/withdraw/")
    tab_to(page, "textarea[name=reason]")
    page.keyboard.type("wrong patient")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{ward.patient_url}")
    assert not Fill.objects.current().filter(implant=ward.implant, filled_on=ward.house.today).exists()


def test_a_change_of_concentration_asks_for_the_bridge_and_a_stop_is_acknowledged(
    ward: Ward, page: Page, sign_in: SignIn, assert_accessible: Callable[[Page], None]
) -> None:
    sign_in(page, ward.house.nurse.email, PASSWORD)
    page.goto(ward.refill_url)
    bridge = page.locator("[data-bridge-fields]")
    expect(page.locator("#preview")).to_contain_text("Must refill by")
    expect(bridge).to_be_hidden()
    page.fill("#id_drugs-0-concentration", "1000")
    expect(bridge).to_be_visible()
    acknowledge = page.get_by_label("I have checked “Bridge missing” and save it as it is")
    expect(acknowledge).to_be_visible()
    keep(page, "refill-stop")
    assert_accessible(page)
    page.get_by_role("button", name="Save the refill").click()
    expect(page.locator(".error-summary")).to_contain_text("confirm first what stands in doubt")
    expect(page.locator(".error-summary")).to_be_focused()
    assert Fill.objects.filter(implant=ward.implant).count() == 3
    page.fill("#id_bridge_old_volume_ml", "0.3")
    expect(page.locator("#preview .preview-stops")).to_have_count(0)
    page.get_by_role("button", name="Save the refill").click()
    page.wait_for_url(f"**{ward.patient_url}?fill=*")
    saved = Fill.objects.get(implant=ward.implant, filled_on=ward.house.today)
    assert saved.bridge_old_volume_ml == Decimal("0.3")


def test_rows_of_the_mixture_and_steps_of_the_day_are_added_and_removed(
    ward: Ward, page: Page, sign_in: SignIn, assert_accessible: Callable[[Page], None]
) -> None:
    sign_in(page, ward.house.nurse.email, PASSWORD)
    page.goto(ward.refill_url)
    page.get_by_role("button", name="Add a drug").click()
    expect(page.locator("#id_drugs-1-drug_key")).to_be_focused()
    page.select_option("#id_drugs-1-drug_key", "bupivacaine")
    page.fill("#id_drugs-1-concentration", "10")
    page.select_option("#id_drugs-1-concentration_unit", "mg/mL")
    expect(page.locator("#echo-drugs-1")).to_have_text("10 mg/mL = 10000 mcg/mL")
    page.get_by_role("button", name="Add a drug").click()
    page.locator("[data-row-remove]").nth(2).click()
    page.get_by_label("Flex: steps within the day").check()
    for number, (hours, dose) in enumerate((("6", "10"), ("8", "12"))):
        page.fill(f"#id_steps-{number}-hours", hours)
        page.fill(f"#id_steps-{number}-dose_per_hour", dose)
    expect(page.locator("#preview")).to_contain_text("14 of 24 hours")
    page.fill("#id_steps-2-hours", "10")
    page.fill("#id_steps-2-dose_per_hour", "8")
    expect(page.locator("#preview")).to_contain_text("0.118 mL/day")
    keep(page, "refill-flex")
    assert_accessible(page)
    page.get_by_role("button", name="Save the refill").click()
    page.wait_for_url(f"**{ward.patient_url}?fill=*")
    saved = Fill.objects.get(implant=ward.implant, filled_on=ward.house.today)
    assert [part.drug.key for part in saved.drugs.all()] == ["baclofen", "bupivacaine"]
    assert ProgramVersion.objects.get(implant=ward.implant, starts_on=ward.house.today).kind == "flex"


def test_the_what_if_of_a_program_is_what_saving_gives(ward: Ward, page: Page, sign_in: SignIn) -> None:
    sign_in(page, ward.house.nurse.email, PASSWORD)
    page.goto(ward.url(f"implants/{ward.implant.ref}/program/"))
    page.fill("#id_program-dose", "900")
    changed = page.locator(".comparison tr.differs", has_text="Must refill by")
    expect(changed).to_be_visible()
    after = changed.locator("td").nth(1).inner_text().split("\n")[0].removesuffix(" (changes)")
    page.get_by_role("button", name="Save the program").click()
    page.wait_for_url(f"**{ward.patient_url}")
    expect(page.locator(".next-date")).to_contain_text(after)
    stored = Forecast.objects.get(implant=ward.implant).must_refill_by
    assert stored is not None
    assert f"{stored:%a} {stored.day} {stored:%b %Y}" == after


def test_filters_change_the_list_and_its_address_without_a_reload(
    ward: Ward, page: Page, sign_in: SignIn
) -> None:
    sign_in(page, ward.house.nurse.email, PASSWORD)
    page.goto(ward.url("worklist/"))
    expect(page.locator(".work-row")).to_have_count(7)
    page.get_by_text("Filter and order").click()
    page.select_option("select[name=limit]", "stability")
    expect(page.locator(".work-row")).to_have_count(1)
    assert "limit=stability" in page.url
    page.go_back()
    expect(page.locator(".work-row")).to_have_count(7)
    page.get_by_role("link", name="Emergency").click()
    expect(page.locator(".work-row")).to_have_count(1)
    expect(page.locator(".work-row")).to_contain_text("Empty")


def test_a_refill_can_be_recorded_without_scripts(ward: Ward, new_page: NewPage, sign_in: SignIn) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, ward.house.nurse.email, PASSWORD)
    page.goto(ward.refill_url)
    page.fill("#id_residual_ml", "35")
    page.get_by_role("button", name="Save the refill").click()
    page.wait_for_url(f"**{ward.patient_url}?fill=*")
    assert Fill.objects.filter(implant=ward.implant, filled_on=ward.house.today).count() == 1


def test_the_sheet_and_the_list_print_what_matters(ward: Ward, page: Page, sign_in: SignIn) -> None:
    sign_in(page, ward.house.nurse.email, PASSWORD)
    page.emulate_media(media="print")
    page.goto(ward.url(f"fills/{ward.fill.ref}/"))
    expect(page.locator(".sheet")).to_contain_text("LOT30")
    expect(page.locator(".site-header")).to_be_hidden()
    keep(page, "sheet-print")
    page.goto(ward.url("worklist/"))
    expect(page.locator(".work-table")).to_contain_text("Empty")
    expect(page.locator(".work-action").first).to_be_hidden()
    page.goto(ward.patient_url)
    expect(page.locator(".reservoir-wide")).to_be_visible()
    expect(page.locator(".reservoir-narrow")).to_be_hidden()
    keep(page, "overview-print")
