"""Statements that are the same every time: planned once by the server, put together once by the process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from django.db import connection, models
from psycopg import sql

PLANNED_AFTER = 3
"""So many times a statement is used before the server keeps its plan."""


@contextmanager
def planned_once(*, is_kept: bool = True) -> Iterator[None]:
    """Let the server plan each statement of the block once a connection: for few that are the same every time.

    Where the plan is not to be kept, each time, whatever a block around this one says.
    """
    connection.ensure_connection()
    before = connection.connection.prepare_threshold
    connection.connection.prepare_threshold = PLANNED_AFTER if is_kept else None
    try:
        yield
    finally:
        if connection.connection is not None:
            connection.connection.prepare_threshold = before


def update_together(model: type[models.Model], rows: Sequence[object], names: tuple[str, ...]) -> None:
    """Write these columns of stored rows: one statement with one array for each column.

    ``rows`` are instances of the model, or whatever has its columns by the same names. ``bulk_update`` puts together a
    condition for each row and column anew. Raises TypeError for columns that hold lists or JSON.
    """
    if not rows:
        return
    fields = _fields(model, names)
    with planned_once(), connection.cursor() as cursor:
        cursor.execute(_update(model, names), [[_sent(field, row) for row in rows] for field in fields])


def _sent(field: Any, row: object) -> Any:
    value = field.get_prep_value(getattr(row, field.attname))
    return str(value) if isinstance(value, str) else value  # members of enumerations make no array with texts


@lru_cache(maxsize=64)
def _fields(model: type[models.Model], names: tuple[str, ...]) -> list[Any]:
    return [model._meta.pk, *(model._meta.get_field(name) for name in names)]


@lru_cache(maxsize=64)
def _update(model: type[models.Model], names: tuple[str, ...]) -> str:
    fields = _fields(model, names)
    columns = [sql.Identifier(field.column) for field in fields]
    return (
        sql.SQL("UPDATE {} AS stored SET {} FROM unnest({}) AS given ({}) WHERE stored.{pk} = given.{pk}")
        .format(
            sql.Identifier(model._meta.db_table),
            sql.SQL(", ").join(sql.SQL("{0} = given.{0}").format(column) for column in columns[1:]),
            sql.SQL(", ").join(sql.SQL(f"%s::{_kind(field)}[]") for field in fields),
            sql.SQL(", ").join(columns),
            pk=columns[0],
        )
        .as_string()
    )


def _kind(field: Any) -> str:
    """Without a length: a cast to that would cut a text that is too long, instead of refusing it."""
    kind = str(field.db_type(connection)).split("(")[0]
    if "[" in kind or kind.startswith("json"):
        raise TypeError(f"{field.name}: no array of {kind}")
    return kind
