"""A patient with two pumps in place: each stands under its name, with its own acts."""

from __future__ import annotations

from datetime import timedelta

from django.test import Client

from tests.factories import House, make_patient, make_running_pump
from tests.web.pump_forms import Url


def test_each_of_two_pumps_has_its_own_refill(house: House, nurse: Client, url: Url) -> None:
    patient = make_patient(house)
    pumps = [make_running_pump(house, patient, filled_on=house.today - timedelta(days=60)) for _ in range(2)]
    page = nurse.get(url("patient", ref=patient.ref)).content.decode()
    for pump in pumps:
        assert page.count(f'href="{url("fill_new", ref=pump.ref)}"') == 1
        assert page.count(f'href="{url("program_new", ref=pump.ref)}"') == 1
        assert f"<h2>{pump.pump_model.name} · {pump.serial}</h2>" in page
