"""Withdrawing a fill says what stays behind: the program that was set at the same visit."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from clinic.models import Fill, Implant, ProgramVersion
from tests.factories import House, make_event, make_running_pump
from tests.web.pump_forms import Url, refill


@pytest.fixture
def implant(house: House) -> Implant:
    return make_running_pump(house, filled_on=house.today - timedelta(days=60))


def test_a_program_that_began_with_the_fill_is_named_before_the_fill_goes(
    house: House, nurse: Client, url: Url, implant: Implant
) -> None:
    program = {"program-mode": "dose", "program-dose": "200", "program-dose_unit": "mcg/day"}
    nurse.post(url("fill_new", ref=implant.ref), refill(house, **program))
    fill = Fill.objects.get(implant=implant, filled_on=house.today)
    version = ProgramVersion.objects.get(implant=implant, starts_on=house.today)
    page = nurse.get(url("fill_void", ref=fill.ref)).content.decode()
    assert "stays in force: 200 mcg/day" in page
    assert url("program_void", program_id=version.id) in page


def test_a_fill_under_an_unchanged_program_is_withdrawn_without_a_word_about_it(
    house: House, nurse: Client, url: Url, implant: Implant
) -> None:
    nurse.post(url("fill_new", ref=implant.ref), refill(house))
    fill = Fill.objects.get(implant=implant, filled_on=house.today)
    assert "stays in force" not in nurse.get(url("fill_void", ref=fill.ref)).content.decode()


def test_the_reasons_name_an_event_in_words(nurse: Client, house: House, url: Url, implant: Implant) -> None:
    make_event(house, implant, kind="stalled")
    page = nurse.get(url("patient", ref=implant.patient.ref)).content.decode()
    assert "Needs review: The refill date is void since" in page
    assert "(stalled)" not in page
