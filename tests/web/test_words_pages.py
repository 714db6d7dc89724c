"""The administrator's words: seen, tried, refused, kept, restored."""

import re
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.domain.roles import Role
from clinic.models import Drug
from notifications.domain.kinds import ChannelName
from notifications.domain.words.purposes import EDITABLE, LANGUAGES, ONLY_BY_EMAIL, TO_STAFF, channels_of
from notifications.models import MessageTemplate
from tests.factories import House, make_clinic

NOW = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)
GOOD = "{clinic_name}: see you {weekday_date}, {time}. {clinic_phone} STOP to end"
pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_clinic(name="Riverside Clinic", now=NOW)


@pytest.fixture
def page(client: Client, house: House) -> Client:
    client.force_login(house.administrator)
    return client


SMS = ChannelName.SMS


def address(house: House, more: str = "visit/sms/en/") -> str:
    return f"/c/{house.clinic.slug}/settings/words/{more}"


def test_every_purpose_is_listed_with_whose_words_are_used(page: Client, house: House) -> None:
    page.post(address(house), {"body": GOOD})
    listed = page.get(address(house, "?channel=sms")).content.decode()
    by_text = [purpose for purpose in EDITABLE if SMS in channels_of(purpose)]
    assert listed.count(">standard<") == len(by_text) * len(LANGUAGES) - 1
    assert listed.count(">own words<") == 1
    assert ">own words<" not in page.get(address(house, "?channel=nonsense")).content.decode()


def test_every_set_of_words_can_be_opened_and_saved_unchanged(page: Client, house: House) -> None:
    for purpose in EDITABLE:
        for channel in channels_of(purpose):
            for language in LANGUAGES:
                url = address(house, f"{purpose}/{channel}/{language}/")
                shown = page.get(url)
                form = shown.context["form"]
                sent = {name: form[name].value() for name in form.fields}
                assert page.post(url, sent).status_code == 302, form.errors
    assert not MessageTemplate.objects.exists()


@pytest.mark.parametrize("purpose", sorted(ONLY_BY_EMAIL - TO_STAFF))
def test_what_no_text_can_hold_has_no_words_for_texts(page: Client, house: House, purpose: str) -> None:
    assert page.get(address(house, f"{purpose}/email/en/")).status_code == 200
    assert page.get(address(house, f"{purpose}/sms/en/")).status_code == 404


def test_own_words_are_kept_with_who_and_when_and_can_be_given_up(page: Client, house: House) -> None:
    for body in (GOOD, GOOD, GOOD.replace("see you", "until")):
        page.post(address(house), {"body": body})
    shown = page.get(address(house)).content.decode()
    assert MessageTemplate.objects.count() == 2
    assert shown.count(str(house.administrator)) >= 2
    assert "until" in shown
    page.post(address(house, "visit/sms/en/restore/"))
    page.post(address(house, "visit/sms/en/restore/"))
    assert MessageTemplate.objects.count() == 3
    shown = page.get(address(house)).content.decode()
    assert "Restore the standard words" not in shown
    assert "The standard words are in use again." in shown


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (GOOD + " Your refill", "tells of the pump or of the refill"),
        (GOOD + " {last_name}", "none of the fields listed here"),
        (GOOD + " http://evil.example", "leads somewhere else"),
        (GOOD + " Fictitiocaine", "names a medicine"),
        (GOOD.replace("STOP", ""), "Say how to end texts"),
        (GOOD + " x" * 80, "This takes 2 text messages"),
        ("", "Say something"),
    ],
)
def test_words_that_may_not_be_said_are_refused_at_their_field(
    page: Client, house: House, body: str, said: str
) -> None:
    Drug.objects.create(key="new", name="Fictitiocaine", hazard=1, source="a test", confidence="D")
    answer = page.post(address(house), {"body": body})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not MessageTemplate.objects.exists()


def test_a_preview_counts_and_judges_and_keeps_nothing(page: Client, house: House) -> None:
    shown = page.post(address(house, "visit/sms/es/preview/"), {"body": GOOD + " más"}).content.decode()
    assert re.search(r"Riverside Clinic: see you \w+ \d+ de \w+, 14:30", shown)
    assert "of 160 characters: 1 text message" in shown
    assert "Text messages have no á" in shown
    shown = page.post(address(house, "visit/sms/en/preview/"), {"body": "our pump <b>"}).content.decode()
    assert "These words cannot be saved" in shown
    assert "&lt;b&gt;" in shown
    assert not MessageTemplate.objects.exists()


def test_words_that_somebody_else_changed_meanwhile_are_not_overwritten_unseen(
    page: Client, house: House
) -> None:
    seen = page.get(address(house)).context["form"]["seen"].value()
    page.post(address(house), {"body": GOOD})
    answer = page.post(address(house), {"body": GOOD + " Bye", "seen": seen})
    assert answer.status_code == 422
    assert "Somebody else has changed this" in answer.content.decode()


@pytest.mark.parametrize("more", ["staff/email/en/", "visit/fax/en/", "visit/sms/de/", "nonsense/sms/en/"])
def test_what_has_no_words_is_not_found(page: Client, house: House, more: str) -> None:
    for tail in ("", "preview/", "restore/"):
        assert page.post(address(house, more + tail)).status_code == 404


def test_words_belong_to_the_clinic_and_its_administrator(client: Client, house: House) -> None:
    client.force_login(house.person(Role.NURSE))
    assert client.get(address(house)).status_code == 403
    client.force_login(house.elsewhere_administrator)
    for url in ("", "visit/sms/en/"):
        assert client.get(address(house, url)).status_code == 404
    assert client.post(address(house), {"body": GOOD}).status_code == 404


def test_the_list_costs_the_same_number_of_queries_whatever_is_written(page: Client, house: House) -> None:
    counts = []
    for purpose in ("visit", "moved", "digest"):
        MessageTemplate.objects.create(
            clinic=house.clinic, purpose=purpose, channel="sms", language="en", body="x", created_at=NOW,
            created_by=house.administrator,
        )  # fmt: skip
        with CaptureQueriesContext(connection) as queries:
            page.get(address(house, ""))
        counts.append(len(queries))
    assert counts[1] == counts[2]
