"""The database's wall between clinics, put up around every table of clinics' rows after each migration.

Row-level security, FORCEd so that it holds for the owner too, gives and takes only rows of the clinic that the
transaction was told (``clinic.scope``): those whose ``clinic_id`` it is, and those that belong to such a row. A second
foreign key over (clinic_id, id) beside each reference keeps a row from pointing into another clinic. What stands
already is left alone. See docs/adr/0031-two-walls-between-clinics.md.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, Final, NamedTuple

from django.db import connections, transaction
from psycopg import sql

from clinic.scope import EVERY, SETTING

OWN, PARENTS = "own_clinic", "clinic_of_parent"
LONGEST_NAME: Final = 63
"""Octets of a name in PostgreSQL."""
# Asked once a statement and not once a row: a scalar subquery is worked out beforehand.
_ALLOWED: Final = sql.SQL(
    f"(SELECT current_setting('{SETTING}', true)) = '{EVERY}' OR clinic_id ="
    f" (SELECT nullif(nullif(current_setting('{SETTING}', true), ''), '{EVERY}')::bigint)"
)
_TABLES: Final = """
SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity,
    EXISTS (SELECT FROM pg_policy AS p WHERE p.polrelid = c.oid)
FROM pg_class AS c
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
  AND EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'clinic_id')
ORDER BY c.relname
"""
_CHILDREN: Final = """
SELECT s.relname, a.attname, t.relname, s.relrowsecurity AND s.relforcerowsecurity,
    EXISTS (SELECT FROM pg_policy AS p WHERE p.polrelid = s.oid)
FROM pg_constraint AS f
JOIN pg_class AS s ON s.oid = f.conrelid
JOIN pg_class AS t ON t.oid = f.confrelid
JOIN pg_attribute AS a ON a.attrelid = s.oid AND a.attnum = f.conkey[1]
WHERE f.contype = 'f' AND cardinality(f.conkey) = 1 AND s.relnamespace = current_schema()::regnamespace
  AND EXISTS (SELECT FROM pg_attribute AS k WHERE k.attrelid = t.oid AND k.attname = 'clinic_id')
  AND NOT EXISTS (SELECT FROM pg_attribute AS k WHERE k.attrelid = s.oid AND k.attname = 'clinic_id')
ORDER BY s.relname, a.attnum
"""
_REFERENCES: Final = """
SELECT s.relname, a.attname, t.relname,
    EXISTS (
        SELECT FROM pg_constraint AS k
        WHERE k.conrelid = s.oid AND k.contype = 'f' AND k.confrelid = t.oid
          AND k.conkey = ARRAY[sc.attnum, a.attnum] AND k.confkey = ARRAY[tc.attnum, ti.attnum]
    ),
    EXISTS (
        SELECT FROM pg_constraint AS k
        WHERE k.conrelid = t.oid AND k.contype = 'u' AND k.conkey = ARRAY[tc.attnum, ti.attnum]
    )
FROM pg_constraint AS f
JOIN pg_class AS s ON s.oid = f.conrelid
JOIN pg_class AS t ON t.oid = f.confrelid
JOIN pg_attribute AS a ON a.attrelid = s.oid AND a.attnum = f.conkey[1]
JOIN pg_attribute AS sc ON sc.attrelid = s.oid AND sc.attname = 'clinic_id'
JOIN pg_attribute AS tc ON tc.attrelid = t.oid AND tc.attname = 'clinic_id'
JOIN pg_attribute AS ti ON ti.attrelid = t.oid AND ti.attname = 'id' AND ti.attnum = f.confkey[1]
WHERE f.contype = 'f' AND cardinality(f.conkey) = 1 AND s.relnamespace = current_schema()::regnamespace
ORDER BY s.relname, a.attnum
"""


class Table(NamedTuple):
    """A table of clinics' rows."""

    name: str
    is_forced: bool
    has_policy: bool


class Child(NamedTuple):
    """A table whose rows belong to a clinic's row."""

    name: str
    column: str
    parent: str
    is_forced: bool
    has_policy: bool


