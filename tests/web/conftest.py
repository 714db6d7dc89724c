"""A clinic and somebody signed in, for the tests of the pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import Patient, User
from scheduling.models import Visit
from tests import canary
from tests.factories import House, make_clinic, make_patient
from tests.patient_links import SentLink, send_link
from tests.visits import Desk, make_desk

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SignIn = Callable[[User], Client]


@pytest.fixture
def house(db: None) -> House:
    return make_clinic()


@pytest.fixture
def desk(house: House) -> Desk:
    return make_desk(house)


@pytest.fixture
def patient(house: House) -> Patient:
    return make_patient(house)


@pytest.fixture
def visit(desk: Desk, patient: Patient) -> Visit:
    return desk.book(patient)


@pytest.fixture
def sent(house: House, visit: Visit) -> SentLink:
    """A link to a visit's page, as it went to the patient."""
    return send_link(house, visit)


@pytest.fixture
def signed_in() -> SignIn:
    """`client = signed_in(house.nurse)`."""

    def client_of(person: User) -> Client:
        client = Client()
        client.force_login(person, backend=BACKEND)
        return client

    return client_of


@pytest.fixture
def nurse(house: House, signed_in: SignIn) -> Client:
    return signed_in(house.nurse)


@pytest.fixture
def administrator(house: House, signed_in: SignIn) -> Client:
    return signed_in(house.administrator)


@pytest.fixture
def url(house: House) -> Callable[..., str]:
    """`url("patient", ref=patient.ref)`: a page of the house's clinic."""

    def address(name: str, **kwargs: object) -> str:
        return reverse(f"nurse:{name}", kwargs={"clinic_slug": house.clinic.slug, **kwargs})

    return address


@pytest.fixture(autouse=True)
def seen_by_row(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[set[int]]]:
    """Every answer of every test of the pages is held against the log of who saw whom."""
    with canary.watched(monkeypatch) as written:
        yield written
