"""The tables of the audit trail, as the seals know them: each by its name and by the column that numbers its rows."""

from __future__ import annotations

from dataclasses import dataclass

import pghistory.models
from django.apps import apps
from django.db import connection
from django.db.models import Model
from psycopg import sql

from clinic.models import AccessRecord

TEXT_AS_EVER = (
    "SELECT set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO, YMD', true),"
    " set_config('IntervalStyle', 'postgres', true), set_config('bytea_output', 'hex', true),"
    " set_config('extra_float_digits', '1', true),"
    " set_config('enable_seqscan', 'off', true), set_config('work_mem', '64MB', true)"
)
"""A sum is over the text of rows, and the text of a moment depends on these. Rows are found by their numbers: what the
planner thinks of a span of numbers would have it read a whole table for each. All for one transaction."""


@dataclass(frozen=True, slots=True)
class AuditTable:
    """``number`` is the column that counts the rows, ``at`` says when a row came."""

    name: str
    number: str
    at: str

    @property
    def rows(self) -> sql.Identifier:
        return sql.Identifier(self.name)

    @property
    def number_column(self) -> sql.Identifier:
        return sql.Identifier(self.name, self.number)

    def text(self, columns: list[str]) -> sql.Composed:
        """The text of a row: its columns by name, in the order given, so that columns added later change nothing."""
        named = sql.SQL(", ").join(sql.Identifier(self.name, column) for column in columns)
        return sql.SQL("ROW({})::text").format(named)


def histories() -> list[type[Model]]:
    """The histories that have a table of their own."""
    return [
        model
        for model in apps.get_models()
        if issubclass(model, pghistory.models.Event) and model._meta.managed and not model._meta.proxy
    ]


def audit_tables() -> list[AuditTable]:
    """Everything that seals cover: all histories, who and why, and who saw whom."""
    changes = [AuditTable(model._meta.db_table, "pgh_id", "pgh_created_at") for model in histories()]
    context = AuditTable(pghistory.models.Context._meta.db_table, "number", "created_at")
    views = AuditTable(AccessRecord._meta.db_table, "id", "at")
    return [*sorted(changes, key=lambda table: table.name), context, views]


def columns_now() -> dict[str, list[str]]:
    """The columns of every table there is, in the database's own order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a"
            " JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')"
            " WHERE c.relnamespace = current_schema()::regnamespace AND a.attnum > 0 AND NOT a.attisdropped"
            " GROUP BY c.relname"
        )
        return dict(cursor.fetchall())
