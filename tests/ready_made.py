"""The clinic that most tests begin with: made by the services once, then put back as the rows that they wrote.

The services ask 160 queries for it, a third of what a test of a page costs. Each process of a run has them make it
again, and after every flush, so the rows are always those that the services of today write.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, connections
from django.db.models import Model
from psycopg import sql

from clinic.models import Clinic, User
from clinic.services.accounts import INVITATION_LIFETIME
from scheduling.selectors import protocols

if TYPE_CHECKING:
    from tests.factories import House

_IGNORE_TRIGGERS = (
    "SELECT set_config('pgtrigger.ignore', array_agg(tgname)::text, true)"
    " FROM pg_trigger WHERE NOT tgisinternal"
)
"""What triggers wrote when the rows were made is among the rows."""
_HEED_TRIGGERS = "SELECT set_config('pgtrigger.ignore', '{}', true)"


@dataclass(frozen=True, slots=True)
class _Made:
    house: House
    rows: dict[str, bytes]
    """By table."""

    def at(self, now: datetime) -> House:
        """The same rows as if they had been made at this moment."""
        protocols._rows.cache_clear()  # a process remembers a version's rows by its number, which comes again here
        with connection.cursor() as cursor:
            put_back(cursor, {table: self._moved(rows, now) for table, rows in self.rows.items()})
        house = copy.deepcopy(self.house)
        for row in (getattr(house, field.name) for field in fields(house)):
            if isinstance(row, Model):
                for name, value in vars(row).items():
                    if value == self.house.now:
                        setattr(row, name, now)
        house.now = now
        return house

    def _moved(self, rows: bytes, now: datetime) -> bytes:
        for later in (timedelta(), INVITATION_LIFETIME):
            rows = rows.replace(_as_kept(self.house.now + later), _as_kept(now + later))
        return rows


_made: dict[tuple[str, str], _Made] = {}


def clinic(found: Callable[[str, str, datetime], House], name: str, time_zone: str, now: datetime) -> House:
    """``found(name, time_zone, now)``, by its rows if it was made before and the test has no clinic yet.

    Only in a transaction that is rolled back: what others see is made by the services, one step at a time.
    """
    if not connection.in_atomic_block or User.objects.exists() or Clinic.objects.exists():
        return found(name, time_zone, now)
    if made := _made.get((name, time_zone)):
        return made.at(now)
    tables = connections["owner"].introspection.django_table_names(only_existing=True, include_views=False)
    with connection.cursor() as cursor:
        before = rows_of(cursor, tables)
        house = found(name, time_zone, now)
        after = rows_of(cursor, tables)
    if before.items() <= after.items():
        rows = {table: rows for table, rows in after.items() if table not in before}
        _made[name, time_zone] = _Made(copy.deepcopy(house), rows)
    return house


def forget() -> None:
    _made.clear()


def rows_of(cursor: Any, tables: Iterable[str]) -> dict[str, bytes]:
    """What the tables hold as JSON, by table; without the empty ones."""
    rows: dict[str, bytes] = {}
    for table in tables:
        cursor.execute(sql.SQL("SELECT json_agg(t)::text FROM {} AS t").format(sql.Identifier(table)))
        if found := cursor.fetchone()[0]:
            rows[table] = found.encode()
    return rows


def put_back(cursor: Any, rows: dict[str, bytes]) -> None:
    """Write what ``rows_of`` read, and nothing that a trigger would add. By INSERT: COPY does not go through policies."""
    cursor.execute(_IGNORE_TRIGGERS)
    for table, found in rows.items():
        statement = sql.SQL(
            "INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM json_populate_recordset(NULL::{table}, %s)"
        )
        cursor.execute(statement.format(table=sql.Identifier(table)), [found.decode()])
    cursor.execute(_HEED_TRIGGERS)


def _as_kept(moment: datetime) -> bytes:
    """A moment as PostgreSQL writes it into JSON."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".")
    return f"{text}+00:00".encode()
