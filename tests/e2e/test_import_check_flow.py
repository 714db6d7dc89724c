"""Two people and one file, in a real browser: imported, shown again, re-entered unseen, signed, in effect.

Set SHOTS to a folder to keep a picture of every page.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from clinic.domain.roles import Role
from scheduling.models import ImportCheck, RegisterImport
from tests.e2e.conftest import DESK, PHONE
from tests.e2e.test_second_check_flow import keep
from tests.factories import PASSWORD, House, make_clinic
from tests.imports import implant_called, imported, rows_of
from tests.register_files import register


def re_enter(page: Page, dose: str) -> None:
    page.get_by_label("Day of the last fill").fill("2026-10-01")
    page.get_by_label("Drug").select_option("baclofen")
    page.get_by_label("Concentration").fill("2")
    page.locator("[name=unit_1]").select_option("mg/mL")
    page.get_by_label("Volume put in").fill("40")
    page.get_by_label("The pump").select_option("no")
    page.get_by_label("Dose a day").fill(dose)
    page.locator("[name=dose_unit]").select_option("mcg/day")
    page.get_by_role("button", name="Compare").press("Enter")


def confirm_if_asked(page: Page) -> None:
    """Type the password again, where the page asks who one is."""
    if page.locator("input[name=password]").count():
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("input[name=password]").press("Enter")


@pytest.mark.parametrize(("size", "screen"), [("desk", DESK), ("phone", PHONE)])
def test_an_import_waits_until_a_colleague_has_checked_it_as_a_whole(
    size: str,
    screen: dict[str, int],
    new_page: Callable[..., Page],
    sign_in: Callable[[Page, str, str], None],
    assert_accessible: Callable[[Page], None],
    transactional_db: None,
    tmp_path: Path,
) -> None:
    house: House = make_clinic()
    colleague = house.person(Role.PRESCRIBER)
    check = imported(house, 4)
    run = RegisterImport.objects.get()
    implant = implant_called("S1")
    copy = tmp_path / "copy.csv"
    copy.write_bytes(register(*rows_of(4)))
    at = f"/c/{house.clinic.slug}/"

    mine = new_page(viewport=screen)
    sign_in(mine, house.administrator.email, PASSWORD)
    for name, address, words in (
        ("register", f"register/{run.ref}/", "Waiting for a second person."),
        ("patient", f"patients/{implant.patient.ref}/", "Imported, not yet checked by a second person."),
        ("worklist", "worklist/", "Import, unchecked"),
        ("own-list", "to-check/", "somebody else checks it"),
        ("own", f"to-check/import/{check.ref}/", "You brought this file in"),
        ("emergency", f"to-check/import/{check.ref}/emergency/", "Why it cannot wait"),
    ):
        mine.goto(f"{at}{address}")
        expect(mine.get_by_text(words).first).to_be_visible()
        keep(mine, f"import-{name}-{size}")
        assert_accessible(mine)

    theirs = new_page(viewport=screen)
    sign_in(theirs, colleague.email, PASSWORD)
    theirs.goto(f"{at}to-check/")
    keep(theirs, f"import-list-{size}")
    assert_accessible(theirs)
    theirs.get_by_role("link", name="register.csv").first.click()
    keep(theirs, f"import-check-{size}")
    assert_accessible(theirs)
    theirs.get_by_role("button", name="Compare the file").click()
    expect(theirs.get_by_text("Choose the file, or type the beginning of its hash.").first).to_be_visible()
    keep(theirs, f"import-no-file-{size}")
    assert_accessible(theirs)
    theirs.locator("input[type=file]").set_input_files(copy)
    theirs.get_by_role("button", name="Compare the file").click()
    expect(theirs.get_by_text("It is the same file.")).to_be_visible()
    doses = ["30", "300", "300", "300"]
    for number, dose in enumerate(doses):
        theirs.get_by_role("link", name="Again" if number == 1 else "Re-enter").first.click()
        confirm_if_asked(theirs)
        if number == 0:
            keep(theirs, f"import-pump-{size}")
            assert_accessible(theirs)
        re_enter(theirs, dose)
        if dose == "30":
            expect(theirs.get_by_text("This differs from what was entered.").first).to_be_visible()
            keep(theirs, f"import-differs-{size}")
            assert_accessible(theirs)
            theirs.get_by_role("link", name="Back to the import").click()
            keep(theirs, f"import-tried-{size}")
            assert_accessible(theirs)
        else:
            expect(theirs.get_by_text("The same. Go on with the next.")).to_be_visible()
    keep(theirs, f"import-ready-{size}")
    assert_accessible(theirs)
    theirs.get_by_role("button", name="Sign the import").click()
    expect(theirs.get_by_text("Signed: the dates of 4 pumps are in effect.")).to_be_visible()
    keep(theirs, f"import-signed-{size}")
    check = ImportCheck.objects.get(pk=check.pk)
    assert (check.state, check.signer_id) == ("signed", colleague.id)
    assert not check.pumps.filter(waits=True).exists()
    theirs.goto(f"{at}to-check/import/{check.ref}/")
    keep(theirs, f"import-after-{size}")
    assert_accessible(theirs)
