"""Withdrawing a fill says what stays behind: the program that was set at the same visit."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from clinic.models import Fill, Implant
from scheduling.models import Forecast
from tests.factories import House, make_event, make_running_pump
from tests.web.pump_forms import Url, refill


@pytest.fixture
def implant(house: House) -> Implant:
    return make_running_pump(house, filled_on=house.today - timedelta(days=60))


@pytest.fixture
def visit(house: House, nurse: Client, url: Url, implant: Implant) -> Fill:
    """A refill at which the dose was changed."""
    program = {"program-mode": "dose", "program-dose": "200", "program-dose_unit": "mcg/day"}
    nurse.post(url("fill_new", ref=implant.ref), refill(house, **program))
    return Fill.objects.get(implant=implant, filled_on=house.today)


def running_since_today(house: House, implant: Implant) -> bool:
    return implant.programs.current().filter(starts_on=house.today).exists()


def test_a_visit_that_never_was_takes_its_program_with_it(
    house: House, nurse: Client, url: Url, implant: Implant, visit: Fill
) -> None:
    before = Forecast.objects.get(implant=implant)
    page = nurse.get(url("fill_void", ref=visit.ref)).content.decode()
    assert "is withdrawn with it: 200 mcg/day" in page
    nurse.post(url("fill_void", ref=visit.ref), {"reason": "other patient"})
    assert not running_since_today(house, implant)
    assert visit not in implant.fills.current()
    assert Forecast.objects.get(implant=implant).low_reservoir_on != before.low_reservoir_on


def test_a_program_that_does_run_is_kept(
    house: House, nurse: Client, url: Url, implant: Implant, visit: Fill
) -> None:
    address = url("fill_void", ref=visit.ref) + "?program=keep"
    assert "stays in force: 200 mcg/day" in nurse.get(address).content.decode()
    nurse.post(address, {"reason": "entered twice"})
    assert running_since_today(house, implant)


def test_a_fill_under_an_unchanged_program_is_withdrawn_without_a_word_about_it(
    house: House, nurse: Client, url: Url, implant: Implant
) -> None:
    nurse.post(url("fill_new", ref=implant.ref), refill(house))
    fill = Fill.objects.get(implant=implant, filled_on=house.today)
    assert "began with this fill" not in nurse.get(url("fill_void", ref=fill.ref)).content.decode()


def test_the_reasons_name_an_event_in_words(nurse: Client, house: House, url: Url, implant: Implant) -> None:
    make_event(house, implant, kind="stalled")
    page = nurse.get(url("patient", ref=implant.patient.ref)).content.decode()
    assert "Needs review: The refill date is void since" in page
    assert "(stalled)" not in page
