"""Tables stripped for a large load, and everything put up again: the database itself checks every row then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

KEPT = "bench_taken_down"
"""What was taken down and is not up yet, in the order in which it goes up; there only while a load is going on."""
_CONSTRAINTS = """
SELECT c.conrelid::regclass::text, quote_ident(c.conname), pg_get_constraintdef(c.oid), c.contype
FROM pg_constraint AS c
WHERE c.conrelid = ANY(%s::regclass[]) AND c.contype IN ('f', 'p', 'u', 'x')
ORDER BY array_position(ARRAY['p', 'u', 'x', 'f']::"char"[], c.contype), c.conrelid::regclass::text, c.conname
"""
_INDEXES = """
SELECT quote_ident(i.relname), pg_get_indexdef(i.oid)
FROM pg_index AS x JOIN pg_class AS i ON i.oid = x.indexrelid
WHERE x.indrelid = ANY(%s::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conindid = i.oid)
ORDER BY 1
"""
_POINTING_IN = """
SELECT c.conrelid::regclass::text, quote_ident(c.conname), pg_get_constraintdef(c.oid)
FROM pg_constraint AS c
WHERE c.contype = 'f' AND c.confrelid = ANY(%s::regclass[]) AND NOT c.conrelid = ANY(%s::regclass[])
"""


def take_down(cursor: Any, tables: Sequence[str]) -> None:
    """No key, no index, no trigger and no wall on these tables; what there was is kept in KEPT."""
    names = list(tables)
    cursor.execute(_CONSTRAINTS, [names])
    constraints = cursor.fetchall()
    cursor.execute(_POINTING_IN, [names, names])
    pointing = cursor.fetchall()
    cursor.execute(_INDEXES, [names])
    indexes = cursor.fetchall()
    cursor.execute(f"CREATE TABLE {KEPT} (id bigserial PRIMARY KEY, statement text NOT NULL)")
    keys = [row for row in constraints if row[3] != "f"]
    foreign = [row[:3] for row in constraints if row[3] == "f"] + pointing
    put_up = [
        *(f"ALTER TABLE {table} ADD CONSTRAINT {name} {words}" for table, name, words, _ in keys),
        *(words for _, words in indexes),
        *(f"ALTER TABLE {table} ADD CONSTRAINT {name} {words}" for table, name, words in foreign),
    ]
    cursor.executemany(f"INSERT INTO {KEPT} (statement) VALUES (%s)", [(each,) for each in put_up])
    for table, name, _ in foreign:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for name, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")
    for table, name, _, _ in reversed(keys):
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


def open_gates(cursor: Any, tables: Sequence[str]) -> None:
    """Let COPY in: it goes through no policy, and histories are copied as they were written."""
    for table in tables:
        cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER, NO FORCE ROW LEVEL SECURITY')


def close_gates(cursor: Any, tables: Sequence[str]) -> None:
    cursor.execute("SELECT relname FROM pg_class WHERE relname = ANY(%s) AND relrowsecurity", [list(tables)])
    walled = {name for (name,) in cursor.fetchall()}
    for table in tables:
        force = ", FORCE ROW LEVEL SECURITY" if table in walled else ""
        cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER{force}')


def put_up(cursor: Any) -> None:
    """Keys and indexes again, one after the other; each is checked against every row. Goes on where it stopped."""
    cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [KEPT])
    if not cursor.fetchone()[0]:
        return
    cursor.execute("SET maintenance_work_mem = '512MB'")
    cursor.execute(f"SELECT id, statement FROM {KEPT} ORDER BY id")
    for number, statement in cursor.fetchall():
        with transaction.atomic(using="owner"):
            cursor.execute(statement)
            cursor.execute(f"DELETE FROM {KEPT} WHERE id = %s", [number])
    cursor.execute(f"DROP TABLE {KEPT}")
    cursor.execute("RESET maintenance_work_mem")


def count_on(cursor: Any, tables: Sequence[str]) -> None:
    """Sequences after the highest number that is there."""
    cursor.execute(
        "SELECT c.relname, a.attname, pg_get_serial_sequence(quote_ident(c.relname), a.attname)"
        " FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid"
        " WHERE c.relname = ANY(%s) AND a.attnum > 0 AND NOT a.attisdropped"
        " AND pg_get_serial_sequence(quote_ident(c.relname), a.attname) IS NOT NULL",
        [list(tables)],
    )
    for table, column, sequence in cursor.fetchall():
        cursor.execute(
            f'SELECT setval(%s, greatest((SELECT max("{column}") FROM "{table}"), 1))',
            [sequence],
        )
