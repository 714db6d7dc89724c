"""How long the calendar takes for a day, a week and a month, with few and with very many visits stored.

The visits in view are the same each time; only what lies outside them grows. Ratios near 1 and equal numbers of
queries say that the view pays for what it shows.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings

from bench.data import make_clinic
from bench.screen import step, table
from clinic.domain.roles import Role
from clinic.models import Clinic, User
from clinic.services.accounts import accept_invitation, invite_member
from scheduling.models import Resource, ResourceKind, Visit, VisitKind, VisitSeat

FEW, MANY = 1_000, 100_000
PATIENTS = 2_000
NURSES, A_DAY = 10, 40
ROUNDS = 30


@dataclass(frozen=True)
class Stage:
    """A signed-in nurse, and the day in the middle of all visits."""

    clinic: Clinic
    client: Client
    day: date

    def views(self) -> dict[str, Callable[[], Any]]:
        """What is measured: the page and what it fetches, or the list that needs no script."""
        monday = self.day - timedelta(days=self.day.weekday())
        month = self.day.replace(day=1)
        return {
            "day": lambda: self._grid("day", self.day, 1),
            "week": lambda: self._grid("week", monday, 7),
            "month": lambda: self._grid("month", month, 42),
            "list of the day": lambda: self._get(f"?view=list&date={self.day}"),
        }

    def _grid(self, view: str, first_on: date, days: int) -> None:
        self._get(f"?view={view}&date={first_on}")
        self._get(f"visits.json?view={view}&start={first_on}&end={first_on + timedelta(days=days)}")

    def _get(self, address: str) -> None:
        response = self.client.get(f"/c/{self.clinic.slug}/calendar/{address}")
        assert response.status_code == 200, response.status_code


def run() -> None:
    """Print milliseconds and queries of each view at both sizes, and the ratio."""
    found = {size: _measure(size) for size in (FEW, MANY)}
    rows = [
        [
            view,
            f"{few * 1000:.0f} ms, {few_queries} queries",
            f"{many * 1000:.0f} ms, {many_queries} queries",
            f"{many / few:.2f}",
        ]
        for (view, few, few_queries), (_, many, many_queries) in zip(found[FEW], found[MANY], strict=True)
    ]
    columns = ["the same visits in view", f"{FEW:,} stored", f"{MANY:,} stored", "ratio"]
    table("The calendar", columns, rows)


def _measure(size: int) -> list[tuple[str, float, int]]:
    now = datetime.now(UTC)
    with step(f"Making a clinic of {size:,} visits"):
        stage = _stage(size, now)
    measured = []
    with override_settings(ALLOWED_HOSTS=["testserver"]):
        for name, view in stage.views().items():
            view()
            with CaptureQueriesContext(connection) as queries:
                view()
            number = len(queries)  # at once: the next request empties the log
            measured.append((name, min(_seconds(view) for _ in range(ROUNDS)), number))
    return measured


def _stage(size: int, now: datetime) -> Stage:
    clinic = Clinic.objects.get(pk=make_clinic(implants=PATIENTS, now=now))
    administrator = User.objects.get()
    _, token = invite_member(
        clinic=clinic, email="nurse@example.org", role=Role.NURSE, actor_id=administrator.pk, now=now
    )
    nurse = accept_invitation(token=token, display_name="Nurse", password="correct-horse-battery", now=now)  # noqa: S106
    nurses = [Resource(clinic=clinic, kind=ResourceKind.NURSE, name=f"Nurse {n}") for n in range(NURSES)]
    Resource.objects.bulk_create(nurses)
    middle = now.date() + timedelta(days=14)
    with connections["owner"].cursor() as cursor:
        for model, rows in _rows(clinic, nurses, size, middle, now).items():
            _store(cursor, model, rows)
    client = Client()
    client.force_login(nurse, backend="allauth.account.auth_backends.AuthenticationBackend")
    return Stage(clinic, client, middle)


def _rows(
    clinic: Clinic, nurses: list[Resource], size: int, middle: date, now: datetime
) -> dict[type[Visit] | type[VisitSeat], list[Any]]:
    """So many visits on whole days around the middle, forty a day, each patient at most once a day."""
    kind = VisitKind.objects.get(clinic=clinic, key="check_up")
    visits, seats = [], []
    days = size // A_DAY
    numbers = count(1)
    for offset in range(-(days // 2), days - days // 2):
        day = middle + timedelta(days=offset)
        for each in range(A_DAY):
            number = next(numbers)
            begin = datetime(day.year, day.month, day.day, 15, tzinfo=UTC) + timedelta(
                minutes=30 * (each // NURSES)
            )
            visit = Visit(
                id=number,
                clinic=clinic,
                patient_id=1 + number % PATIENTS,
                kind=kind,
                nurse=nurses[each % NURSES],
                starts_at=begin,
                ends_at=begin + timedelta(minutes=30),
                local_on=day,
                local_at=(begin - timedelta(hours=6)).time(),
                time_zone=clinic.time_zone,
                status="fulfilled" if day < now.date() else "booked",
                booked_at=now,
            )
            visits.append(visit)
            seats.append(
                VisitSeat(
                    id=number,
                    clinic=clinic,
                    visit=visit,
                    resource=nurses[each % NURSES],
                    during=(begin, begin + timedelta(minutes=30)),
                    is_blocking=day >= now.date(),
                )
            )
    return {Visit: visits, VisitSeat: seats}


def _store(cursor: Any, model: type[Visit] | type[VisitSeat], rows: list[Any]) -> None:
    name = model._meta.db_table
    cursor.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
    model.objects.using("owner").bulk_create(rows, batch_size=2_000)
    cursor.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER")
    cursor.execute(f"ANALYZE {name}")


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
