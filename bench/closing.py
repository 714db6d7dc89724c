"""How long a closed fortnight of 200 visits takes to be placed anew, confirmed and undone, beside its bare rows."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from bench.calendars import FullCalendar, fill_calendar
from bench.data import make_clinic
from bench.screen import console, step, table
from clinic.audit import recording
from clinic.models import Clinic, User
from scheduling.models import DayClosing
from scheduling.services.closing_days import confirm_closing, propose_closing, undo_closing

DISPLACED = 200
PUMPS = 1_000
ROUNDS = 3


def run() -> None:
    """Print the seconds of each step, and of reading and writing the same rows with nothing in between."""
    now = datetime.now(UTC)
    with step(f"Making a clinic of {PUMPS:,} pumps and its calendar"):
        clinic_id = make_clinic(implants=PUMPS, now=now)
        clinic, user = Clinic.objects.get(pk=clinic_id), User.objects.get()
        calendar = fill_calendar(clinic, displaced=DISPLACED, user_id=user.pk, now=now)
    steps: dict[str, list[float]] = {"proposing": [], "confirming": [], "undoing": [], "floor": []}
    for _ in range(ROUNDS):
        steps["floor"].append(_seconds(lambda: _floor(calendar, user.pk))[0])
        took, closing = _seconds(lambda: _propose(calendar, user.pk, now))
        steps["proposing"].append(took)
        told = _told(closing)
        whose: dict[str, Any] = {
            "clinic": clinic,
            "closing_ref": closing.ref,
            "actor_id": user.pk,
            "now": now,
        }
        took, confirmation = _seconds(lambda whose=whose: confirm_closing(**whose))
        assert confirmation.is_confirmed
        steps["confirming"].append(took)
        took, undone = _seconds(lambda whose=whose: undo_closing(**whose))
        assert len(undone.put_back) == DISPLACED
        steps["undoing"].append(took)
    best = {name: min(found) for name, found in steps.items()}
    table(
        f"A closed fortnight of {DISPLACED} visits",
        ["", "seconds", "times the floor"],
        [
            ["reading and writing the same rows, nothing in between", f"{best['floor']:.2f}", "1.0"],
            *(
                [name, f"{best[name]:.2f}", f"{best[name] / best['floor']:.1f}"]
                for name in steps
                if name != "floor"
            ),
        ],
    )
    console.print(f"{told} The promise is 5 seconds.")


def _propose(calendar: FullCalendar, user_id: int, now: datetime) -> DayClosing:
    return propose_closing(
        clinic=calendar.clinic,
        first_on=calendar.first_on,
        last_on=calendar.last_on,
        reason="Bench",
        actor_id=user_id,
        now=now,
    )


def _told(closing: DayClosing) -> str:
    moves = list(closing.moves.all())
    missing = sum(move.to_starts_at is None for move in moves)
    late = sum(move.is_past_latest and move.to_starts_at is not None for move in moves)
    return f"{len(moves)} visits: {missing} without a time, {late} after their last safe day."


def _floor(calendar: FullCalendar, user_id: int) -> None:
    """Read the visits and seats of eight weeks and rewrite those of the fortnight, where they are."""
    days = {"clinic": calendar.clinic.pk, "first": calendar.first_on, "last": calendar.last_on}
    with transaction.atomic(), recording(actor_id=user_id, reason="bench"), connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM scheduling_visit WHERE clinic_id = %(clinic)s AND local_on BETWEEN %(first)s AND %(last)s",
            days,
        )
        visits = cursor.fetchall()
        cursor.execute(
            "SELECT s.* FROM scheduling_visitseat s JOIN scheduling_visit v ON v.id = s.visit_id"
            " WHERE v.clinic_id = %(clinic)s",
            days,
        )
        cursor.fetchall()
        ids = [row[0] for row in visits]
        cursor.execute("UPDATE scheduling_visit SET sequence = sequence + 1 WHERE id = ANY(%s)", [ids])
        cursor.execute(
            "WITH gone AS (DELETE FROM scheduling_visitseat WHERE visit_id = ANY(%s) RETURNING *)"
            " SELECT clinic_id, visit_id, resource_id, seat, during FROM gone",
            [ids],
        )
        seats = cursor.fetchall()
        cursor.executemany(
            "INSERT INTO scheduling_visitseat (clinic_id, visit_id, resource_id, seat, during, is_blocking)"
            " VALUES (%s, %s, %s, %s, %s, true)",
            seats,
        )


def _seconds(act: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    value = act()
    return time.perf_counter() - began, value
