"""What PostgreSQL reads for a day, a booking, a search: never the calendar from end to end.

Eight thousand visits of some months; the statements that the product sends are explained as they were sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from clinic.audit import recording
from clinic.together import put_together
from scheduling.domain.slot_refusals import SlotTaken
from scheduling.models import Resource
from scheduling.selectors.calendar import Wanted, counts_on_days, visits_on_days
from scheduling.selectors.visits import next_free_times, visits_of_patient
from scheduling.services import booking
from scheduling.services.booking import record
from tests.factories import House, make_clinic, make_patient, make_running_pump
from tests.plans import plan_for_any
from tests.visits import Desk, make_desk, make_resource

pytestmark = pytest.mark.django_db(transaction=True)

VISITS = 8_000
ANALYSED = (
    "scheduling_visit",
    "scheduling_visitseat",
    "scheduling_visitfollowup",
    "scheduling_followup",
    "scheduling_forecast",
    "clinic_patient",
    "clinic_implant",
)
BIG = ("scheduling_visit", "scheduling_visitseat")


@pytest.fixture
def house(transactional_db: None) -> House:
    return make_clinic()


@pytest.fixture
def desk(house: House) -> Desk:
    """A desk in a clinic with months of visits behind it: forty a day, of ten nurses in ten rooms."""
    desk = make_desk(house)
    for number in range(9):
        make_resource(house, f"Further nurse {number}")
        make_resource(house, f"Further room {number}", kind="room")
    pumps = [make_running_pump(house) for _ in range(40)]
    nurses, rooms = (
        list(
            Resource.objects.filter(clinic=house.clinic, kind=kind)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        for kind in ("nurse", "room")
    )
    with recording(actor_id=house.nurse.id, reason="months of visits"), connection.cursor() as cursor:
        cursor.execute(
            _VISITS,
            [
                *(house.clinic.pk, desk.kind("check_up").pk),
                *([pump.patient_id for pump in pumps], [pump.pk for pump in pumps]),
                *(nurses, rooms, desk.at("09:00"), VISITS),
            ],
        )
        cursor.execute(_SEATS)
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(ANALYSED)}")  # else the plans rest on what ran before
    return desk


_VISITS = """
INSERT INTO scheduling_visit (clinic_id, ref, kind_id, patient_id, implant_id, nurse_id, room_id, starts_at, ends_at, local_on,
    local_at, time_zone, status, sequence, is_refill, note, booked_at, override_reason, request_digest)
SELECT %s, gen_random_uuid(), %s, (%s::bigint[])[n %% 40 + 1], (%s::bigint[])[n %% 40 + 1], (%s::bigint[])[n %% 10 + 1], (%s::bigint[])[n %% 10 + 1],
    at, at + interval '30 minutes', (at AT TIME ZONE 'America/Chicago')::date, (at AT TIME ZONE 'America/Chicago')::time,
    'America/Chicago', 'booked', 0, false, '', at, '', ''
FROM (SELECT n, %s::timestamptz - (n / 40) * interval '1 day' - interval '1 day' + (n %% 40 / 10) * interval '1 hour' AS at
    FROM generate_series(0, %s::int - 1) AS n) AS each
"""
_SEATS = """
INSERT INTO scheduling_visitseat (clinic_id, visit_id, resource_id, seat, during, is_blocking)
SELECT v.clinic_id, v.id, r.id, 1, tstzrange(v.starts_at, v.ends_at, '[)'), true
FROM scheduling_visit v, LATERAL (VALUES (v.nurse_id), (v.room_id)) AS r (id)
"""


def plans_of(act: Callable[[], Any]) -> list[str]:
    """The plans of the statements that an act sends and that name a big table."""
    with CaptureQueriesContext(connection) as queries:
        act()
    plans = []
    for query in queries:
        sql = query["sql"]
        if sql.startswith(("SELECT", "WITH")) and any(f'"{table}"' in sql for table in BIG):
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN " + sql)
                plans.append("\n".join(line for (line,) in cursor.fetchall()))
    assert plans
    return plans


def assert_reads_little(act: Callable[[], Any]) -> None:
    for plan in plans_of(act):
        assert not any(f"Seq Scan on {table} " in plan + " " for table in BIG), plan


def a_day_a_week_and_a_month_are_read_by_their_days(desk: Desk, house: House) -> None:
    for days in (0, 6, 30):
        shown: dict[str, Any] = {
            "clinic_id": house.clinic.pk,
            "first_on": desk.day - timedelta(days=40 + days),
            "last_on": desk.day - timedelta(days=40),
            "now": house.now,
        }
        for wanted in (Wanted(), Wanted(nurse_id=desk.nurse.pk), Wanted(room_id=desk.room.pk)):
            assert_reads_little(lambda: visits_on_days(wanted=wanted, **shown))  # noqa: B023
            assert_reads_little(lambda: counts_on_days(wanted=wanted, **shown))  # noqa: B023


def booking_moving_and_ending_read_what_is_near(desk: Desk, house: House) -> None:
    implant = make_running_pump(house)
    visit = desk.book(implant.patient, kind="refill", at="10:00")
    assert_reads_little(lambda: desk.book(at="13:00"))
    assert_reads_little(lambda: desk.move(visit, at="14:00"))
    assert_reads_little(lambda: booking.release_expired_holds(now=house.now))

    def follow() -> None:
        with transaction.atomic():
            booking.follow_record(house.clinic.pk, [implant.pk], house.now)

    assert_reads_little(follow)


def a_pumps_visits_are_sought_by_pump_and_clinic_at_once() -> None:
    """As planned for any of them: by pump alone, the server also reads a large clinic's visits to meet the pump's eight."""
    plan = plan_for_any(put_together(record._questions, single=frozenset({"implant_ids"})).text)
    reading = plan[plan.index("scheduling_visit ") :]
    assert re.search(r"visit_of_implant .*\n +Index Cond: .*implant_id = .*AND \(clinic_id = ", reading), plan


def searching_reads_the_weeks_that_are_searched(desk: Desk, house: House) -> None:
    desk.book(at="16:00")
    with pytest.raises(SlotTaken) as refused:
        desk.book(at="16:00")
    assert_reads_little(
        lambda: next_free_times(clinic=house.clinic, sought=refused.value.sought, now=house.now)
    )


def a_patients_visits_are_read_by_the_patient(desk: Desk, house: House) -> None:
    patient = make_patient(house)
    assert_reads_little(lambda: list(visits_of_patient(clinic_id=house.clinic.pk, patient_id=patient.pk)))


def test_nothing_reads_the_calendar_from_end_to_end(desk: Desk, house: House) -> None:
    """One calendar for all of it: filling it takes longer than the rest."""
    a_day_a_week_and_a_month_are_read_by_their_days(desk, house)
    booking_moving_and_ending_read_what_is_near(desk, house)
    a_pumps_visits_are_sought_by_pump_and_clinic_at_once()
    searching_reads_the_weeks_that_are_searched(desk, house)
    a_patients_visits_are_read_by_the_patient(desk, house)
