"""The patient pages in three languages: every text translated, the catalogues as the pages need them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from clinic.domain.manners import country_of
from clinic.models import Patient
from notifications.domain.words.moments import Manner, clock
from tests.factories import House, make_patient
from tests.patient_links import send_link
from tests.visits import make_desk
from web.patient.words import Writing, minutes_words

TODAY = date(2026, 11, 27)


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
