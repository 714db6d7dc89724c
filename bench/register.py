"""A register brought in, against parsing the same file and sending the same rows by COPY into the same tables."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from django.conf import settings
from django.db import connection, connections, transaction
from psycopg import sql

from bench.memory import peak_of
from bench.national.build import PASSWORD, Country
from bench.national.prototype import Table, tables
from bench.screen import step
from bench.table import Row, seconds_of
from clinic.domain.entries import ClinicEntry
from clinic.domain.register import COLUMNS
from clinic.models import Clinic, User
from clinic.scope import in_clinic
from clinic.selectors.catalogue import catalogue
from clinic.services.accounts import found_clinic
from config import walls
from config.embedded.installation import SUPERUSER, Installation
from scheduling.domain.import_check import hash_of
from scheduling.domain.register_case import Judge, judge_register
from scheduling.services.import_checks.joining import Source
from scheduling.services.register_rows import MOST_TOGETHER, import_rows

SIZES, BAR = (1_000, 10_000), 5.0
NAME, FOUNDER = "Register of the bench", "founder@register.bench.example"
_CONTEXT = (
    "SELECT set_config('pghistory.context_id', gen_random_uuid()::text, true),"
    " set_config('pghistory.context_metadata', '{\"reason\": \"import\"}', true)"
)


@dataclass(slots=True)
class _Came:
    """What bringing in took, and every row that it wrote, as COPY reads them; histories are written by triggers."""

    seconds: float = 0.0
    statements: int = 0
    peak_bytes: int = 0
    rows: dict[str, tuple[list[str], bytes]] = field(default_factory=dict)


def run(country: Country) -> list[Row]:
    """Into a clinic of its own, which is taken away again, so the country stays as it is."""
    return [_measured(country, size) for size in SIZES]


def _measured(country: Country, size: int) -> Row:
    content = _register(country, size)
    _take_away()
    with step(f"Bringing in {size:,} rows of a register"):
        try:
            came = _bring_in(content, country)
        finally:
            _take_away()
        floor = min(_floor(content, came) for _ in range(max(3_000 // size, 1)))
    return Row(
        what=f"register of {size:,} rows; queries for {MOST_TOGETHER} of them",
        ours=came.seconds,
        floor=floor,
        floor_is="CSV parsed, its rows sent by COPY",
        bar=BAR,
        queries=came.statements * MOST_TOGETHER // size,
        peak_bytes=came.peak_bytes,
        size=size,
    )


@contextmanager
def _counted() -> Iterator[Counter[str]]:
    """Statements, however many: Django's own log forgets the first."""
    counts: Counter[str] = Counter()

    def count(execute: Any, statement: Any, params: Any, many: bool, context: Any) -> Any:
        counts["statements"] += 1
        return execute(statement, params, many, context)

    with connection.execute_wrapper(count):
        yield counts


def _register(country: Country, size: int) -> bytes:
    today = country.now.date()
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    for number in range(size):
        writer.writerow(
            {
                "mrn": f"R{number:07}",
                "last_name": f"Register{number}",
                "first_name": "Rita",
                "birth_date": "1980-02-29",
                "phone": "+1 202 555 0100",
                "email": f"rita{number}@example.org",
                "language": "en",
                "pump_model": "synchromed-ii-40",
                "pump_serial": f"R{number:07}",
                "implanted_on": today - timedelta(days=700),
                "filled_on": today - timedelta(days=10 + number % 20),
                "fill_volume_ml": "40",
                "drug_1": "baclofen",
                "concentration_1": "2000",
                "unit_1": "mcg/mL",
                "dose": 200 + number % 100,
                "dose_unit": "mcg/day",
            }
        )
    return text.getvalue().encode()


