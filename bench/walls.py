"""What the wall between clinics costs: a saved fill and the work list with row-level security and without it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from statistics import median
from unittest.mock import patch

from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from bench import data
from bench.screen import step, table
from clinic.domain.entries import DrugEntry, FillEntry
from clinic.models import Clinic, FillDrug, Implant, User
from clinic.scope import in_clinic
from clinic.services.fills import record_fill
from config import walls
from config.postgresql.base import DatabaseWrapper
from scheduling.services.sweeps import run_everything

IMPLANTS = 2_000
FILLS, PAGES, ROUNDS = 40, 10, 3


def run() -> None:
    """Print milliseconds of both, with the wall and without, and the ratio; in turns, since machines are noisy."""
    now = datetime.now(UTC)
    with step(f"Making a clinic of {IMPLANTS:,} pumps"):
        clinic = Clinic.objects.get(pk=data.make_clinic(implants=IMPLANTS, now=now))
    with step("Working out every date"):
        run_everything(now=now)
    user = User.objects.get()
    client = Client(SERVER_NAME="localhost")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    address = reverse("nurse:worklist", kwargs={"clinic_slug": clinic.slug})
    pumps = iter(list(Implant.objects.order_by("id")))
    acts: dict[str, Callable[[], object]] = {
        "a saved fill": lambda: _fill(clinic, next(pumps), user.pk, now),
        "the work list": lambda: client.get(address).content,
    }
    found: dict[tuple[str, bool], list[float]] = {}
    for _ in range(ROUNDS):
        for has_wall in (True, False):
            with nullcontext() if has_wall else _taken_down():
                for name, act in acts.items():
                    times = PAGES if name == "the work list" else FILLS
                    found.setdefault((name, has_wall), []).extend(_seconds(act) for _ in range(times))
    rows = []
    for name in acts:
        bare, walled = (median(found[name, has_wall]) * 1e3 for has_wall in (False, True))
        rows.append([name, f"{bare:.1f}", f"{walled:.1f}", f"{walled / bare:.2f}"])
    table("The wall between clinics", ["milliseconds", "without", "with", "times"], rows)


@contextmanager
def _taken_down() -> Iterator[None]:
    """No policy, no second keys, and nothing said of whose rows; put up again afterwards."""
    with connections["owner"].cursor() as cursor:
        for row in (*walls.tables(cursor), *walls.children(cursor)):
            cursor.execute(f"ALTER TABLE {row.name} DISABLE ROW LEVEL SECURITY")
        cursor.execute(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'f' AND cardinality(conkey) = 2"
        )
        for name, constraint in cursor.fetchall():
            cursor.execute(f'ALTER TABLE {name} DROP CONSTRAINT "{constraint}"')
    said, connection.execute_wrappers[:] = list(connection.execute_wrappers), []
    try:
        with (
            patch.object(DatabaseWrapper, "say_scope", lambda self: None),
            patch("web.answering.one_reading", lambda request: nullcontext()),
        ):
            yield
    finally:
        connection.execute_wrappers[:] = said
        walls.put_up_walls(using="owner")


def _fill(clinic: Clinic, implant: Implant, user_id: int, now: datetime) -> None:
    """As the page saves it: within the clinic, with everything that follows from it."""
    last = FillDrug.objects.filter(fill__implant=implant).select_related("drug").order_by("-fill_id").first()
    assert last is not None
    drug = DrugEntry(
        drug_key=last.drug.key,
        concentration=last.concentration,
        concentration_unit=last.concentration_unit,
        lot="",
    )
    entry = FillEntry(filled_on=now.date() - timedelta(days=2), fill_volume_ml=Decimal(20), drugs=(drug,))
    with in_clinic(clinic.pk):
        record_fill(clinic=clinic, implant_ref=implant.ref, entry=entry, actor_id=user_id, now=now)


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
