"""`manage.py check --deploy` refuses settings under which promises do not hold."""

from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.db import connections
from pytest_django import Settings

from config import carrier_checks, checks
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


@pytest.mark.broker("asks it for its policy")
def test_a_broker_that_keeps_everything_is_accepted(broker_settings: "redis.Redis[str]") -> None:
    assert ids(checks.broker_evicts_nothing()) == []


@pytest.mark.broker("sets its policy")
def test_a_broker_that_evicts_is_refused(broker_settings: "redis.Redis[str]") -> None:
    broker_settings.config_set("maxmemory-policy", "allkeys-lru")
    assert ids(checks.broker_evicts_nothing()) == ["refillwise.E002"]


def test_a_broker_that_is_not_there_is_refused(settings: Settings) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_ports(1)[0]}/0"
    assert ids(checks.broker_evicts_nothing()) == ["refillwise.E001"]


def test_no_broker_at_all_is_told(settings: Settings) -> None:
    settings.REDIS_URL = ""
    assert ids(checks.broker_evicts_nothing()) == ["refillwise.W003"]


def test_a_cache_for_one_process_is_refused(settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    assert ids(checks.cache_is_shared()) == ["refillwise.E003"]


def test_a_password_alone_is_warned_of(settings: Settings) -> None:
    settings.MFA_REQUIRED = True
    assert ids(checks.second_factor_is_required()) == []
    settings.MFA_REQUIRED = False
    settings.SECOND_FACTOR_KEYS = []
    assert ids(checks.second_factor_is_required()) == ["refillwise.W004", "refillwise.E005"]


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


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, []),
        ({"PUBLIC_URL": ""}, ["E105"]),
        ({"PUBLIC_URL": "http://pumps.example.org"}, ["E106"]),
        ({"EMAIL_BACKEND": "notifications.backends.InAppBackend"}, ["W102"]),
        ({"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend"}, ["W103"]),
        ({"EMAIL_BACKEND": "anymail.backends.postmark.EmailBackend"}, ["W104"]),
        ({"SMS_PROVIDER": "pigeon"}, ["E107"]),
        ({"SMS_PROVIDER": "in_app"}, ["W105"]),
        ({"TWILIO_FROM": ""}, ["E108"]),
        ({"TWILIO_SETTLE_SECONDS": 30.0}, ["E111"]),
        ({"SMS_PROVIDER": "gateway"}, ["E109", "W106"]),
        ({"SMS_PROVIDER": "gateway", "GATEWAY_URL": "http://texts.example.org"}, ["E110", "W106"]),
        (
            {
                "SMS_PROVIDER": "gateway",
                "GATEWAY_URL": "http://localhost:9",
                "GATEWAY_WEBHOOK_SECRETS": ["s"],
                "GATEWAY_SETTLE_SECONDS": 5.0,
            },
            ["E111"],
        ),
    ],
)
def test_what_is_said_of_mail_and_texts(
    settings: Settings, given: dict[str, object], found: list[str]
) -> None:
    whole = {
        "PUBLIC_URL": "https://pumps.example.org",
        "EMAIL_BACKEND": "notifications.backends.SmtpBackend",
        "SMS_PROVIDER": "twilio",
        "TWILIO_ACCOUNT_SID": "AC1",
        "TWILIO_AUTH_TOKEN": "t",
        "TWILIO_FROM": "+13125550100",
    }
    for name, value in (whole | given).items():
        setattr(settings, name, value)
    assert ids(carrier_checks.carriers_are_whole()) == [f"refillwise.{each}" for each in found]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("settings_made", "warned"),
    [
        ({}, []),
        ({"log_error_verbosity": "default"}, ["refillwise.W010"]),
        ({"log_parameter_max_length_on_error": "-1"}, ["refillwise.W010"]),
        ({"log_min_duration_statement": "500", "log_parameter_max_length": "-1"}, ["refillwise.W010"]),
        ({"log_min_duration_statement": "500"}, []),
    ],
)
def test_a_database_that_would_log_values_is_warned_of(
    settings_made: dict[str, str], warned: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The settings are a superuser's, so what the server answers is changed on its way and not the server."""
    assert ids(checks.database_log_names_nobody(databases=["default"])) == []
    cursor = connections["default"].cursor
    monkeypatch.setattr(connections["default"], "cursor", lambda: _Answering(cursor(), settings_made))
    assert ids(checks.database_log_names_nobody(databases=["default"])) == warned


class _Answering:
    def __init__(self, cursor: Any, made: dict[str, str]) -> None:
        self.cursor, self.made = cursor, made

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.cursor.close()

    def execute(self, statement: str) -> None:
        self.cursor.execute(statement)

    def fetchall(self) -> list[tuple[str, str]]:
        return [(name, self.made.get(name, said)) for name, said in self.cursor.fetchall()]
