"""Two people and one changed dose, in a real browser: entered, found, re-entered unseen, signed, in effect.

Set SHOTS to a folder to keep a picture of every page.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from clinic.domain.roles import Role
from scheduling.models import Forecast, SecondCheck
from tests.e2e.conftest import DESK, PHONE
from tests.factories import PASSWORD, make_clinic
from tests.second_checks import waiting_pump

SHOTS = os.environ.get("SHOTS")


def keep(page: Page, name: str) -> None:
    """A picture of the page, where somebody wants to look."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


@pytest.mark.parametrize(("size", "screen"), [("desk", DESK), ("phone", PHONE)])
def test_a_lowered_dose_waits_until_a_colleague_has_re_entered_it(
    size: str,
    screen: dict[str, int],
    new_page: Callable[..., Page],
    sign_in: Callable[[Page, str, str], None],
    assert_accessible: Callable[[Page], None],
    transactional_db: None,
) -> None:
    house = make_clinic()
    colleague = house.person(Role.PRESCRIBER)
    implant = waiting_pump(house)
    check = SecondCheck.objects.get(implant=implant)
    at = f"/c/{house.clinic.slug}/"

    mine = new_page(viewport=screen)
    sign_in(mine, house.nurse.email, PASSWORD)
    mine.goto(f"{at}patients/{implant.patient.ref}/")
    expect(mine.get_by_text("The dates wait for a second check.")).to_be_visible()
    keep(mine, f"patient-{size}")
    assert_accessible(mine)
    mine.goto(f"{at}worklist/")
    keep(mine, f"worklist-{size}")
    mine.goto(f"{at}to-check/")
    keep(mine, f"own-{size}")
    assert_accessible(mine)

    theirs = new_page(viewport=screen)
    sign_in(theirs, colleague.email, PASSWORD)
    theirs.goto(f"{at}to-check/")
    keep(theirs, f"list-{size}")
    assert_accessible(theirs)
    theirs.get_by_role("link", name=implant.patient.last_name).first.click()
    confirm = theirs.get_by_role("link", name="Confirm that it is you")
    if confirm.count():
        keep(theirs, f"confirm-{size}")
        confirm.click()
        theirs.locator("input[name=password]").fill(PASSWORD)
        theirs.locator("input[name=password]").press("Enter")
        theirs.wait_for_url(f"**/to-check/{check.ref}/")
    theirs.get_by_label("Drug").select_option("baclofen")
    theirs.get_by_label("Concentration").fill("2")
    theirs.locator("[name=unit_1]").select_option("mg/mL")
    theirs.get_by_label("Volume put in").fill("40")
    theirs.get_by_label("The pump").select_option("no")
    theirs.get_by_label("Dose a day").fill("40")
    theirs.locator("[name=dose_unit]").select_option("mcg/day")
    theirs.get_by_role("button", name="Compare and sign").click()
    expect(theirs.get_by_text("This differs from what was entered.").first).to_be_visible()
    keep(theirs, f"differs-{size}")
    assert_accessible(theirs)
    theirs.get_by_label("Dose a day").fill("400")
    theirs.get_by_role("button", name="Compare and sign").click()
    expect(theirs.get_by_text("Signed: the dates are in effect.")).to_be_visible()
    keep(theirs, f"signed-{size}")
    check.refresh_from_db()
    assert check.signer_id == colleague.id
    assert Forecast.objects.get(implant=implant).must_refill_by == check.would_be
