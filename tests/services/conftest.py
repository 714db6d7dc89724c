"""What tests of services share."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.test.utils import override_settings

from tests.faults.mail_room import PROMISES, Gateway, gateway


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
