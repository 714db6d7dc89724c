"""The patient pages on a phone and on a desk's screen, in three languages.

They are used with JavaScript off, and looked over with it on: axe is a script, the pages have none.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from notifications.models import Escalation, PatientAnswer, PatientLink
from notifications.services.answers import ask_for_other_time, confirm_visit, decline_visit
from notifications.services.links import ref_of
from scheduling.models import Visit
from scheduling.services import booking
from tests.e2e.conftest import DESK, PHONE
from tests.factories import House, make_clinic, make_patient
from tests.patient_links import BORN_DAY, SentLink, send_link
from tests.visits import Desk, item, make_desk
from tests.web.table_rows import plan_operation

LANGUAGES = ("en", "es", "fr")
NewPage = Callable[..., Page]


@pytest.fixture
def house(transactional_db: None) -> House:
    return make_clinic()


@pytest.fixture
def desk(house: House) -> Desk:
    return make_desk(house)


def links_in_every_state(house: House, desk: Desk) -> dict[str, SentLink]:
    """A link for each thing that can be behind one, by a name of it."""
    hours = iter(["09:00", "09:30", "10:30", "11:00", "11:30", "13:00", "13:30", "15:00"])

    def of_visit(version: str = "") -> SentLink:
        return send_link(house, desk.book(make_patient(house), at=next(hours)), version=version)

    sent = {
        name: of_visit() for name in ("asked", "coming", "cannot", "other", "moved", "pending", "cancelled")
    }
    now, by = house.now, {"sequence": 0, "now": house.now}
    plan_operation(house, sent["asked"].row.patient)
    confirm_visit(link_id=sent["coming"].row.pk, **by)
    decline_visit(link_id=sent["cannot"].row.pk, **by)
    ask_for_other_time(link_id=sent["other"].row.pk, **by)
    moved, pending, cancelled = (sent[name].row.visit for name in ("moved", "pending", "cancelled"))
    desk.move(moved, at="14:00")
    desk.step(booking.displace_visit, pending, reason="away", now=now)
    desk.step(booking.cancel_visit, cancelled, reason="ill", now=now)
    due = {"target_on": desk.day, "latest_on": desk.day + timedelta(days=20)}
    sent["book"] = send_link(house, item(make_patient(house), **due))
    sent["late"] = send_link(house, item(make_patient(house)))
    sent["steps"] = send_link(house, sent["asked"].row.patient, purpose="preparation", step="p")
    sent["nothing"] = send_link(house, make_patient(house))
    sent["wrong"] = of_visit()
    PatientLink.objects.filter(pk=sent["wrong"].row.pk).update(wrong_tries=5)
    return sent


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_every_page_is_accessible_in_every_language(
    house: House,
    desk: Desk,
    new_page: NewPage,
    assert_accessible: Callable[[Page], None],
    viewport: dict[str, int],
) -> None:
    sent = links_in_every_state(house, desk)
    page = new_page(viewport=viewport)
    for link in sent.values():
        page.goto(link.address)
    page.goto(sent["asked"].page("times"))
    at = page.locator(".times a").first.get_attribute("href")
    one = sent["asked"]
    addresses = [link.page() for link in sent.values()]
    addresses += [one.page(name) for name in ("cannot_come", "times", "ask", "not_me")]
    addresses += [
        f"{one.page()}?now=changed",
        f"{one.page()}?now=busy",
        f"{one.page('times')}?more=1",
        str(at),
    ]
    for number, address in enumerate(addresses):
        # A wide screen breaks no line: there each page is looked over in one language, in turn.
        for language in LANGUAGES if viewport == PHONE else LANGUAGES[number % 3 :][:1]:
            page.goto(f"{address}{'&' if '?' in address else '?'}lang={language}")
            expect(page.locator(f"html[lang={language}]")).to_have_count(1)
            assert_accessible(page)
            assert_large_targets(page)
    stranger = new_page(viewport=viewport)
    for address in (one.page(), "/l/AAAAAAAAAAAAAAAAAAAAAA"):
        stranger.goto(address)
        assert_accessible(stranger)


def assert_large_targets(page: Page) -> None:
    """Whatever is pressed is 44 pixels high or more."""
    small = page.evaluate(
        "() => [...document.querySelectorAll('a, button, input:not([type=hidden])')]"
        ".filter(e => e.className !== 'skip' && e.getBoundingClientRect().height < 43.5)"
        ".map(e => e.outerHTML.slice(0, 80))"
    )
    assert small == [], page.url


def test_a_patient_on_a_phone_answers_changes_her_mind_and_moves_the_visit(
    house: House, desk: Desk, new_page: NewPage
) -> None:
    visit = desk.book(make_patient(house))
    sent = send_link(house, visit)
    page = new_page(viewport=PHONE, java_script_enabled=False)
    page.goto(sent.address)
    assert sent.token not in page.url
    page.get_by_label("On which day of the month were you born?").fill("31")
    page.get_by_role("button", name="Yes, I am coming").click()
    expect(page.get_by_role("alert")).to_contain_text("That is not the day that we have.")
    field = page.get_by_label("On which day of the month were you born?")
    expect(field).to_be_focused()
    field.fill(str(BORN_DAY))
    field.press("Enter")
    expect(page.get_by_text("Thank you. We expect you.")).to_be_visible()
    page.get_by_role("link", name="I cannot come after all").click()
    page.get_by_label("Why?").fill("A wedding")
    page.get_by_role("button", name="I cannot come, please call me").click()
    expect(page.get_by_text("You told us that you cannot come.")).to_be_visible()
    page.get_by_role("link", name="I need another time").click()
    page.locator(".times a").nth(1).click()
    expect(page.get_by_role("heading", name="Take this time?")).to_be_visible()
    page.get_by_role("button", name="Yes, take this time").click()
    expect(page.get_by_text("Thank you. We expect you.")).to_be_visible()
    assert list(PatientAnswer.objects.order_by("id").values_list("answer", flat=True)) == [
        "confirmed",
        "cannot_come",
        "moved",
    ]
    assert Escalation.objects.get().cause == "cannot_come"
    assert Visit.objects.get(pk=visit.pk).sequence == 1
    page.get_by_role("link", name="Add to my calendar").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Get this visit").click()
    assert "SEQUENCE:1" in download.value.path().read_text()


def test_two_links_that_are_open_at_once_do_not_mix(house: House, desk: Desk, new_page: NewPage) -> None:
    mine, hers = (
        send_link(house, desk.book(make_patient(house, first_name=name), at=at))
        for name, at in (("Ida", "10:00"), ("Eve", "11:00"))
    )
    page = new_page(viewport=PHONE, java_script_enabled=False)
    page.goto(mine.address)
    other = page.context.new_page()
    other.goto(hers.address)
    expect(other.get_by_text("Hello Eve,")).to_be_visible()
    page.get_by_label("On which day of the month were you born?").fill(str(BORN_DAY))
    page.get_by_role("button", name="Yes, I am coming").click()
    expect(page.get_by_text("Hello Ida,")).to_be_visible()
    assert PatientAnswer.objects.get().visit_id == mine.row.visit_id
    assert ref_of(mine.row) in page.url
