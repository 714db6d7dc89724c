"""What patients said, where nurses look: the visit, the calendar, the work list, the patient's pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from notifications.selectors.patient_pages import behind_link, times_behind
from notifications.services.answers import choose_time, confirm_visit, decline_visit
from tests.bookings import book, open_day
from tests.factories import House, make_patient, make_running_pump
from tests.patient_links import send_link
from tests.visits import Desk

pytestmark = pytest.mark.django_db
Url = Callable[..., str]


def test_a_visits_page_says_what_the_patient_said(house: House, desk: Desk, nurse: Client, url: Url) -> None:
    visit = desk.book()
    page = url("visit", ref=visit.ref)
    assert b"What the patient said" not in nurse.get(page).content
    sent = send_link(house, visit)
    confirm_visit(link_id=sent.row.pk, sequence=0, now=house.now)
    decline_visit(link_id=sent.row.pk, sequence=0, note="A wedding", now=house.now)
    text = nurse.get(page).content.decode()
    assert "says: cannot come" in text
    assert "“A wedding”" in text
    assert "Is coming" in text
    desk.move(visit, at="14:00")
    text = nurse.get(page).content.decode()
    assert "says: cannot come" not in text
    assert "about an earlier time of the visit" in text


def test_a_move_by_link_is_the_patients_in_the_history(
    house: House, desk: Desk, nurse: Client, url: Url
) -> None:
    visit = desk.book()
    sent = send_link(house, visit)
    link = sent.row
    first = times_behind(link=link, behind=behind_link(link=link, now=house.now), now=house.now)[0]
    choose_time(link_id=link.pk, sequence=0, starts_at=first.starts_at, now=house.now)
    assert "the patient, by link" in nurse.get(url("visit", ref=visit.ref)).content.decode()
    lines = nurse.get(url("patient_timeline", ref=visit.patient.ref)).context["page"]
    told = {line.title.split(":")[0]: line.who for line in lines if line.kind in ("visit", "answer")}
    assert told["Answer"] == "the patient, by link"
    assert told["Check-up moved"] == "the patient, by link"
    assert told["Check-up booked"] != "the patient, by link"


@pytest.mark.parametrize("view", ["list", "print", "feed"])
def test_the_calendar_marks_who_has_confirmed(
    house: House, desk: Desk, nurse: Client, url: Url, view: str
) -> None:
    visit = desk.book()
    desk.book(at="14:00")
    confirm_visit(link_id=send_link(house, visit).row.pk, sequence=0, now=house.now)
    address = {
        "list": f"{url('calendar')}?view=list&date={desk.day}",
        "print": f"{url('calendar_print')}?date={desk.day}",
        "feed": f"{url('calendar_feed')}?start={desk.day}&end={desk.day + timedelta(days=1)}",
    }[view]
    text = nurse.get(address).content.decode()
    assert text.count("confirmed") == (2 if view == "feed" else 1)


def test_the_work_list_and_the_patients_page_mark_it_too(house: House, nurse: Client, url: Url) -> None:
    implant = make_running_pump(house)
    visit = book(house, implant, on=open_day(house, days=20))
    confirm_visit(link_id=send_link(house, visit).row.pk, sequence=0, now=house.now)
    for page in (url("worklist"), url("patient", ref=implant.patient.ref)):
        assert "confirmed" in nurse.get(page).content.decode()


def test_marks_cost_one_query_however_many_visits(house: House, desk: Desk, nurse: Client, url: Url) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            nurse.get(f"{url('calendar')}?view=list&date={desk.day}")
        return len(queries)

    confirm_visit(link_id=send_link(house, desk.book()).row.pk, sequence=0, now=house.now)
    cost()
    one = cost()
    for hour in (13, 14, 15):
        visit = desk.book(make_patient(house), at=f"{hour}:00")
        confirm_visit(link_id=send_link(house, visit).row.pk, sequence=0, now=house.now)
    assert cost() == one
