"""Where rows are measured: clinics of the country by their size, and somebody signed in who asks for pages."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test import Client, RequestFactory, override_settings

from bench.national.build import staff_of
from clinic.models import Clinic

MOST_PUMPS = 20_000
"""So many of the country's pumps are enough where a row is linear in them."""
_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@dataclass(frozen=True, slots=True)
class Sized:
    """A clinic and how many pumps it has."""

    clinic: Clinic
    pumps: int


def clinics() -> list[Sized]:
    """Every clinic, the largest first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clinic_id, count(*) FROM clinic_implant GROUP BY 1 ORDER BY 2 DESC, 1")
        numbers = dict(cursor.fetchall())
    found = Clinic.objects.in_bulk(list(numbers))
    return [Sized(found[pk], number) for pk, number in numbers.items()]


def some() -> list[Sized]:
    """Clinics until they have MOST_PUMPS, the smallest first, so that the largest is left out where it alone has more."""
    found, pumps = [], 0
    for place in reversed(clinics()):
        if pumps + place.pumps <= MOST_PUMPS:
            found.append(place)
            pumps += place.pumps
    return found


def largest() -> Sized:
    return clinics()[0]


def near(pumps: int) -> Sized:
    """The clinic whose size is nearest."""
    return min(clinics(), key=lambda each: abs(each.pumps - pumps))


def addresses() -> AbstractContextManager[Any]:
    """The product's addresses, and ``/nothing/``: an empty view behind the same middleware."""
    return override_settings(ROOT_URLCONF="bench.feed_urls", ALLOWED_HOSTS=["*"])


class Browser:
    """Asks the whole application, through all its steps, without a network. Signed in as a clinic's nurse, if any."""

    def __init__(self, clinic: Clinic | None = None) -> None:
        self.application, self.requests = WSGIHandler(), RequestFactory()
        if clinic is not None:
            client = Client()
            client.force_login(staff_of(clinic.pk, "nurse"), backend=_BACKEND)
            session = client.cookies[settings.SESSION_COOKIE_NAME].value
            self.requests.cookies = SimpleCookie({settings.SESSION_COOKIE_NAME: session})

    def __call__(self, path: str, etag: str = "") -> Any:
        """The answer, all of it: what streams has been read."""
        headers = {"If-None-Match": etag} if etag else {}
        response = self.application.get_response(self.requests.get(path, headers=headers))
        if getattr(response, "streaming", False):
            response.content_read = b"".join(response)  # type: ignore[attr-defined]
        return response

    def page(self, path: str) -> Callable[[], None]:
        """An act that asks for the page and is told 200."""

        def ask() -> None:
            response = self(path)
            assert response.status_code == 200, (path.split("?")[0], response.status_code)

        return ask
