"""The calendar in a real browser: on a desk, on a phone, by mouse, by keyboard, on the days the clocks change.

Set SHOTS to a folder to keep a picture of every page.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from clinic.audit import recording
from clinic.services.closures import add_closure
from scheduling.domain.hours import ExceptionEntry
from scheduling.models import Resource, Visit
from scheduling.services import booking
from scheduling.services.resources import add_exception
from tests.bookings import add_nurse, book, hold, nurse_of, open_day
from tests.e2e.conftest import DESK, PHONE
from tests.factories import PASSWORD, House, make_clinic, make_patient, make_running_pump

SignIn = Callable[[Page, str, str], None]
NewPage = Callable[..., Page]
Check = Callable[[Page], None]


@dataclass
class Week:
    """A house with a Tuesday full of visits, two weeks ahead."""

    house: House
    day: date
    nurse: Resource
    other: Resource
    visit: Visit
    taken: Visit

    def url(self, path: str = "") -> str:
        return f"/c/{self.house.clinic.slug}/{path}"

    def calendar(self, **query: object) -> str:
        said = {"view": "week", "date": self.day, **query}
        return self.url("calendar/?") + "&".join(f"{name}={value}" for name, value in said.items())


@pytest.fixture
def week(transactional_db: None) -> Week:
    house = make_clinic()
    day = open_day(house, 14)
    while day.weekday() != 1:
        day = open_day(house, (day - house.today).days + 1)
    other = add_nurse(house, "Otto Other")
    implant = make_running_pump(house, make_patient(house, last_name="Ode", first_name="Ursula"))
    visit = book(house, implant, on=day, at=time(10), nurse_ref=nurse_of(house).ref)
    taken = book(
        house,
        make_patient(house, last_name="Sato", first_name="Ken"),
        on=day,
        at=time(14),
        duration_minutes=60,
        nurse_ref=nurse_of(house).ref,
    )
    for hour, name in ((9, "Abara"), (11, "Lindqvist-Featherstonehaugh"), (15, "Moreau")):
        patient = make_patient(house, last_name=name)
        book(house, patient, on=day + timedelta(days=1), at=time(hour), nurse_ref=other.ref)
    add_exception(
        clinic=house.clinic,
        resource_ref=other.ref,
        entry=ExceptionEntry(first_on=day, last_on=day, reason="Training"),
        now=house.now,
    )
    return Week(house, day, nurse_of(house), other, visit, taken)


@pytest.fixture
def shot() -> Callable[[Page, str], None]:
    """Keeps a picture where SHOTS names a folder for it."""

    def keep(page: Page, name: str) -> None:
        if folder := os.environ.get("SHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)

    return keep


def drawn(page: Page) -> None:
    """Wait until the grid holds what the server sent."""
    page.wait_for_selector("#calendar[data-loaded]")


def event_of(page: Page, visit: Visit) -> Locator:
    return page.locator(f"a.cal-visit[href$='/visits/{visit.ref}/']")


def drag(page: Page, visit: Visit, *, minutes: int) -> None:
    """Drag a visit by so many minutes, up or down."""
    box = event_of(page, visit).bounding_box()
    assert box is not None
    taken_minutes = int((visit.ends_at - visit.starts_at).total_seconds()) // 60
    per_minute = box["height"] / taken_minutes
    x, y = box["x"] + box["width"] / 2, box["y"] + 8
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + per_minute * minutes / 2, steps=4)
    page.mouse.move(x, y + per_minute * minutes, steps=4)
    page.mouse.up()


def test_the_calendar_reads_well_on_every_screen(
    week: Week,
    new_page: NewPage,
    sign_in: SignIn,
    assert_accessible: Check,
    shot: Callable[[Page, str], None],
) -> None:
    for viewport, name in ((DESK, "desk"), (PHONE, "phone")):
        page = new_page(viewport=viewport, locale="en-US", timezone_id="America/Chicago")
        sign_in(page, week.house.nurse.email, PASSWORD)
        for view in ("week", "day", "month", "list"):
            page.goto(week.calendar(view=view))
            if view != "list":
                drawn(page)
            shot(page, f"calendar-{view}-{name}")
            assert_accessible(page)
        page.goto(week.url(f"calendar/print/?date={week.day}"))
        shot(page, f"calendar-print-{name}")
        assert_accessible(page)
        page.emulate_media(media="print")
        expect(page.locator("header nav")).to_be_hidden()
        expect(page.get_by_role("button", name="Print")).to_be_hidden()
        shot(page, f"calendar-paper-{name}")
        page.emulate_media(media="screen")
        page.goto(week.calendar(view="week", nurse=week.other.ref))
        drawn(page)
        shot(page, f"calendar-nurse-{name}")
        page.goto(week.url("calendar/"))
        if name == "desk":
            page.wait_for_url("**view=week**")
            drawn(page)
        else:
            expect(page.locator(".calendar-agenda")).to_be_visible()
        shot(page, f"calendar-default-{name}")


def test_a_visit_dragged_to_a_free_time_is_moved_and_moves_back(
    week: Week, page: Page, sign_in: SignIn, assert_accessible: Check, shot: Callable[[Page, str], None]
) -> None:
    sign_in(page, week.house.nurse.email, PASSWORD)
    page.goto(week.calendar())
    drawn(page)
    drag(page, week.visit, minutes=60)
    expect(page.locator("#calendar-said")).to_contain_text("The visit is moved to Tue")
    expect(page.locator("#calendar-said")).to_contain_text("11:00")
    shot(page, "calendar-moved")
    assert_accessible(page)
    week.visit.refresh_from_db()
    assert week.visit.local_at == time(11)
    expect(event_of(page, week.visit)).to_contain_text("11:00–12:00")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#calendar-said")).to_contain_text("back where it was")
    expect(event_of(page, week.visit)).to_contain_text("10:00–11:00")
    week.visit.refresh_from_db()
    assert week.visit.local_at == time(10)


def test_a_visit_dragged_onto_another_springs_back_says_why_and_offers_times(
    week: Week, page: Page, sign_in: SignIn, assert_accessible: Check, shot: Callable[[Page, str], None]
) -> None:
    sign_in(page, week.house.nurse.email, PASSWORD)
    page.goto(week.calendar())
    drawn(page)
    drag(page, week.visit, minutes=240)
    said = page.locator("#calendar-said")
    expect(said).to_contain_text("The visit stays where it was. Nora Nurse has another visit at this time.")
    expect(said).to_be_focused()
    expect(event_of(page, week.visit)).to_contain_text("10:00–11:00")
    shot(page, "calendar-refused")
    assert_accessible(page)
    week.visit.refresh_from_db()
    assert week.visit.local_at == time(10)
    page.keyboard.press("Tab")
    offered = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    expect(said).to_contain_text("The visit is moved to")
    week.visit.refresh_from_db()
    assert f"{week.visit.local_at:%H:%M}" in offered


def test_an_empty_time_that_is_pressed_leads_to_booking_at_that_time(
    week: Week, page: Page, sign_in: SignIn
) -> None:
    sign_in(page, week.house.nurse.email, PASSWORD)
    page.goto(week.calendar(nurse=week.nurse.ref))
    drawn(page)
    box = event_of(page, week.visit).bounding_box()
    assert box is not None
    page.mouse.click(
        box["x"] + box["width"] / 2, box["y"] + 1.25 * box["height"]
    )  # in the half hour from eleven
    page.wait_for_url("**/visits/new/?*")
    assert f"on={week.day}" in page.url
    assert "at=11%3A00" in page.url
    assert f"nurse={week.nurse.ref}" in page.url
    expect(page.locator("main")).to_contain_text("11:00")


def test_a_press_on_a_visit_opens_it_and_a_count_opens_its_day(
    week: Week, page: Page, sign_in: SignIn
) -> None:
    sign_in(page, week.house.nurse.email, PASSWORD)
    page.goto(week.calendar(view="month"))
    drawn(page)
    page.get_by_role("link", name=re.compile("2 visits")).click()
    page.wait_for_url(f"**view=day&date={week.day}**")
    drawn(page)
    event_of(page, week.visit).click()
    page.wait_for_url(f"**/visits/{week.visit.ref}/")
    expect(page.locator("h1")).to_have_text("Refill")


def test_only_the_days_in_view_are_fetched_and_again_when_one_comes_back(
    week: Week, page: Page, sign_in: SignIn
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "visits.json" in request.url else None)
    sign_in(page, week.house.nurse.email, PASSWORD)
    page.goto(week.calendar(view="day"))
    drawn(page)
    (one,) = asked
    assert f"start={week.day}" in one
    assert f"end={week.day + timedelta(days=1)}" in one


def test_the_reader_elsewhere_is_told_whose_time_it_is(
    week: Week, new_page: NewPage, sign_in: SignIn
) -> None:
    for zone, is_told in (("America/Chicago", False), ("America/Winnipeg", False), ("Asia/Tokyo", True)):
        page = new_page(timezone_id=zone)
        sign_in(page, week.house.nurse.email, PASSWORD)
        page.goto(week.calendar(view="day"))
        drawn(page)
        note = page.locator(".clinic-time")
        if is_told:
            expect(note).to_have_text(
                "All times are the clinic's (America/Chicago). Your device is set to Asia/Tokyo."
            )
        else:
            expect(note).to_be_hidden()
        expect(event_of(page, week.visit)).to_contain_text("10:00–11:00")


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/Chicago", date(2027, 3, 14)),
        ("America/Chicago", date(2027, 11, 7)),
        ("Europe/Madrid", date(2027, 3, 28)),
        ("Europe/Madrid", date(2027, 10, 31)),
    ],
)
def test_times_are_right_on_the_days_the_clocks_change(
    transactional_db: None, new_page: NewPage, sign_in: SignIn, zone: str, day: date
) -> None:
    """A visit stands at the height of its own time, wherever the reader is, and a drag of an hour is an hour."""
    house = make_clinic(time_zone=zone)
    with recording(actor_id=house.administrator.id, reason="open every day"):
        house.clinic.open_weekdays = list(range(7))
        house.clinic.save()
    nurse = nurse_of(house)
    nurse.hours.create(clinic=house.clinic, weekday=6, starts_at=time(0), ends_at=time(23))
    room = Resource.objects.get(clinic=house.clinic, kind="room")
    room.hours.all().delete()
    visit = book(house, make_patient(house, last_name="Ode"), on=day, at=time(9), duration_minutes=60)
    early = book(house, make_patient(house, last_name="Early"), on=day, at=time(0, 30), duration_minutes=60)
    for reader in (zone, "Asia/Tokyo"):
        page = new_page(timezone_id=reader, viewport={"width": 1280, "height": 2400})
        sign_in(page, house.nurse.email, PASSWORD)
        page.goto(f"/c/{house.clinic.slug}/calendar/?view=day&date={day}")
        drawn(page)
        expect(event_of(page, early)).to_contain_text("00:30–01:30")
        visit.refresh_from_db()
        was = visit.local_at
        expect(event_of(page, visit)).to_contain_text(f"{was:%H:%M}–{was.hour + 1:02}:00")
        drag(page, visit, minutes=60)
        expect(page.locator("#calendar-said")).to_contain_text("The visit is moved to")
        visit.refresh_from_db()
        assert (visit.local_on, visit.local_at) == (day, time(was.hour + 1))


def test_without_scripts_the_calendar_is_the_list_of_the_day(
    week: Week, new_page: NewPage, sign_in: SignIn
) -> None:
    page = new_page(java_script_enabled=False, viewport=PHONE)
    sign_in(page, week.house.nurse.email, PASSWORD)
    page.goto(week.url(f"calendar/?date={week.day}"))
    expect(page.locator(".agenda-row")).to_have_count(2)
    page.get_by_role("link", name="Later").click()
    expect(page.locator(".agenda-row")).to_have_count(3)
    page.locator(".agenda-name").first.click()
    expect(page.locator("h1")).to_have_text("Check-up")
    page.goto(week.calendar(view="week"))
    page.get_by_role("link", name="The same day as a list").click()
    expect(page.locator(".agenda-row")).to_have_count(2)


def test_every_status_has_a_sign_a_word_and_a_colour(
    week: Week,
    new_page: NewPage,
    sign_in: SignIn,
    assert_accessible: Check,
    shot: Callable[[Page, str], None],
) -> None:
    """A morning of everything: arrived, checked in, done, missed, held, overbooked, too late, closed beside it."""
    house, day, nurse = week.house, week.day + timedelta(days=2), week.nurse.ref
    who = {"clinic": house.clinic, "actor_id": house.nurse.id}
    steps = {
        "Arrived": booking.mark_arrived,
        "Checked": booking.check_in,
        "Missed": booking.mark_no_show,
    }
    for number, (name, step) in enumerate(steps.items()):
        visit = book(house, make_patient(house, last_name=name), on=day, at=time(9 + number), nurse_ref=nurse)
        step(visit_ref=visit.ref, now=visit.starts_at, **who)
    done = book(house, make_patient(house, last_name="Done"), on=day, at=time(13), nurse_ref=nurse)
    booking.fulfil_visit(visit_ref=done.ref, done_follow_ups=(), now=done.ends_at, **who)
    for kind in ("wound_check", "check_up"):
        patient = make_patient(house, last_name="Twice")
        book(house, patient, on=day, at=time(14), kind=kind, nurse_ref=nurse, override_reason="fever")
    late = make_running_pump(
        house,
        make_patient(house, last_name="Late"),
        filled_on=house.today - timedelta(days=25),
        concentration="300",
    )
    book(house, late, on=day, at=time(15), nurse_ref=nurse)
    hold(house, make_patient(house, last_name="Held"), on=day, at=time(16), nurse_ref=nurse)
    add_closure(
        clinic=house.clinic,
        closed_on=day + timedelta(days=1),
        reason="Founders' day",
        actor_id=house.nurse.id,
    )
    for viewport, name in ((DESK, "desk"), (PHONE, "phone")):
        page = new_page(viewport=viewport, timezone_id="America/Chicago")
        sign_in(page, house.nurse.email, PASSWORD)
        for view in ("week", "day", "list"):
            page.goto(week.calendar(view=view, date=day))
            if view != "list":
                drawn(page)
            shot(page, f"calendar-all-{view}-{name}")
            assert_accessible(page)
            for word in ("arrived", "checked in", "did not come", "done", "overbooked", "held"):
                expect(page.locator("main")).to_contain_text(word)
    page.goto(week.calendar(view="list", date=day))
    expect(page.locator("main")).to_contain_text("Too late for the refill")


def test_the_line_of_now_stands_at_the_clinics_time(
    transactional_db: None, new_page: NewPage, sign_in: SignIn
) -> None:
    house = make_clinic(time_zone="Europe/Madrid")
    with recording(actor_id=house.administrator.id, reason="open every day"):
        house.clinic.open_weekdays = list(range(7))
        house.clinic.save()
    nurse = nurse_of(house)
    nurse.hours.all().delete()
    for weekday in range(7):
        nurse.hours.create(clinic=house.clinic, weekday=weekday, starts_at=time(0), ends_at=time(23, 59))
    page = new_page(timezone_id="Asia/Tokyo", viewport={"width": 1280, "height": 2600})
    sign_in(page, house.nurse.email, PASSWORD)
    page.goto(f"/c/{house.clinic.slug}/calendar/?view=day")
    drawn(page)
    line = page.locator(".cal-now").first.bounding_box()
    top = page.locator("[data-time='00:00:00']").last.bounding_box()
    noon = page.locator("[data-time='12:00:00']").last.bounding_box()
    assert line is not None
    assert top is not None
    assert noon is not None
    minutes = (line["y"] - top["y"]) / (noon["y"] - top["y"]) * 720
    now = datetime.now(ZoneInfo("Europe/Madrid"))
    assert abs(minutes - (now.hour * 60 + now.minute)) < 6
