"""How long a closed fortnight takes to be placed anew, confirmed and undone, beside its bare rows."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.db import connection

from bench.national.build import Country, staff_of
from bench.places import Sized, clinics
from bench.plain import PlainConnection
from bench.screen import step
from bench.table import Row, seconds_of
from clinic.scope import in_clinic
from scheduling.models import DayClosing, Visit
from scheduling.services.closing_days import confirm_closing, propose_closing, undo_closing

DISPLACED, ROUNDS = 200, 3
_HISTORY = (
    "SELECT set_config('pghistory.context_id', gen_random_uuid()::text, true),"
    " set_config('pghistory.context_metadata', '{\"reason\": \"bench\"}', true)"
)


def run(country: Country) -> list[Row]:
    """In the clinic whose fortnight has nearest to 200 visits; undone, they are where they were."""
    first_on = _busiest_monday(country.now.date())
    last_on = first_on + timedelta(days=11)
    place, number = _busy(first_on, last_on)
    clinic, plain = place.clinic, PlainConnection()
    by: dict[str, Any] = {
        "clinic": clinic,
        "actor_id": staff_of(clinic.pk, "founder").pk,
        "now": country.now,
    }
    spent: dict[str, list[float]] = defaultdict(list)
    with step(f"Closing a fortnight of {number} visits"), in_clinic(clinic.pk):
        for _ in range(ROUNDS):
            spent["floor"].append(seconds_of(lambda: _floor(plain, clinic.pk, first_on, last_on)))
            _round(by, first_on, last_on, spent)
    plain.close()
    floor = statistics.median(spent.pop("floor"))
    return [
        Row(
            what=f"closed fortnight of {number} visits, {what}",
            ours=statistics.median(seconds),
            floor=floor,
            floor_is="reading and writing the rows",
            size=number,
        )
        for what, seconds in spent.items()
    ]


def _busiest_monday(today: date) -> date:
    """Of the weeks that have not begun, the one with the most visits in the country."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT date_trunc('week', local_on)::date FROM scheduling_visit"
            " WHERE status = 'booked' AND local_on >= %s GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1",
            [today + timedelta(days=7 - today.weekday())],
        )
        found: date = cursor.fetchone()[0]
        return found


def _busy(first_on: date, last_on: date) -> tuple[Sized, int]:
    def number(place: Sized) -> int:
        rows = Visit.objects.for_clinic(place.clinic.pk)
        return rows.filter(local_on__range=(first_on, last_on), status="booked").count()

    numbers = [(place, number(place)) for place in clinics()]
    return min(numbers, key=lambda pair: abs(pair[1] - DISPLACED))


def _round(by: dict[str, Any], first_on: date, last_on: date, spent: dict[str, list[float]]) -> None:
    found: list[DayClosing] = []

    def timed(what: str, act: Callable[[], object]) -> None:
        spent[what].append(seconds_of(act))

    timed(
        "proposed",
        lambda: found.append(propose_closing(first_on=first_on, last_on=last_on, reason="Bench", **by)),
    )
    timed("confirmed", lambda: confirm_closing(closing_ref=found[0].ref, **by))
    timed("undone", lambda: undo_closing(closing_ref=found[0].ref, **by))


def _floor(plain: PlainConnection, clinic_id: int, first_on: date, last_on: date) -> None:
    """Read the visits and seats of eight weeks and rewrite those of the fortnight, where they are."""
    days = {"clinic": clinic_id, "first": first_on, "last": last_on}
    with plain.of_clinic(clinic_id) as raw, raw.cursor() as cursor:
        cursor.execute(_HISTORY)
        cursor.execute(
            "SELECT id FROM scheduling_visit WHERE clinic_id = %(clinic)s AND status = 'booked'"
            " AND local_on BETWEEN %(first)s AND %(last)s",
            days,
        )
        ids = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            "SELECT s.* FROM scheduling_visitseat s JOIN scheduling_visit v ON v.id = s.visit_id"
            " WHERE v.clinic_id = %(clinic)s AND v.local_on > %(first)s::date - 14",
            days,
        )
        cursor.fetchall()
        cursor.execute("UPDATE scheduling_visit SET sequence = sequence + 1 WHERE id = ANY(%s)", [ids])
        cursor.execute(
            "WITH gone AS (DELETE FROM scheduling_visitseat WHERE visit_id = ANY(%s) RETURNING *)"
            " SELECT clinic_id, visit_id, resource_id, seat, during, is_blocking FROM gone",
            [ids],
        )
        seats = cursor.fetchall()
        cursor.executemany(
            "INSERT INTO scheduling_visitseat (clinic_id, visit_id, resource_id, seat, during, is_blocking)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            seats,
        )
