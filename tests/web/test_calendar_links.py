"""The page of calendar links: made and seen once, listed, revoked, each by whoever may."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinic.domain.roles import Role
from clinic.models import Patient, User
from scheduling.models import CalendarFeed, CalendarPolicy, FeedDetail
from scheduling.services.calendar_feeds import create_patients_feed
from tests.factories import House, make_patient
from tests.feeds import Reader, link
from tests.visits import Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient(house: House) -> Patient:
    return make_patient(house, first_name="Ursula", last_name="Ode")


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(house: House, name: str = "calendar_links", **kwargs: Any) -> str:
    return reverse(f"nurse:{name}", kwargs={"clinic_slug": house.clinic.slug, **kwargs})


def asked(**values: str) -> dict[str, str]:
    return {"label": "My phone", "whose": "clinic", "holds": "visits", "detail": "busy"} | values


def address_in(text: str) -> str:
    (found,) = re.findall(r'value="[^"]*/calendars/([\w-]+)\.ics"', text)
    return str(found)


def test_a_link_is_made_shown_once_and_works(desk: Desk, house: House) -> None:
    desk.book()
    client = browser(house.nurse)
    made = client.post(page(house), asked())
    token = address_in(made.content.decode())
    mine = Reader(token)
    mine.fetch()
    assert len(mine.events) == 1
    assert "no-store" in made["Cache-Control"]
    for way in ("webcal://", "calendar.google.com", "outlook.office.com", "data:image/svg+xml"):
        assert way in made.content.decode()
    listed = client.get(page(house)).content.decode()
    assert "My phone" in listed
    assert token not in listed


def test_without_a_public_address_the_link_is_as_its_reader_came(house: House, settings: Any) -> None:
    settings.PUBLIC_URL = ""
    text = browser(house.nurse).post(page(house), asked()).content.decode()
    assert 'value="http://testserver/calendars/' in text
    assert "webcal://testserver/calendars/" in text


def test_a_nurse_is_offered_her_own_calendar_first(desk: Desk, house: House) -> None:
    text = browser(house.nurse).get(page(house)).content.decode()
    assert f'value="nurse:{desk.nurse.ref}" selected' in text


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"label": ""}, "label"),
        ({"label": "x" * 61}, "label"),
        ({"whose": "nurse:00000000-0000-0000-0000-000000000000"}, "whose"),
        ({"whose": "everybody"}, "whose"),
        ({"detail": "names"}, "detail"),
        ({"holds": "drugs"}, "holds"),
    ],
)
def test_what_cannot_be_stands_at_its_field(house: House, values: dict[str, str], field: str) -> None:
    answer = browser(house.nurse).post(page(house), asked(**values))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not CalendarFeed.objects.exists()


def test_the_last_days_belong_to_no_nurse(desk: Desk, house: House) -> None:
    answer = browser(house.nurse).post(page(house), asked(whose=f"nurse:{desk.nurse.ref}", holds="deadlines"))
    assert list(answer.context["form"].errors) == ["holds"]


def test_names_are_offered_only_where_the_clinic_allows_them(house: House) -> None:
    client = browser(house.administrator)
    assert b'value="names"' not in client.get(page(house)).content.split(b'action="')[0]
    client.post(page(house, "calendar_policy"), {"most": "names"})
    assert CalendarPolicy.objects.get().most == FeedDetail.NAMES
    assert browser(house.nurse).post(page(house), asked(detail="names")).status_code == 200
    client.post(page(house, "calendar_policy"), {"most": "busy"})
    text = browser(house.nurse).get(page(house)).content.decode()
    assert "less than chosen" in text


def test_only_who_manages_the_clinic_says_what_is_allowed(house: House) -> None:
    assert browser(house.nurse).post(page(house, "calendar_policy"), {"most": "names"}).status_code == 403
    assert not CalendarPolicy.objects.exists()


def test_a_revoked_link_is_off_the_list_and_can_be_taken_back(desk: Desk, house: House) -> None:
    desk.book()
    feed, token = link(house)
    mine = Reader(token)
    client = browser(house.nurse)
    answer = client.post(page(house, "calendar_link_revoke", ref=feed.ref), follow=True)
    assert "is revoked" in answer.content.decode()
    mine.fetch()
    assert mine.events == {}
    client.post(page(house, "calendar_link_restore", ref=feed.ref))
    mine.fetch()
    assert len(mine.events) == 1


def test_nobody_revokes_a_colleagues_link_but_who_manages_the_clinic(house: House) -> None:
    feed, _ = link(house, label="Nora's tablet")
    colleague, outsider = house.person(Role.SCHEDULER), house.outsider
    for person in (colleague, outsider):
        assert browser(person).post(page(house, "calendar_link_revoke", ref=feed.ref)).status_code == 404
    assert "Nora&#x27;s tablet" not in browser(colleague).get(page(house)).content.decode()
    feed.refresh_from_db()
    assert feed.revoked_at is None
    administrator = browser(house.administrator)
    assert "Nora&#x27;s tablet" in administrator.get(page(house)).content.decode()
    assert administrator.post(page(house, "calendar_link_revoke", ref=feed.ref)).status_code == 302
    feed.refresh_from_db()
    assert feed.revoked_at is not None


def test_a_patients_links_stand_at_the_patient(house: House, patient: Patient) -> None:
    create_patients_feed(clinic=house.clinic, patient=patient, label="Mis citas", now=house.now)
    client = browser(house.nurse)
    links = f"{page(house)}?patient={patient.ref}"
    assert links in client.get(page(house, "patient_messages", ref=patient.ref)).content.decode()
    text = client.get(links).content.decode()
    assert "Mis citas" in text
    assert "the patient" in text
    answer = client.post(links, asked(whose=f"patient:{patient.ref}", label="For the ward"))
    assert f'href="{links}">Done' in answer.content.decode()
    assert CalendarFeed.objects.filter(patient=patient, owner=house.nurse).exists()
    assert answer.status_code == 200
    for wrong in ("x", "00000000-0000-0000-0000-000000000000"):
        assert client.get(page(house), {"patient": wrong}).status_code == 404
