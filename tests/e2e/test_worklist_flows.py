"""A nurse's morning in a real browser: the work list, calls, postponing, what is due, booking for many.

Set SHOTS to a folder to keep a picture of every page.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from clinic.models import Patient
from clinic.services.patients import add_contact_point
from scheduling.domain.call_entries import CallEntry
from scheduling.models import CallAttempt, FollowUp, Visit
from scheduling.services.calls import log_call
from scheduling.services.follow_ups import assign_follow_ups, complete_follow_ups, mark_not_needed
from tests.care_rows import make_visit
from tests.e2e.conftest import DESK, PHONE
from tests.factories import (
    PASSWORD,
    House,
    make_clinic,
    make_event,
    make_implant,
    make_patient,
    make_program,
    make_running_pump,
)

SignIn = Callable[[Page, str, str], None]
NewPage = Callable[..., Page]
Check = Callable[[Page], None]


@dataclass
class Ward:
    house: House
    due: Patient
    operated: Patient

    def url(self, path: str) -> str:
        return f"/c/{self.house.clinic.slug}/{path}"


@pytest.fixture
def ward(transactional_db: None) -> Ward:
    """Pumps in every group, one booked too late; three operated lately; a call to be returned."""
    house = make_clinic()
    who = {"clinic": house.clinic, "actor_id": house.nurse.id, "now": house.now}
    patients = {}
    for name, days in (
        ("Later", 1),
        ("Dimitriou", 20),
        ("Ekwueme", 27),
        ("Risk", 36),
        ("Over", 38),
        ("Empty", 45),
    ):
        patients[name] = make_patient(house, last_name=name)
        implant = make_running_pump(
            house, patients[name], filled_on=house.today - timedelta(days=days), concentration="300"
        )
        if name == "Ekwueme":
            make_visit(
                house, patients[name], on=house.today + timedelta(days=10), kind="refill", implant=implant
            )
    make_event(house, make_running_pump(house, make_patient(house, last_name="Stalled")), kind="stalled")
    for name in ("Abendroth", "Castellanos", "Featherstonehaugh-Villanueva"):
        patients[name] = make_patient(house, last_name=name, first_name="Maximiliane")
        implant = make_implant(house, patients[name], implanted_on=house.today - timedelta(days=10))
        make_program(house, implant, starts_on=house.today - timedelta(days=10))
    lost = make_running_pump(house, make_patient(house, last_name="Unwatched"))
    FollowUp.objects.filter(implant=lost, row_key="refill", state="open").update(
        state="not_needed", closed_at=house.now, closing_reason="by no service: the guard must see it"
    )
    operated, due = patients["Abendroth"], patients["Dimitriou"]
    add_contact_point(patient_ref=due.ref, kind="phone", value="+1 312 555 0142", **who)
    for row_key, act in (("suture_removal", "not"), ("wound_check_call", "done")):
        row = FollowUp.objects.filter(patient=operated, row_key=row_key)[0]
        if act == "done":
            complete_follow_ups(refs=[row.ref], note="dry and closed", **who)
        else:
            mark_not_needed(refs=[row.ref], reason="glued, not sutured", **who)
    ours = FollowUp.objects.filter(patient__in=[operated, due], state="open")
    assign_follow_ups(refs=[row.ref for row in ours], owner_id=house.nurse.id, **who)
    log_call(
        patient_ref=patients["Over"].ref,
        entry=CallEntry(outcome="call_back", call_back_on=house.today, note="At work until noon."),
        **who,
    )
    return Ward(house, due, operated)


def keep(page: Page, name: str) -> None:
    if folder := os.environ.get("SHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)


@pytest.fixture
def morning(ward: Ward, page: Page, sign_in: SignIn) -> Page:
    sign_in(page, ward.house.nurse.email, PASSWORD)
    page.goto(ward.url("worklist/"))
    return page


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_every_page_of_the_morning_is_accessible_and_fits_the_screen(
    ward: Ward, new_page: NewPage, sign_in: SignIn, assert_accessible: Check, viewport: dict[str, int]
) -> None:
    page = new_page(viewport=viewport)
    sign_in(page, ward.house.nurse.email, PASSWORD)
    wound = FollowUp.objects.get(patient=ward.operated, row_key="wound_check")
    three = FollowUp.objects.filter(row_key="wound_check", state="open")
    only, many = f"?only={wound.ref}", "?only=" + ",".join(str(row.ref) for row in three)
    patient = f"patients/{ward.operated.ref}/"
    for name, path in {
        "worklist": "worklist/",
        "worklist-mine": "worklist/?owner=mine",
        "followups": "followups/",
        "followups-callback": "followups/?part=callback",
        "followups-none": "followups/?how=task",
        "postpone": f"followups/postpone/{only}",
        "not-needed": f"followups/not-needed/{only}",
        "give": f"followups/give/{many}",
        "book-many": f"followups/book/{many}",
        "call": f"patients/{ward.due.ref}/calls/new/",
        "filter": "filters/new/?page=worklist&query=drug%3Dbaclofen",
        "care-plan": patient + "care/",
        "timeline": patient + "timeline/",
        "overview-care": patient,
    }.items():
        answer = page.goto(ward.url(path))
        assert answer is not None
        assert answer.status == 200, path
        keep(page, name)
        assert_accessible(page)
    page.emulate_media(media="print")
    for name, path in {
        "paper-followups": "followups/",
        "paper-timeline": patient + "timeline/?all=1",
    }.items():
        page.goto(ward.url(path))
        expect(page.locator(".due-acts, .filters, .btn").locator("visible=true")).to_have_count(0)
        keep(page, name)


def test_a_call_is_logged_from_the_list_by_keyboard_alone(
    ward: Ward, morning: Page, assert_accessible: Check
) -> None:
    page = morning
    page.get_by_role("button", name="More for Dimitriou").focus()
    page.keyboard.press("Enter")
    link = page.get_by_role("link", name="Log a call")
    expect(link).to_be_visible()
    for _ in range(10):
        page.keyboard.press("ArrowDown")
        if page.evaluate("document.activeElement.textContent").strip() == "Log a call":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="+1 312 555 0142")).to_be_visible()
    page.get_by_label("left a message").focus()
    page.keyboard.press("Space")
    page.get_by_label("Note").focus()
    page.keyboard.type("Asked for a word back.")
    page.get_by_role("button", name="Log the call").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The call is logged.")).to_be_visible()
    expect(page).to_have_url(re.compile("/worklist/$"))
    expect(page.locator(".work-row", has_text="Dimitriou")).to_contain_text("left a message")
    assert_accessible(page)
    made = CallAttempt.objects.get(patient=ward.due)
    assert (made.note, made.follow_up is not None) == ("Asked for a word back.", True)


def test_a_wrong_number_is_asked_for_only_then_and_used_again_by_one_press(
    ward: Ward, page: Page, sign_in: SignIn, assert_accessible: Check
) -> None:
    sign_in(page, ward.house.nurse.email, PASSWORD)
    page.goto(ward.url(f"patients/{ward.due.ref}/calls/new/"))
    asked = page.get_by_text("Which number is wrong?")
    expect(asked).to_be_hidden()
    page.get_by_label("wrong number").check()
    expect(asked).to_be_visible()
    assert_accessible(page)
    page.get_by_label("+1 312 555 0142", exact=True).check()
    page.get_by_role("button", name="Log the call").click()
    page.get_by_role("button", name="Use the number again").click()
    expect(page.get_by_text("The number or address is used again.")).to_be_visible()


def test_a_refill_is_postponed_and_taken_up_again(
    ward: Ward, morning: Page, assert_accessible: Check
) -> None:
    page = morning
    row = page.locator(".work-row", has_text="Dimitriou")
    row.get_by_role("button", name="More for Dimitriou").click()
    page.get_by_role("link", name="Postpone").click()
    item = FollowUp.objects.get(patient=ward.due, row_key="refill", state="open")
    assert item.latest_on is not None
    page.get_by_role("button", name="Postpone").click()
    expect(page.locator(".error-summary")).to_contain_text("2 entries need a correction")
    assert_accessible(page)
    page.get_by_label("Until").fill(item.latest_on.isoformat())
    page.get_by_label("Reason").fill("on holiday until then")
    page.get_by_role("button", name="Postpone").click()
    expect(row).to_contain_text("postponed until")
    keep(page, "postponed")
    assert_accessible(page)
    page.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("It is open again.")).to_be_visible()
    expect(row).not_to_contain_text("postponed until")


def test_a_follow_up_is_done_and_undone(ward: Ward, morning: Page, assert_accessible: Check) -> None:
    page = morning
    page.get_by_role("link", name="Follow-ups").click()
    page.locator(".due-chip-today").click()
    done = page.get_by_role("button", name="Done Wound check, Abendroth")
    done.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 follow-up is done.")).to_be_visible()
    expect(done).to_have_count(0)
    assert_accessible(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("It is open again.")).to_be_visible()
    expect(page).to_have_url(re.compile(r"part=today"))
    expect(done).to_have_count(1)


def test_visits_are_booked_for_all_that_are_ticked(
    ward: Ward, morning: Page, assert_accessible: Check
) -> None:
    page = morning
    page.goto(ward.url("followups/?what=wound_check"))
    for tick in page.get_by_role("checkbox", name="Tick Wound check").all():
        tick.focus()
        page.keyboard.press("Space")
    expect(page.locator("[data-ticked]")).to_have_text("3")
    keep(page, "ticked")
    assert_accessible(page)
    page.get_by_role("button", name="Book…").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Time for Castellanos").select_option(label="Leave out")
    page.get_by_role("button", name="Book these visits").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 visits are booked.")).to_be_visible()
    assert Visit.objects.filter(status="booked", kind__key="wound_check").count() == 2
    expect(page.locator(".due-row", has_text="Castellanos")).to_contain_text("not booked")
    assert_accessible(page)


def test_a_filter_is_kept_used_renamed_and_deleted(
    ward: Ward, morning: Page, assert_accessible: Check
) -> None:
    page = morning
    page.goto(ward.url("worklist/?drug=baclofen&group=due"))
    page.get_by_role("link", name="Keep this filter").click()
    page.get_by_role("textbox", name="Name").fill("Baclofen, due")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The filter is kept.")).to_be_visible()
    page.get_by_role("link", name="Work list").first.click()
    page.get_by_role("link", name="Baclofen, due", exact=True).click()
    expect(page).to_have_url(re.compile("drug=baclofen&group=due"))
    assert_accessible(page)
    page.get_by_role("link", name="Change the filter Baclofen, due").click()
    page.get_by_role("textbox", name="Name").fill("Mine")
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("link", name="Change the filter Mine").click()
    page.get_by_role("button", name="Delete this filter").click()
    expect(page.get_by_text("The filter is deleted.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Mine", exact=True).first).to_be_visible()


def test_the_lists_work_without_scripts(ward: Ward, new_page: NewPage, sign_in: SignIn) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, ward.house.nurse.email, PASSWORD)
    page.goto(ward.url("followups/?what=wound_check"))
    page.get_by_role("checkbox", name="Tick Wound check, Abendroth").check()
    page.locator(".due-bar").get_by_role("button", name="Done").click()
    expect(page.get_by_text("1 follow-up is done.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("It is open again.")).to_be_visible()
