"""What a page counts of thousands of rows is told by an index alone: a column that it lacks would fetch every row."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from notifications.models import Escalation
from scheduling.models import FollowUp
from scheduling.selectors.due_list import due_lines
from tests.factories import House
from tests.frame import alarm_of

pytestmark = pytest.mark.django_db


def named_by(act: Callable[[], Any], model: type[models.Model]) -> set[str]:
    """The columns of the model's table that the act's statements name."""
    with CaptureQueriesContext(connection) as queries:
        act()
    asked = "".join(query["sql"] for query in queries)
    return set(re.findall(rf'"{model._meta.db_table}"\."(\w+)"', asked))


def held_by(name: str) -> set[str]:
    """The columns that the index holds, as the database has it, or that its condition settles."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.attname FROM pg_attribute AS a WHERE a.attrelid = %s::regclass"
            " UNION SELECT t.attname FROM pg_index AS i JOIN pg_attribute AS t ON t.attrelid = i.indrelid"
            " AND pg_get_expr(i.indpred, i.indrelid) ~ ('\\m' || t.attname || '\\M')"
            " WHERE i.indexrelid = %s::regclass",
            [name, name],
        )
        return {column for (column,) in cursor.fetchall()}


def test_what_is_due_is_counted_without_fetching_a_row(house: House) -> None:
    named = named_by(lambda: due_lines(house.clinic.id, house.today).count(), FollowUp)
    assert {"clinic_id", "target_on", "latest_on", "anchor_key"} <= named
    assert named <= held_by("follow_up_to_begin")


def test_matters_are_counted_for_the_head_without_fetching_a_row(house: House) -> None:
    named = named_by(lambda: alarm_of(clinic_id=house.clinic.id, user_id=house.nurse.id), Escalation)
    assert {"clinic_id", "rung", "responsible_id"} <= named
    assert named <= held_by("escalation_pressing")
