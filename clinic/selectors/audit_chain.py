"""Whether the audit trail is as it was sealed: the chain of seals, every row under them, and what is not sealed yet."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from psycopg import sql

from clinic.models import Seal, SealPart
from clinic.selectors.audit_tables import TEXT_AS_EVER, AuditTable, audit_tables, columns_now

FIRST_PREVIOUS = "0" * 64
MAY_COME_LATE = timedelta(hours=24)
"""How long a number below the highest sealed one may still come in: no transaction is open for longer."""
ROWS_AT_ONCE = 200_000


@dataclass(slots=True)
class Verdict:
    """``broken`` says in words what is not as it was sealed, the earliest first; empty: nothing."""

    seals: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    not_sealed_yet: dict[str, int] = field(default_factory=dict)
    oldest_not_sealed_at: datetime | None = None
    last_number: int = 0
    last_sha256: str = FIRST_PREVIOUS
    last_sealed_at: datetime | None = None
    anchors: int = 0
    broken: list[str] = field(default_factory=list)


def seal_sum(*, number: int, previous: str, sealed_at: datetime, parts: Iterable[SealPart]) -> str:
    """The sum that a seal carries: over its own numbers, the seal before it and all its parts."""
    said: list[Any] = [number, previous, sealed_at.astimezone(UTC).isoformat(timespec="microseconds")]
    said += [
        [
            part.table,
            part.columns,
            part.columns_in,
            part.after,
            part.top,
            part.covered,
            part.rows,
            part.sha256,
        ]
        for part in sorted(parts, key=lambda part: part.table)
    ]
    return hashlib.sha256(json.dumps(said, separators=(",", ":")).encode()).hexdigest()


def verify(
    *,
    anchors: Collection[tuple[int, str]] = (),
    advance: Callable[[int], None] = lambda rows: None,
) -> Verdict:
    """Go through everything. ``anchors`` are (number, sum) of seals that were written down elsewhere.

    ``advance`` is told the number of rows done. One transaction; nothing is written.
    """
    verdict = Verdict()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TEXT_AS_EVER)
        _follow_chain(verdict, dict(anchors))
        known, there = {table.name: table for table in audit_tables()}, columns_now()
        late = late_numbers()
        under_seal = set(SealPart.objects.order_by().values_list("table", flat=True).distinct())
        for name in sorted({*known, *under_seal}):
            if name not in known or name not in there:
                is_gone = name in under_seal
                verdict.broken.append(
                    f"the table {name}, which is under seal, is gone"
                    if is_gone
                    else f"the table {name} is not there: are all migrations run?"
                )
                continue
            _check_rows(cursor, known[name], there[name], verdict, advance)
            _check_outside(cursor, known[name], late.get(name, "{}"), verdict)
    return verdict


def _follow_chain(verdict: Verdict, anchors: dict[int, str]) -> None:
    """Every seal and the one before it; says where the chain is broken."""
    for seal in Seal.objects.order_by("number").prefetch_related("parts").iterator(chunk_size=500):
        if said := _what_is_wrong(seal, list(seal.parts.all()), verdict):
            verdict.broken.append(said)
        anchored = anchors.pop(seal.number, None)
        if anchored is not None and anchored != seal.sha256:
            verdict.broken.append(f"seal {seal.number} is not the one that was anchored")
        verdict.anchors += anchored == seal.sha256
        verdict.seals += 1
        verdict.last_number, verdict.last_sha256 = seal.number, seal.sha256
        verdict.last_sealed_at = seal.sealed_at
    verdict.broken += [f"seal {number}, which was anchored, is gone" for number in sorted(anchors)]


def _what_is_wrong(seal: Seal, parts: list[SealPart], verdict: Verdict) -> str:
    if seal.number != verdict.last_number + 1:
        return f"seals {verdict.last_number + 1} to {seal.number - 1} are gone"
    if seal.previous_sha256 != verdict.last_sha256:
        return f"seal {seal.number} does not follow the one before it"
    made = seal_sum(number=seal.number, previous=seal.previous_sha256, sealed_at=seal.sealed_at, parts=parts)
    return "" if made == seal.sha256 else f"seal {seal.number} was altered"


def _check_rows(
    cursor: Any, table: AuditTable, there: list[str], verdict: Verdict, advance: Callable[[int], None]
) -> None:
    """Every row under a seal, by the sum over its text."""
    verdict.rows[table.name] = 0
    for columns, parts in _together(table, verdict.last_number):
        if gone := set(columns) - set(there):
            verdict.broken.append(
                f"{table.name}: columns are gone that seal {parts[0].seal_id} is over: {', '.join(sorted(gone))}"
            )
            continue
        cursor.execute(_sums(table, columns), [list(range(len(parts))), [part.covered for part in parts]])
        for position, rows, sha256 in cursor.fetchall():
            verdict.rows[table.name] += rows
            advance(rows)
            if said := _what_changed(parts[position], rows, sha256):
                verdict.broken.append(f"{table.name}: {said}")


def _what_changed(part: SealPart, rows: int, sha256: str) -> str:
    place = f"seal {part.seal_id} is over, {_places(part.covered)}"
    if rows != part.rows:
        return f"{part.rows - rows} of the {part.rows} rows are gone that {place}"
    return f"a row was altered of the {part.rows} that {place}" if sha256 != part.sha256 else ""


def _together(table: AuditTable, last_number: int) -> Iterator[tuple[list[str], list[SealPart]]]:
    """Parts over the same columns, a few hundred thousand rows at a time."""
    of_table = SealPart.objects.filter(table=table.name, seal_id__lte=last_number)
    named = dict(of_table.exclude(columns=[]).values_list("seal_id", "columns"))
    some: list[SealPart] = []
    rows = 0
    for part in of_table.order_by("seal_id").iterator(chunk_size=2_000):
        if some and (
            part.columns_in != some[0].columns_in or rows + part.rows > ROWS_AT_ONCE or len(some) > 2_000
        ):
            yield named.get(some[0].columns_in, []), some
            some, rows = [], 0
        some.append(part)
        rows += part.rows
    if some:
        yield named.get(some[0].columns_in, []), some


def _sums(table: AuditTable, columns: list[str]) -> sql.Composed:
    """Of each part in the two arrays given (position, numbers) how many rows there are, and their sum."""
    return sql.SQL(
        "SELECT part.position, found.rows, found.sha256"
        " FROM unnest(%s::int[], %s::int8multirange[]) AS part(position, covered)"
        " CROSS JOIN LATERAL (SELECT count(*) AS rows, {sum} AS sha256"
        " FROM unnest(part.covered) AS span JOIN {rows}"
        " ON {number} >= lower(span) AND {number} < upper(span)) AS found ORDER BY part.position"
    ).format(sum=sum_over(table, columns), rows=table.rows, number=table.number_column)


def sum_over(table: AuditTable, columns: list[str]) -> sql.Composed:
    """The aggregate over rows of a table: the sum of the sums of their texts, in the order of their numbers."""
    return sql.SQL(
        "encode(sha256(coalesce(string_agg(sha256(convert_to({text}, 'UTF8')), ''::bytea ORDER BY {number}),"
        " ''::bytea)), 'hex')"
    ).format(text=table.text(columns), number=table.number_column)


def _check_outside(cursor: Any, table: AuditTable, late: str, verdict: Verdict) -> None:
    """Rows under no seal: too new for one, or put in where none can come any more."""
    cursor.execute(
        sql.SQL(
            "WITH parts AS (SELECT top, covered::int8multirange AS covered FROM clinic_sealpart"
            ' WHERE "table" = %s AND seal_id <= %s),'
            " sealed AS (SELECT (SELECT max(top) FROM parts) AS top,"
            " (SELECT coalesce(range_agg(span), '{{}}') FROM parts, unnest(parts.covered) AS span) AS numbers),"
            " outside AS (SELECT {number} AS number, {at} AS at,"
            " sealed.top IS NULL OR {number} > sealed.top OR {number}::bigint <@ %s::int8multirange AS is_new"
            " FROM {rows}, sealed WHERE NOT {number}::bigint <@ sealed.numbers)"
            " SELECT count(*) FILTER (WHERE is_new), min(at) FILTER (WHERE is_new),"
            " count(*) FILTER (WHERE NOT is_new), min(number) FILTER (WHERE NOT is_new) FROM outside"
        ).format(number=table.number_column, at=sql.Identifier(table.name, table.at), rows=table.rows),
        [table.name, verdict.last_number, late],
    )
    new, oldest_at, behind, first = cursor.fetchone()
    if new:
        verdict.not_sealed_yet[table.name] = new
        known = [at for at in (verdict.oldest_not_sealed_at, oldest_at) if at is not None]
        verdict.oldest_not_sealed_at = min(known, default=None)
    if behind:
        verdict.broken.append(
            f"{table.name}: {behind} rows were put in behind the seals, the first has number {first}"
        )


def late_numbers() -> dict[str, str]:
    """By table the numbers below the highest sealed one that may still come in, as an int8multirange: those that a seal of
    the last day left out. The day ends with the last seal, so that nothing is taken for late while nobody seals."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH recent AS (
                SELECT p."table", p.after, p.top, p.covered::int8multirange AS covered
                FROM clinic_sealpart p JOIN clinic_seal s ON s.number = p.seal_id
                WHERE s.sealed_at > (SELECT max(sealed_at) FROM clinic_seal) - %s::float8 * interval '1 second'
            ), missing AS (
                SELECT "table", range_agg(span) AS numbers FROM recent,
                unnest(int8multirange(int8range(after, top, '(]')) - covered) AS span GROUP BY "table"
            ), came AS (
                SELECT "table", range_agg(span) AS numbers FROM recent, unnest(covered) AS span GROUP BY "table"
            )
            SELECT missing."table", (missing.numbers - came.numbers)::text
            FROM missing JOIN came USING ("table")
            WHERE NOT isempty(missing.numbers - came.numbers)
            """,
            [MAY_COME_LATE.total_seconds()],
        )
        return dict(cursor.fetchall())


def _places(covered: str) -> str:
    """The numbers under a part, shortly: ``{[3,8),[9,12)}`` are 3 to 11."""
    ends = [end for end in covered.strip("{}[)").replace("[", "").replace(")", "").split(",") if end]
    return f"numbers {ends[0]} to {int(ends[-1]) - 1}" if ends else "no numbers"
