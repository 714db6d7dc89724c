"""`manage.py check --deploy` refuses settings under which promises do not hold."""

from collections.abc import Iterator

import pytest
import redis
from pytest_django import Settings

from config import checks
from config.embedded.installation import free_ports
from config.embedded.valkey import Valkey
from tests.conftest import broker_url


def ids(messages: list[checks.CheckMessage]) -> list[str | None]:
    return [message.id for message in messages]


@pytest.fixture
def broker_settings(broker: Valkey, settings: Settings) -> Iterator["redis.Redis[str]"]:
    settings.REDIS_URL = broker_url(broker)
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        yield client
        client.config_set("maxmemory-policy", "noeviction")


def test_a_broker_that_keeps_everything_is_accepted(broker_settings: "redis.Redis[str]") -> None:
    assert ids(checks.broker_evicts_nothing()) == []


def test_a_broker_that_evicts_is_refused(broker_settings: "redis.Redis[str]") -> None:
    broker_settings.config_set("maxmemory-policy", "allkeys-lru")
    assert ids(checks.broker_evicts_nothing()) == ["refillwise.E002"]


def test_a_broker_that_is_not_there_is_refused(settings: Settings) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_ports(1)[0]}/0"
    assert ids(checks.broker_evicts_nothing()) == ["refillwise.E001"]


def test_a_cache_for_one_process_is_refused() -> None:
    assert ids(checks.cache_is_shared()) == ["refillwise.E003"]


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://visits.example.org", []),
        ("https://hospital-spain.example.org", []),
        ("", []),
        ("https://pumps.example.org", ["refillwise.W002"]),
        ("https://my.painclinic.example", ["refillwise.W002"]),
    ],
)
def test_a_host_that_tells_what_patients_come_for_is_warned_of(
    settings: Settings, url: str, found: list[str]
) -> None:
    settings.PUBLIC_URL = url
    assert ids(checks.links_give_nothing_away()) == found


@pytest.mark.django_db
def test_the_applications_role_is_accepted() -> None:
    assert ids(checks.application_has_no_power(databases=["default"])) == []
