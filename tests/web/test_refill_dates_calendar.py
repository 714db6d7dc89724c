"""The calendar file holds every refill date of the clinic, whole days, and names nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import User
from scheduling.models import FeedDetail, Forecast
from scheduling.services.calendar_feeds import set_most_detail
from tests import ical
from tests.factories import House, make_implant, make_patient, make_running_pump

pytestmark = pytest.mark.django_db


def fetch(house: House, user: User) -> tuple[int, bytes]:
    client = Client()
    client.force_login(user)
    answer = client.get(reverse("nurse:refill_dates_ics", args=[house.clinic.slug]))
    return answer.status_code, answer.content


def test_every_refill_date_is_a_whole_day_that_blocks_no_time(house: House) -> None:
    pumps = [make_running_pump(house), make_running_pump(house)]
    status, body = fetch(house, house.nurse)
    assert status == 200
    days = [Forecast.objects.get(implant=pump).must_refill_by for pump in pumps]
    events = ical.read(body).events
    assert [event.start for event in events] == sorted(day for day in days if day)
    assert {event.end - event.start for event in events} == {timedelta(days=1)}
    assert {event.transparency for event in events} == {"TRANSPARENT"}


def test_the_file_is_the_same_to_the_byte_while_nothing_changes(house: House) -> None:
    make_running_pump(house)
    assert fetch(house, house.nurse) == fetch(house, house.nurse)


def test_no_entry_names_a_patient_a_drug_or_a_pump(house: House) -> None:
    patient = make_patient(house, last_name="Quarterman", first_name="Xenia")
    implant = make_running_pump(house, patient)
    _, body = fetch(house, house.nurse)
    text = body.decode().replace("\r\n ", "")
    for secret in ("Quarterman", "Xenia", patient.mrn, implant.serial, "aclofen", "SynchroMed"):
        assert secret not in text


def test_it_says_no_more_than_the_clinic_lets_its_calendars_say(house: House) -> None:
    make_running_pump(house)
    set_most_detail(clinic=house.clinic, most=FeedDetail.BUSY)
    (event,) = ical.read(fetch(house, house.nurse)[1]).events
    assert (event.summary, event.url) == ("Last day", None)


def test_without_a_date_there_is_a_word_instead_of_an_empty_file(house: House) -> None:
    make_implant(house)
    status, _ = fetch(house, house.nurse)
    assert status == 302


def test_another_clinics_calendar_is_not_there(house: House) -> None:
    assert fetch(house, house.outsider)[0] == 404
