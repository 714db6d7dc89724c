"""The rows of a database that was just migrated, and how they come back after a test that left others.

To seed content types, permissions and catalogue by signals takes some 400 statements; to copy them back takes one
for each of the few tables that hold any.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.core.management.color import no_style
from django.db import OperationalError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.errors import DeadlockDetected

from tests import ready_made


@dataclass(frozen=True, slots=True)
class Fresh:
    """What ``flush`` makes of the database; remembered before the first test."""

    empty: list[str]
    """The statements that empty every table and start every numbering again."""
    rows: dict[str, bytes]
    """By table."""
    numbers: list[tuple[str, int]]
    """The last number that each sequence in use has given."""

    @classmethod
    def of(cls, connection: BaseDatabaseWrapper) -> Fresh:
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        with connection.cursor() as cursor:
            rows = ready_made.rows_of(cursor, tables)
            cursor.execute(
                "SELECT format('%I.%I', schemaname, sequencename), last_value FROM pg_sequences"
                " WHERE last_value IS NOT NULL AND schemaname = current_schema() ORDER BY sequencename"
            )
            numbers = cursor.fetchall()
        empty = connection.ops.sql_flush(no_style(), tables, reset_sequences=True, allow_cascade=False)
        return cls(empty, rows, numbers)

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
            for statement in self.empty:
                cursor.execute(statement)
            ready_made.put_back(cursor, self.rows)
            for sequence, number in self.numbers:
                cursor.execute("SELECT setval(%s, %s)", [sequence, number])


remembered: dict[str, Fresh] = {}
"""By the alias of the database."""
