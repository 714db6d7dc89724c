"""The patient pages in three languages: every text translated, the catalogues as the pages need them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone, translation

from clinic.models import Patient
from notifications.domain.words.moments import Manner, clock, country_of
from tests import catalogues
from tests.factories import House, make_patient
from tests.patient_links import send_link
from tests.visits import make_desk
from web.patient.words import Writing, minutes_words

TODAY = date(2026, 11, 27)
_VALUES = re.compile(r"%\(\w+\)[sd]")


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_every_text_is_translated_and_none_is_left_over(language: str) -> None:
    catalogue = catalogues.read(language)
    texts = {str(message.id): str(message.string) for message in catalogue if message.id}
    assert texts.keys() == catalogues.wanted().keys(), "run `make fix` and translate what is new"
    assert [text for text, said in texts.items() if not said] == []
    assert [str(message.id) for message in catalogue if message.fuzzy] == []


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_a_translation_says_the_same_values(language: str) -> None:
    for message in catalogues.read(language):
        said, meant = str(message.string), str(message.id)
        if meant:
            assert sorted(_VALUES.findall(said)) == sorted(_VALUES.findall(meant)), meant


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_the_compiled_catalogue_is_that_of_the_words(language: str) -> None:
    compiled = catalogues.po_path(language).with_suffix(".mo").read_bytes()
    assert compiled == catalogues.as_mo(catalogues.read(language)), "run `make fix`"


def test_no_french_line_begins_with_a_mark() -> None:
    said = [str(message.string) for message in catalogues.read("fr") if message.id]
    assert [text for text in said if re.search(r" [?!:;»]|« ", text)] == []


def test_no_text_names_a_device_a_drug_or_an_illness() -> None:
    said = [*catalogues.wanted()]
    for language in catalogues.LANGUAGES:
        said += [str(message.string) for message in catalogues.read(language) if message.id]
    words = re.compile(r"pump|bomba|pompe|refill|recarga|remplissage|baclof|morphin|spastic|pain\b", re.I)
    assert [text for text in said if words.search(text)] == []


@pytest.mark.parametrize(
    ("language", "day", "minutes"),
    [
        ("en", "Friday, January 1", "about 1 h 30 min"),
        ("es", "viernes 1 de enero", "unas 1 h 30 min"),
        ("fr", "vendredi 1er janvier", "environ 1 h 30 min"),
    ],
)
def test_a_day_is_written_as_people_write_it(language: str, day: str, minutes: str) -> None:
    with translation.override(language):
        assert Writing("US", TODAY).day(date(2027, 1, 1)) == day
        assert minutes_words(90) == minutes


@pytest.mark.parametrize(
    ("language", "country", "hour"),
    [("en", "US", "2:30 pm"), ("en", "GB", "14:30"), ("es", "US", "14:30"), ("fr", "CA", "14 h 30")],
)
def test_an_hour_is_written_as_in_the_messages(language: str, country: str, hour: str) -> None:
    with translation.override(language), timezone.override(UTC):
        assert Writing(country, TODAY).time(datetime(2027, 1, 5, 14, 30, tzinfo=UTC)) == hour


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "hour"), [("en", "10:00 am"), ("es", "10:00"), ("fr", "10 h")])
def test_every_page_says_the_hour_as_the_message_that_brought_the_link(
    house: House, language: str, hour: str
) -> None:
    visit = make_desk(house).book(make_patient(house, language=language))
    sent = send_link(house, visit)
    browser = sent.open()
    manner = Manner(language, country_of(house.clinic.holiday_country, house.clinic.phone))
    assert clock(visit.starts_at.astimezone(ZoneInfo(visit.time_zone)), manner) == hour
    for name in ("page", "times", "cannot_come", "ask"):
        assert f"{hour}<" in browser.get(sent.page(name)).content.decode().replace(".</p>", "</p>"), name


@pytest.mark.django_db
def test_a_page_speaks_the_patients_language_until_another_is_chosen(house: House) -> None:
    patient = make_patient(house, language="es")
    sent = send_link(house, make_desk(house).book(patient))
    browser = sent.open(headers={"accept-language": "fr"})
    page = browser.get(sent.page())
    assert 'lang="es"' in page.content.decode().split("<head>")[0]
    assert "¿Va a venir?" in page.content.decode()
    assert page.headers["Content-Language"] == "es"
    assert "Viendrez-vous" in browser.get(sent.page() + "?lang=fr").content.decode()
    assert "Viendrez-vous" in browser.get(sent.page()).content.decode(), "it is remembered"
    assert "Je ne peux pas venir" in browser.get(sent.page("cannot_come")).content.decode()
    assert "Viendrez-vous" in browser.get(sent.page() + "?lang=tlh").content.decode()
    assert Patient.objects.get(pk=patient.pk).language == "es"


@pytest.mark.django_db
def test_the_nurse_pages_stay_in_their_one_language(nurse: Client, url: object) -> None:
    assert [code for code, _name in settings.LANGUAGES] == ["en"]
    page = nurse.get(url("worklist"), headers={"accept-language": "es"})  # type: ignore[operator]
    assert 'lang="en"' in page.content.decode().split("<head>")[0]
