"""A clinic and somebody signed in, for the tests of the pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import User
from tests import canary
from tests.factories import House, make_clinic

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SignIn = Callable[[User], Client]


@pytest.fixture
def house(db: None) -> House:
    return make_clinic()


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
