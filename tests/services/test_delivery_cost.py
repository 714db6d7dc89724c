"""What it costs the database to send a text."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.models import Message
from notifications.services.delivery import Dispatcher, begin_sending, claim_due, sweep
from tests.factories import House, make_clinic
from tests.faults.mail_room import Gateway
from tests.services.test_delivery import LONG_AGO, NOW, SMS, due

Start = Callable[..., Gateway]
pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_clinic(now=NOW)


@pytest.mark.parametrize(
    ("is_repeated", "costs"),
    [
        (False, [4 + 2, 8 + 2, 20 + 2]),  # four each, and two to write down that the last was taken
        (True, [6, 12, 30]),  # what is in doubt is written down at once
    ],
)
def test_a_text_costs_four_statements_whatever_the_number_of_texts(
    house: House, start_gateway: Start, is_repeated: bool, costs: list[int]
) -> None:
    start_gateway("idempotent")
    due(house, 8)
    if is_repeated:
        begun = [begin_sending(claim, now=NOW) for claim in claim_due(now=NOW, size=8, channel=SMS)]
        assert all(begun)
        Message.objects.update(lease_until=LONG_AGO)
        sweep(now=NOW)
    sent, statements = [], []
    moment = NOW + timedelta(minutes=10) if is_repeated else NOW
    for size in (1, 2, 5):
        with CaptureQueriesContext(connection) as queries:
            sent.append(Dispatcher().deliver(SMS, clock=lambda: moment, size=size))
        statements.append(sum(not re.match("SAVEPOINT|RELEASE", query["sql"]) for query in queries))
    assert sent == [1, 2, 5]
    of_batch = 2  # what is due, what is unknown
    assert [number - of_batch for number in statements] == costs
