"""What whoever gets in finds: where a person lands, and what no browser keeps. Who gets in: tests/web/matrix."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from clinic.models import User
from tests.factories import House


def test_no_browser_keeps_a_page_about_patients(nurse: Client, url: Callable[..., str]) -> None:
    assert "no-store" in nurse.get(url("patients"))["Cache-Control"]


def test_a_person_with_one_clinic_lands_in_it(house: House, nurse: Client) -> None:
    assert nurse.get("/").url.startswith(f"/c/{house.clinic.slug}/")


def test_a_person_with_several_clinics_chooses(house: House, signed_in: Callable[[User], Client]) -> None:
    house.join_also(house.nurse, house.elsewhere)
    page = signed_in(house.nurse).get("/").content.decode()
    assert house.clinic.name in page
    assert house.elsewhere.name in page