def _bring_in(content: bytes, country: Country) -> _Came:
    """As the product does it, so many rows in a transaction: in one, its plans would be those of an empty clinic."""
    before = {table.name: _newest(table) for table in _written()}
    clinic, founder = found_clinic(
        entry=ClinicEntry(name=NAME, time_zone="America/Chicago"),
        admin_email=FOUNDER,
        admin_password=PASSWORD,
        admin_name="Founder",
        now=country.now,
    )
    source = Source("register.csv", hash_of(content), founder.pk, frozenset({founder.pk}))
    zone, came = ZoneInfo(clinic.time_zone), _Came()
    judge = Judge(as_of=country.now.astimezone(zone).date(), zone=zone, catalogue=catalogue())

    def act() -> None:
        rows = judge_register(content, judge)
        reports = import_rows(clinic=clinic, rows=rows, actor_id=founder.pk, now=country.now, source=source)
        told = Counter(report.result for report in reports)
        assert set(told) == {"created"}, told

    with in_clinic(clinic.pk), _counted() as queries:
        came.seconds, came.peak_bytes = peak_of(lambda: seconds_of(act))
    came.statements = queries.total()
    with transaction.atomic():
        came.rows = {table.name: _since(table, before[table.name]) for table in _written()}
    return came


def _take_away() -> None:
    """The clinic with all that is its own, histories too, also one that a run left which was stopped.

    Past the keys: they would be asked about each row, and nothing of another clinic points here.
    """
    server = Installation.load_or_create(settings.VAR_DIR).database_url(SUPERUSER)
    with psycopg.connect(server) as raw, raw.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for clinic_id in Clinic.objects.filter(name=NAME).values_list("pk", flat=True):
            of_clinic = sql.Literal(clinic_id)
            for child in walls.children(cursor):
                statement = sql.SQL("DELETE FROM {} WHERE {} IN (SELECT id FROM {} WHERE clinic_id = {})")
                cursor.execute(statement.format(*map(sql.Identifier, child[:3]), of_clinic))
            for table in walls.tables(cursor):
                statement = sql.SQL("DELETE FROM {} WHERE clinic_id = {}")
                cursor.execute(statement.format(sql.Identifier(table.name), of_clinic))
            for name, key in (("clinic_clinic", "id"), ("clinic_clinichistory", "pgh_obj_id")):
                cursor.execute(f"DELETE FROM {name} WHERE {key} = %s", [clinic_id])
        for user_id in User.objects.filter(email=FOUNDER).values_list("pk", flat=True):
            for name, key in (("clinic_user", "id"), ("clinic_userhistory", "pgh_obj_id")):
                cursor.execute(f"DELETE FROM {name} WHERE {key} = %s", [user_id])


def _written() -> list[Table]:
    """Every table whose rows are written by the program and not by a trigger."""
    return [table for table in tables() if not table.name.endswith("history") and table.number == "id"]


def _newest(table: Table) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT coalesce(max(id), 0) FROM {}").format(sql.Identifier(table.name)))
        number: int = cursor.fetchone()[0]
        return number


def _since(table: Table, number: int) -> tuple[list[str], bytes]:
    """The rows that came after that number."""
    rows = sql.SQL("SELECT * FROM {} WHERE id > {} ORDER BY id").format(
        sql.Identifier(table.name), sql.Literal(number)
    )
    with connection.cursor() as cursor:
        cursor.execute(rows + sql.SQL(" LIMIT 0"))
        columns = [column.name for column in cursor.description]
        with cursor.copy(sql.SQL("COPY ({}) TO STDOUT").format(rows)) as copy:
            return columns, b"".join(bytes(piece) for piece in copy)


def _check_now(cursor: Any) -> None:
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _floor(content: bytes, came: _Came) -> float:
    """The least: the file parsed, and its rows sent into the same tables, with their keys and histories; taken back.

    COPY goes through no wall between clinics, so it is the owner's, for whom they are down until it is over.
    """
    sent = [(name, columns, rows) for name, (columns, rows) in came.rows.items() if rows]

    def act() -> None:
        assert list(csv.DictReader(io.StringIO(content.decode())))
        cursor.execute(_CONTEXT)
        for name, columns, rows in sent:
            into = sql.SQL("COPY {} ({}) FROM STDIN").format(
                sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, columns))
            )
            with cursor.copy(into) as copy:
                copy.write(rows)
        _check_now(cursor)

    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        for name, _, _ in sent:
            down = sql.SQL("ALTER TABLE {} NO FORCE ROW LEVEL SECURITY")
            cursor.execute(down.format(sql.Identifier(name)))
        took = seconds_of(act)
        transaction.set_rollback(True, using="owner")
    return took
