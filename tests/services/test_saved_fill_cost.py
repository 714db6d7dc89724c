"""What a saved fill asks of the database: forecast, care plan, visits, calendars, reminders and all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import Implant
from tests.factories import House, make_fill, make_implant, make_program

AT_MOST = 24
"""Statements, without those that begin and end transactions."""

pytestmark = pytest.mark.django_db


def with_fills(house: House, number: int) -> Implant:
    implant = make_implant(house)
    for back in range(1, number + 1):  # the newest first, so that no refill is ever late
        make_fill(house, implant, filled_on=house.today - timedelta(days=20 * back))
    make_program(house, implant, starts_on=house.today - timedelta(days=20 * number))
    return implant


def statements_of_a_fill(house: House, implant: Implant) -> list[str]:
    with CaptureQueriesContext(connection) as found:
        make_fill(house, implant, filled_on=house.today)
    turns = ("SAVEPOINT", "RELEASE")
    return [one["sql"] for one in found.captured_queries if not one["sql"].startswith(turns)]


def test_a_long_history_costs_no_more_statements_than_a_short_one(house: House) -> None:
    short, long = with_fills(house, 2), with_fills(house, 25)
    few, many = statements_of_a_fill(house, short), statements_of_a_fill(house, long)
    assert len(many) == len(few)
    assert len(few) <= AT_MOST
