"""The rows of a database that was just migrated, and how they come back after a test that left others.

To seed content types, permissions and catalogue by signals takes some 400 statements; to copy them back takes one
for each of the few tables that hold any. What a test wrote is taken out of the tables that it wrote to: to empty
all of them makes some seven hundred files anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.management.color import no_style
from django.db import OperationalError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql
from psycopg.errors import DeadlockDetected

from tests import ready_made

MOST_ROWS_ONE_BY_ONE = 2_000
"""Above it all tables are emptied at once: each row that goes is looked for by every table that may refer to it."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """What ``flush`` makes of the database; remembered before the first test."""

    tables: list[str]
    empty: list[str]
    """The statements that empty every table and start every numbering again."""
    rows: dict[str, bytes]
    """By table."""
    numbers: dict[str, int]
    """The last number that each sequence in use has given."""

    @classmethod
    def of(cls, connection: BaseDatabaseWrapper) -> Fresh:
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        with connection.cursor() as cursor:
            rows, numbers = ready_made.rows_of(cursor, tables), _numbers(cursor)
        empty = connection.ops.sql_flush(no_style(), tables, reset_sequences=True, allow_cascade=False)
        return cls(tables, empty, rows, numbers)

    def restore(self, connection: BaseDatabaseWrapper) -> None:
        """Tried again when a process at work holds one table and waits for another: the server ends one of the two."""
        ready_made.forget()  # its numbers will be given again
        for is_last in (False, False, True):
            try:
                self._put_back(connection)
                return
            except OperationalError as error:
                if is_last or not isinstance(error.__cause__, DeadlockDetected):
                    raise

    def _put_back(self, connection: BaseDatabaseWrapper) -> None:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            # Whoever was killed may still have a transaction that ends: its rows must not come after.
            names = sql.SQL(", ").join(map(sql.Identifier, self.tables))
            cursor.execute(sql.SQL("LOCK TABLE {}").format(names))
            filled = self._filled(cursor)
            if sum(filled.values()) <= MOST_ROWS_ONE_BY_ONE and self._are_as_before(cursor):
                ready_made.take_out(cursor, filled)
            else:
                for statement in self.empty:
                    cursor.execute(statement)
                ready_made.put_back(cursor, self.rows)
            self._count_again(cursor)

    def _filled(self, cursor: Any) -> dict[str, int]:
        """The tables that were empty and are not, with about as many rows as they hold."""
        each = sql.SQL("SELECT {}, count(*) FROM (SELECT FROM {} LIMIT {}) AS t HAVING count(*) > 0")
        others = [name for name in self.tables if name not in self.rows]
        cursor.execute(
            sql.SQL(" UNION ALL ").join(
                each.format(sql.Literal(name), sql.Identifier(name), MOST_ROWS_ONE_BY_ONE + 1)
                for name in others
            )
        )
        return dict(cursor.fetchall())

    def _are_as_before(self, cursor: Any) -> bool:
        return ready_made.rows_of(cursor, self.rows) == self.rows

    def _count_again(self, cursor: Any) -> None:
        now = _numbers(cursor)
        for sequence in now.keys() | self.numbers.keys():
            if now.get(sequence) != (number := self.numbers.get(sequence)):
                cursor.execute("SELECT setval(%s, %s, %s)", [sequence, number or 1, number is not None])


def _numbers(cursor: Any) -> dict[str, int]:
    cursor.execute(
        "SELECT format('%I.%I', schemaname, sequencename), last_value FROM pg_sequences"
        " WHERE last_value IS NOT NULL AND schemaname = current_schema() ORDER BY sequencename"
    )
    return dict(cursor.fetchall())


remembered: dict[str, Fresh] = {}
"""By the alias of the database."""
