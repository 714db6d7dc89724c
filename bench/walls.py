"""What the wall between clinics costs: a saved fill and the work list with row-level security and without it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from statistics import median
from unittest.mock import patch

from django.db import connection, connections
from django.urls import reverse

from bench import fill
from bench.national.build import Country, staff_of
from bench.places import Browser, addresses, near
from bench.screen import step
from bench.table import Row, seconds_of
from config import walls
from config.postgresql.base import DatabaseWrapper

PUMPS, FILLS, PAGES = 2_000, 15, 10


def run(country: Country) -> list[Row]:
    """With the wall, without it, and with it again: its keys are checked against every row each time it goes up."""
    clinic = near(PUMPS).clinic
    user_id = staff_of(clinic.pk, "nurse").pk
    pumps = iter(fill.pumps_to_fill(clinic, country, 3 * FILLS))
    path = reverse("nurse:worklist", kwargs={"clinic_slug": clinic.slug})
    found: dict[tuple[str, bool], list[float]] = defaultdict(list)
    with addresses(), step("Saving fills and asking for work lists with and without the wall"):
        page = Browser(clinic).page(path)
        for has_wall in (True, False, True):
            with nullcontext() if has_wall else _taken_down():
                page()
                for _ in range(FILLS):
                    act = fill.act_of(clinic, next(pumps), user_id, country)
                    found["a saved fill", has_wall].append(seconds_of(act))
                found["the work list", has_wall] += [seconds_of(page) for _ in range(PAGES)]
    return [
        Row(
            what=f"{what}, behind the wall",
            ours=median(found[what, True]),
            floor=median(found[what, False]),
            floor_is="without it",
        )
        for what in ("a saved fill", "the work list")
    ]


@contextmanager
def _taken_down() -> Iterator[None]:
    """No policy, no second keys, and nothing said of whose rows; put up again afterwards."""
    with connections["owner"].cursor() as cursor:
        for name in (*_names(walls.tables(cursor)), *_names(walls.children(cursor))):
            cursor.execute(f"ALTER TABLE {name} DISABLE ROW LEVEL SECURITY")
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


def _names(rows: Iterable[walls.Table | walls.Child]) -> list[str]:
    return [row.name for row in rows]
