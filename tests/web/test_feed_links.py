"""Links to calendars: whose they are, what ends them, and what a program is given then."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test import Client

from clinic.audit import recording
from clinic.models import Membership, Patient
from scheduling.domain.calendars.access import FETCHES_AN_HOUR
from scheduling.models import CalendarFeed, FeedUse
from scheduling.services.calendar_feeds import (
    create_patients_feed,
    revoke_feed,
)
from tests.factories import House, make_patient
from tests.feeds import Reader, link, reader
from tests.visits import Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient(house: House) -> Patient:
    return make_patient(house, first_name="Ursula", last_name="Ode")


def unknown() -> Any:
    return Client().get(f"/calendars/{'x' * 43}.ics")


def test_an_unknown_link_is_not_found(house: House) -> None:
    for path in ("x", "x" * 43, "%00", "é" * 20, "..", "x" * 2_000):
        response = Client().get(f"/calendars/{path}.ics")
        assert (response.status_code, response.content) == (404, unknown().content), path


def test_a_revoked_link_empties_the_copy_and_then_is_gone(desk: Desk, house: House) -> None:
    desk.book()
    feed, token = link(house)
    mine = Reader(token)
    mine.fetch()
    assert mine.events
    revoke_feed(clinic=house.clinic, ref=feed.ref, actor_id=house.nurse.id, now=house.now)
    assert mine.again().status_code == 200
    assert mine.events == {}
    assert mine.calendar is not None
    assert mine.calendar.components == ("vtimezone",)
    assert b"X-PUBLISHED-TTL:P7D" in mine.body
    with recording(actor_id=None, reason="time goes by"):
        CalendarFeed.objects.update(revoked_at=house.now - timedelta(days=31))
    assert mine.fetch().content == unknown().content
    assert mine.status == 404


def test_a_link_that_nobody_used_is_closed(desk: Desk, house: House) -> None:
    desk.book()
    mine = reader(house)
    FeedUse.objects.update(fetched_at=house.now - timedelta(days=89))
    mine.fetch()
    assert mine.events
    FeedUse.objects.update(fetched_at=house.now - timedelta(days=91))
    mine.fetch()
    assert mine.events == {}
    FeedUse.objects.update(fetched_at=house.now - timedelta(days=121))
    mine.fetch()
    assert mine.status == 404


def test_rights_are_asked_at_each_fetch(desk: Desk, house: House) -> None:
    desk.book()
    mine = reader(house)
    mine.fetch()
    assert mine.events
    Membership.objects.filter(user=house.nurse).update(is_active=False)
    mine.again()
    assert mine.events == {}
    Membership.objects.filter(user=house.nurse).update(is_active=True)
    mine.again()
    assert mine.events


def test_a_patient_who_died_has_no_calendar(desk: Desk, house: House, patient: Patient) -> None:
    desk.book(patient)
    feed, token = create_patients_feed(clinic=house.clinic, patient=patient, label="My visits", now=house.now)
    mine = Reader(token)
    mine.fetch()
    assert mine.events
    Patient.objects.filter(pk=patient.pk).update(died_on=house.today)
    mine.again()
    assert mine.events == {}
    assert feed.owner is None


@pytest.mark.parametrize(
    ("language", "summary"),
    [("en", "Visit: "), ("es", "Cita: "), ("fr", "Rendez-vous\xa0: ")],
)
def test_a_patients_own_calendar_says_what_messages_say(
    desk: Desk, house: House, language: str, summary: str
) -> None:
    patient = make_patient(house, language=language)
    desk.book(patient, note="secret")
    desk.book(at="14:00")
    token = create_patients_feed(clinic=house.clinic, patient=patient, label="x", now=house.now)[1]
    mine = Reader(token)
    mine.fetch()
    assert mine.event.summary == f"{summary}{house.clinic.name}"
    body = mine.body.decode()
    for secret in (patient.last_name, "secret", desk.room.name, desk.nurse.name, "Check-up"):
        assert secret not in body.replace(house.clinic.name, "")


def test_a_link_that_is_asked_for_all_the_time_is_told_to_wait(house: House) -> None:
    mine, other = reader(house), reader(house)
    for _ in range(FETCHES_AN_HOUR):
        assert mine.fetch().status_code == 200
    response = mine.fetch()
    assert (response.status_code, response["Content-Type"]) == (429, "text/plain")
    assert int(response["Retry-After"]) > 0
    assert other.fetch().status_code == 200
    cache.clear()
    assert mine.fetch().status_code == 200


@pytest.mark.parametrize("statements", [0, 1, 2])
def test_a_failure_is_never_a_page(desk: Desk, house: House, statements: int, caplog: Any) -> None:
    """Whichever of its statements the database refuses: the link, the version, the events."""
    desk.book()
    mine = reader(house)
    mine.fetch()
    left = iter(range(statements))

    def refuses(execute: Any, *asked: Any) -> Any:
        if next(left, None) is None:
            raise OperationalError("secret")
        return execute(*asked)

    with connection.execute_wrapper(refuses):
        response = mine.fetch()
    assert (response.status_code, response["Content-Type"]) == (503, "text/plain")
    assert int(response["Retry-After"]) > 0
    assert "a calendar could not be given" in caplog.text
    assert "secret" not in caplog.text
    assert mine.fetch().status_code == 200


def test_in_maintenance_programs_come_back_later(house: House, settings: Any) -> None:
    mine = reader(house)
    settings.MAINTENANCE = True
    assert (mine.fetch().status_code, unknown().status_code) == (503, 503)


def test_a_token_is_kept_nowhere(house: House) -> None:
    feed, token = link(house)
    assert len(token) == 43
    assert token not in str(CalendarFeed.objects.filter(pk=feed.pk).values().get())
    assert len(f"https://refillwise.st-marys-hospital.example/calendars/{token}.ics") < 256


def test_machines_may_fetch_calendars_and_no_pages() -> None:
    response = Client().get("/robots.txt")
    assert response.content.decode().splitlines() == ["User-agent: *", "Allow: /calendars/", "Disallow: /"]
