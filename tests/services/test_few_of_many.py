"""What a page asks of thousands of rows is told by an index alone, and the few that matter are found by their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.selectors.escalations import alarm_of
from scheduling.domain.opening import Opening
from scheduling.selectors.due_list import due_count
from scheduling.selectors.suspect_visits import suspect_visits
from scheduling.selectors.worklist import Wanted, work_list
from tests.care_rows import make_follow_up
from tests.factories import House, make_patient

pytestmark = pytest.mark.django_db


def plans(act: Callable[[], Any], table: str) -> str:
    """How the act's statements on the table are carried out in a clinic so large that an index is worth it."""
    with CaptureQueriesContext(connection) as queries:
        act()
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        for query in queries:
            if query["sql"].startswith("SELECT") and f'"{table}"' in query["sql"]:
                cursor.execute("EXPLAIN " + query["sql"])
                found += [line for (line,) in cursor.fetchall()]
    assert found
    return "\n".join(found)


def test_what_is_due_is_counted_without_fetching_a_row(house: House) -> None:
    make_follow_up(house, make_patient(house))
    plan = plans(lambda: due_count(clinic_id=house.clinic.id, now=house.now), "scheduling_followup")
    assert "Index Only Scan using follow_up_to_begin" in plan
    assert "Index Scan using patient_died" in plan


def test_matters_are_counted_for_the_head_without_fetching_a_row(house: House) -> None:
    plan = plans(
        lambda: alarm_of(clinic_id=house.clinic.id, user_id=house.nurse.id), "notifications_escalation"
    )
    assert "Index Only Scan using escalation_pressing" in plan


def test_visits_are_looked_through_from_those_that_have_not_ended(house: House) -> None:
    opening = Opening(ZoneInfo(house.clinic.time_zone), frozenset(range(7)), frozenset())
    plan = plans(
        lambda: suspect_visits(house.clinic.id, opening, house.today + timedelta(days=1)), "scheduling_visit"
    )
    assert "Index Scan using visit_not_ended" in plan
    assert "Index Scan using patient_died" in plan
    assert "Index Only Scan using implant_explanted" in plan


def test_pumps_are_put_in_order_without_reading_who_lives(house: House) -> None:
    plan = plans(
        lambda: work_list(clinic_id=house.clinic.id, wanted=Wanted(), now=house.now), "clinic_implant"
    )
    assert "Index Scan using patient_died" in plan