class Reference(NamedTuple):
    """A column that points from a clinic's row at a clinic's row."""

    table: str
    column: str
    to: str
    is_bound: bool
    """No row of another clinic can be pointed at."""
    has_key: bool
    """The other table has the key that this needs."""


def put_up_walls(*, using: str, **_: Any) -> None:
    """Wall every table that has come since; runs after each migration as the owner, once all tables are there."""
    if using != "owner":
        return
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        for table in tables(cursor):
            if not table.has_policy:
                _allow(cursor, table.name, OWN, _ALLOWED)
            _force(cursor, table.name, is_forced=table.is_forced)
        for child in children(cursor):
            if not child.has_policy:
                _allow(cursor, child.name, PARENTS, _of_parent(child))
            _force(cursor, child.name, is_forced=child.is_forced)
        keyed: set[str] = set()
        for reference in references(cursor):
            if not reference.is_bound:
                _bind(cursor, reference, needs_key=not reference.has_key and reference.to not in keyed)
                keyed.add(reference.to)


def unwalled(cursor: Any) -> list[str]:
    """What lacks its wall: tables that give every row, references that could cross. Empty where all is well."""
    rows: list[Table | Child] = [*tables(cursor), *children(cursor)]
    return sorted(
        {row.name for row in rows if not (row.is_forced and row.has_policy)}
        | {f"{row.table}.{row.column}" for row in references(cursor) if not row.is_bound}
    )


def tables(cursor: Any) -> list[Table]:
    """Every table with a ``clinic_id``."""
    cursor.execute(_TABLES)
    return [Table(*row) for row in cursor.fetchall()]


def children(cursor: Any) -> list[Child]:
    """Every table without one whose rows point at such a row; by the first column that does."""
    cursor.execute(_CHILDREN)
    found: dict[str, Child] = {}
    for row in cursor.fetchall():
        found.setdefault(row[0], Child(*row))
    return list(found.values())


def references(cursor: Any) -> list[Reference]:
    """Every reference from a clinic's row to a clinic's row."""
    cursor.execute(_REFERENCES)
    return [Reference(*row) for row in cursor.fetchall()]


def _allow(cursor: Any, table: str, policy: str, allowed: sql.Composable) -> None:
    cursor.execute(
        sql.SQL("CREATE POLICY {} ON {} USING ({allowed}) WITH CHECK ({allowed})").format(
            sql.Identifier(policy), sql.Identifier(table), allowed=allowed
        )
    )


def _of_parent(child: Child) -> sql.Composable:
    """Whoever sees the parent sees the child: the parent's own policy answers."""
    return sql.SQL("EXISTS (SELECT FROM {parent} AS parent WHERE parent.id = {table}.{column})").format(
        parent=sql.Identifier(child.parent),
        table=sql.Identifier(child.name),
        column=sql.Identifier(child.column),
    )


def _force(cursor: Any, table: str, *, is_forced: bool) -> None:
    if not is_forced:
        statement = sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        cursor.execute(statement.format(sql.Identifier(table)))


def _bind(cursor: Any, reference: Reference, *, needs_key: bool) -> None:
    """The second foreign key, and the key of the other table that it needs."""
    to = sql.Identifier(reference.to)
    if needs_key:
        statement = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} UNIQUE (clinic_id, id)")
        cursor.execute(statement.format(to, _named(reference.to, "of_clinic")))
    statement = sql.SQL(
        "ALTER TABLE {} ADD CONSTRAINT {} FOREIGN KEY (clinic_id, {}) REFERENCES {} (clinic_id, id)"
        " DEFERRABLE INITIALLY DEFERRED"
    )
    name = _named(reference.table, reference.column, "own_clinic")
    cursor.execute(
        statement.format(sql.Identifier(reference.table), name, sql.Identifier(reference.column), to)
    )


def _named(*parts: str) -> sql.Identifier:
    name = "_".join(parts)
    if len(name) > LONGEST_NAME:
        digest = blake2b(name.encode(), digest_size=4).hexdigest()
        name = f"{name[: LONGEST_NAME - 9]}_{digest}"
    return sql.Identifier(name)
