"""A cache that is gone, frozen or back: limits hold in each process, pages do not fail, nobody waits twice."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
import redis
from django.core.cache import caches
from django.test import Client
from pytest_django import Settings

from config import cache as config_cache
from config.cache import CacheThatMayGo
from config.embedded.valkey import Valkey
from tests.broker import NOWHERE
from tests.conftest import broker_url
from tests.factories import PASSWORD, make_clinic


@pytest.fixture(autouse=True)
def _nobody_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config_cache, "_asked_again_at", {})


@pytest.fixture
def gone(settings: Settings) -> Iterator[None]:
    settings.CACHES = {"default": {"BACKEND": "config.cache.CacheThatMayGo", "LOCATION": NOWHERE}}
    yield
    caches["default"].clear()


@pytest.fixture
def frozen() -> Iterator[socket.socket]:
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=8) as server:
        server.setblocking(False)
        yield server


def connections_to(server: socket.socket) -> int:
    number = 0
    while True:
        try:
            server.accept()[0].close()
        except BlockingIOError:
            return number
        number += 1


def test_what_is_counted_without_a_server_is_counted_in_the_process() -> None:
    first, second = CacheThatMayGo(NOWHERE, {}), CacheThatMayGo(NOWHERE, {})
    first.set("hits", 1)
    assert first.incr("hits") == 2
    assert second.get("hits") == 2, "Django makes one for every thread"
    assert not second.add("hits", 1)
    assert (second.get_many(["hits", "none"]), second.delete("hits")) == ({"hits": 2}, True)
    assert first.get("hits", "gone") == "gone"
    with pytest.raises(ValueError, match="not found"):
        first.incr("hits")


def test_a_frozen_server_is_waited_for_once(frozen: socket.socket) -> None:
    address = f"redis://127.0.0.1:{frozen.getsockname()[1]}/0"
    for _ in range(20):
        CacheThatMayGo(address, {}).set("a", 1)
    assert connections_to(frozen) == 1


def test_a_server_is_asked_again_after_a_while(
    frozen: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config_cache, "ASK_AGAIN_SECONDS", 0.0)
    address = f"redis://127.0.0.1:{frozen.getsockname()[1]}/0"
    for _ in range(2):
        CacheThatMayGo(address, {}).get("a")
    assert connections_to(frozen) == 2


@pytest.mark.broker("a real server keeps what all processes count together")
def test_a_server_that_answers_is_what_counts(broker: Valkey) -> None:
    address = broker_url(broker).replace("/0", "/1")
    cache = CacheThatMayGo(address, {})
    cache.set("hits", 1)
    assert cache.incr("hits") == 2
    with redis.Redis.from_url(address) as client:
        assert client.get(cache.make_key("hits")) == b"2"


@pytest.mark.django_db
def test_a_nurse_who_is_signed_in_works_on_without_the_cache(settings: Settings) -> None:
    house, client = make_clinic(), Client()
    form = {"login": house.nurse.email, "password": PASSWORD}
    assert client.post("/accounts/login/", form).status_code == 302
    settings.CACHES = {"default": {"BACKEND": "config.cache.CacheThatMayGo", "LOCATION": NOWHERE}}
    assert client.get(f"/c/{house.clinic.slug}/worklist/").status_code == 200
    assert client.get(f"/api/v1/clinics/{house.clinic.slug}/forecasts").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("is_opened", [False, True])
def test_nobody_signs_in_without_the_cache_unless_somebody_decides_so(
    gone: None, settings: Settings, is_opened: bool
) -> None:
    settings.SIGN_IN_WITHOUT_CACHE = is_opened
    house, client = make_clinic(), Client()
    form = {"login": house.nurse.email, "password": PASSWORD}
    assert client.get("/accounts/login/").status_code == 200
    answer = client.post("/accounts/login/", form)
    assert answer.status_code == (302 if is_opened else 503)
    assert ("Nobody can sign in" in answer.content.decode()) is not is_opened
    assert client.get(f"/c/{house.clinic.slug}/worklist/").status_code == (200 if is_opened else 302)


@pytest.mark.django_db
def test_attempts_to_sign_in_are_limited(settings: Settings) -> None:
    house, client = make_clinic(), Client()
    form = {"login": house.nurse.email, "password": "wrong"}
    for _ in range(6):
        answer = client.post("/accounts/login/", form)
    assert "Too many wrong attempts" in answer.content.decode()
    assert client.post("/accounts/login/", form | {"password": PASSWORD}).status_code != 302
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    other = house.administrator.email
    elsewhere = {"X-Forwarded-For": "6.6.6.6, 198.51.100.7"}
    for number in range(11):
        forged = {"X-Forwarded-For": f"10.0.0.{number}, 198.51.100.9"}
        answer = client.post("/accounts/login/", form | {"login": f"x{number}@example.org"}, headers=forged)
    assert "Too many wrong attempts" in answer.content.decode(), "what a client adds counts for nothing"
    right = {"login": other, "password": PASSWORD}
    assert client.post("/accounts/login/", right, headers=elsewhere).status_code == 302, (
        "others are not locked out"
    )
