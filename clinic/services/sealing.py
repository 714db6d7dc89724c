"""Puts every row of the audit trail under a seal, minutes after it came. See docs/adr/0027-a-chain-over-the-audit.md."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from psycopg import sql

from clinic.models import Seal, SealPart
from clinic.selectors.audit_chain import FIRST_PREVIOUS, ROWS_AT_ONCE, late_numbers, seal_sum, sum_over
from clinic.selectors.audit_tables import TEXT_AS_EVER, AuditTable, audit_tables, columns_now

log = logging.getLogger(__name__)

_ONE_AT_A_TIME = 7_261_944_021
"""The lock that whoever seals holds: two seals at once would follow the same one."""


def seal_everything(*, now: datetime) -> int:
    """Seal until nothing is left; the number of rows. Each seal is a transaction and told outside when it stands."""
    rows = 0
    while (made := seal(now=now)) is not None:
        anchor(made)
        rows += sum(part.rows for part in made.parts.all())
    return rows


def seal(*, now: datetime) -> Seal | None:
    """Add one seal over what no seal covers yet, of each table at most two hundred thousand rows; None: nothing new."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])
        cursor.execute(TEXT_AS_EVER)
        last = Seal.objects.order_by("-number").first()
        number, previous = (last.number + 1, last.sha256) if last else (1, FIRST_PREVIOUS)
        columns, late, reached = columns_now(), late_numbers(), _reached(cursor)
        parts = [
            part
            for table in audit_tables()
            if table.name in columns  # one that a migration is still to bring has no rows
            and (part := _part(cursor, table, columns[table.name], reached.get(table.name), late, number))
        ]
        return _add(number, previous, parts, now) if parts else None


def _reached(cursor: Any) -> dict[str, tuple[int, int, list[str]]]:
    """By table the highest number under seal, and the columns that the last sum is over with where they are named."""
    cursor.execute(
        'SELECT last."table", last.top, named.seal_id, named.columns'
        " FROM unnest(%s::text[]) AS known(name)"
        ' CROSS JOIN LATERAL (SELECT * FROM clinic_sealpart WHERE "table" = known.name'
        " ORDER BY seal_id DESC LIMIT 1) AS last"
        ' JOIN clinic_sealpart AS named ON named."table" = last."table" AND named.seal_id = last.columns_in',
        [[table.name for table in audit_tables()]],
    )
    return {table: (top, columns_in, columns) for table, top, columns_in, columns in cursor.fetchall()}


def _part(
    cursor: Any,
    table: AuditTable,
    columns: list[str],
    reached: tuple[int, int, list[str]] | None,
    late: dict[str, str],
    number: int,
) -> SealPart | None:
    top, columns_in, named = reached or (None, number, [])
    cursor.execute(_unsealed(table, columns), [top, late.get(table.name, "{}"), ROWS_AT_ONCE])
    rows, covered, sha256, lowest, highest = cursor.fetchone()
    if not rows:
        return None
    is_as_before = columns == named
    return SealPart(
        table=table.name,
        columns=[] if is_as_before else columns,
        columns_in=columns_in if is_as_before else number,
        after=lowest - 1 if top is None else top,
        top=highest if top is None else max(top, highest),
        covered=covered,
        rows=rows,
        sha256=sha256,
    )


def _unsealed(table: AuditTable, columns: list[str]) -> sql.Composed:
    """The rows above the highest number under seal, and those that came late; both are found by the index."""
    return sql.SQL(
        "WITH given AS (SELECT coalesce(%s::bigint + 1, (SELECT min({number}) FROM {rows})) AS first,"
        " %s::int8multirange AS late),"
        " spans AS (SELECT lower(span) AS first, upper(span) AS beyond FROM given, unnest(given.late) AS span"
        " UNION ALL SELECT first, NULL FROM given),"
        " numbers AS MATERIALIZED (SELECT {number} AS number FROM spans JOIN {rows}"
        " ON {number} >= spans.first AND (spans.beyond IS NULL OR {number} < spans.beyond)"
        " ORDER BY {number} LIMIT %s)"
        " SELECT count(*), range_agg(int8range({number}::bigint, {number}::bigint, '[]'))::text, {sum},"
        " min({number})::bigint, max({number})::bigint"
        " FROM numbers JOIN {rows} ON {number} = numbers.number"
    ).format(number=table.number_column, rows=table.rows, sum=sum_over(table, columns))


def _add(number: int, previous: str, parts: list[SealPart], now: datetime) -> Seal:
    made = Seal.objects.create(
        number=number,
        previous_sha256=previous,
        sealed_at=now,
        sha256=seal_sum(number=number, previous=previous, sealed_at=now, parts=parts),
    )
    for part in parts:
        part.seal = made
    SealPart.objects.bulk_create(parts)
    return made


def anchor(made: Seal) -> None:
    """Tell the seal's number and sum where a database administrator cannot take it back: the log, and a file."""
    log.info("audit sealed: number %s, sha256 %s", made.number, made.sha256)
    if settings.AUDIT_ANCHOR_FILE:
        with Path(settings.AUDIT_ANCHOR_FILE).open("a", encoding="ascii") as file:
            file.write(f"{made.number} {made.sha256} {made.sealed_at.isoformat()}\n")
