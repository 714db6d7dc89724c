"""Who gets in: strangers sign in first, a foreign clinic is not there, a role sees what it may."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import House, make_clinic, make_patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_clinic()


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_a_person_with_one_clinic_lands_in_it(house: House) -> None:
    response = signed_in(house.nurse).get("/")
    assert response.status_code == 302
    assert response.url.startswith(f"/c/{house.clinic.slug}/")


def test_the_list_shows_this_clinics_patients(house: House) -> None:
    patient = make_patient(house, last_name="Quarterman")
    response = signed_in(house.nurse).get(reverse("nurse:patients", args=[house.clinic.slug]) + "?status=all")
    assert "Quarterman" in response.content.decode()
    assert (
        signed_in(house.nurse)
        .get(reverse("nurse:patient", args=[house.clinic.slug, patient.ref]))
        .status_code
        == 200
    )
