"""What tests of services share."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import override_settings

from clinic.models import Implant, Patient
from tests.factories import House, make_clinic, make_patient, make_running_pump
from tests.faults.mail_room import PROMISES, Gateway, gateway
from tests.visits import Desk, make_desk


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
def implant(house: House) -> Implant:
    return make_running_pump(house)


@pytest.fixture
def start_gateway(tmp_path: Path) -> Iterator[Callable[..., Gateway]]:
    """Starts the gateway with a promise and more of its arguments, and has this process send through it."""
    with ExitStack() as stack:

        def start(promise: str, *more: str) -> Gateway:
            arguments, promised = PROMISES[promise]
            place = stack.enter_context(gateway(tmp_path / uuid.uuid4().hex, *arguments, *more))
            used: dict[str, Any] = {name: float(value) for name, value in promised.items()}
            used |= {"GATEWAY_IDEMPOTENT_SECONDS": 0.0, "GATEWAY_SETTLE_SECONDS": 0.0} | used
            stack.enter_context(
                override_settings(
                    SMS_PROVIDER="gateway",
                    SMS_TIMEOUT=2.0,
                    GATEWAY_URL=place.settings["GATEWAY_URL"],
                    PUBLIC_URL="http://127.0.0.1",
                    EMAIL_BACKEND="notifications.backends.InAppBackend",
                    **used,
                )
            )
            return place

        yield start


@pytest.fixture
def tables_of_the_trail(db: None) -> Callable[[], set[str]]:
    """Every table of the audit trail there is, by the database's catalogue: histories by their numbering and by
    the library's name; the others by what their models say."""

    def tables() -> set[str]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT DISTINCT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
                " WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace"
                " AND (a.attname = 'pgh_id' OR c.relname LIKE 'pghistory%%')"
            )
            histories = {name for (name,) in cursor.fetchall()}
        others = {model._meta.db_table for model in apps.get_models() if hasattr(model, "is_append_only")}
        return histories | others

    return tables
