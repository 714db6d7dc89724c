"""A patient takes a visit, or all visits, into a calendar of their own."""

from __future__ import annotations

import re

import pytest

from clinic.models import Patient
from scheduling.models import CalendarFeed, Visit
from tests.factories import House, make_patient
from tests.feeds import Reader
from tests.patient_links import BORN_DAY, SentLink, send_link
from tests.visits import Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient(house: House) -> Patient:
    return make_patient(house, first_name="Ursula", last_name="Ode")


def token_in(text: str) -> str:
    (found,) = re.findall(r">[^<]*/calendars/([\w-]+)\.ics</textarea>", text)
    return str(found)


def test_all_visits_are_in_the_calendar_that_is_asked_for(
    desk: Desk, patient: Patient, visit: Visit, sent: SentLink
) -> None:
    desk.book(patient, at="14:00")
    desk.book(at="15:00")
    answer = sent.open().post(sent.page("calendars"), {"born_day": str(BORN_DAY)})
    text = answer.content.decode()
    mine = Reader(token_in(text))
    mine.fetch()
    assert len(mine.events) == 2
    assert "webcal://" in text
    assert answer["Cache-Control"] == "no-store, private"
    feed = CalendarFeed.objects.get()
    assert (feed.patient, feed.owner, feed.scope) == (patient, None, "patient")


@pytest.mark.parametrize("born_day", ["", "5", "x", "32"])
def test_a_machine_that_presses_buttons_gets_no_link(sent: SentLink, born_day: str) -> None:
    browser = sent.open()
    assert browser.get(sent.page("calendars")).status_code == 200
    assert browser.post(sent.page("calendars"), {"born_day": born_day}).status_code == 422
    assert not CalendarFeed.objects.exists()


def test_whoever_says_that_it_is_not_them_leaves_no_calendar_behind(sent: SentLink, visit: Visit) -> None:
    browser = sent.open()
    made = browser.post(sent.page("calendars"), {"born_day": str(BORN_DAY)})
    mine = Reader(token_in(made.content.decode()))
    mine.fetch()
    assert mine.events
    page = browser.get(sent.page("not_me"))
    browser.post(sent.page("not_me"), {"number": str(page.context["number"])})
    mine.again()
    assert mine.events == {}


@pytest.mark.parametrize(("language", "name"), [("es", "Mis citas"), ("fr", "Mes rendez-vous")])
def test_it_has_a_name_in_the_readers_language(house: House, desk: Desk, language: str, name: str) -> None:
    patient = make_patient(house, language=language)
    sent = send_link(house, desk.book(patient))
    browser = sent.open()
    made = browser.post(sent.page("calendars"), {"born_day": str(BORN_DAY)})
    mine = Reader(token_in(made.content.decode()))
    mine.fetch()
    assert mine.calendar is not None
    assert mine.calendar.name == name


def test_a_patient_with_very_many_links_is_asked_to_phone(
    sent: SentLink, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scheduling.services.calendar_feeds.MOST_FEEDS", 1)
    browser = sent.open()
    assert browser.post(sent.page("calendars"), {"born_day": str(BORN_DAY)}).status_code == 200
    answer = browser.post(sent.page("calendars"))
    assert answer.status_code == 422
    assert "many calendar links" in answer.content.decode()
    assert CalendarFeed.objects.count() == 1
