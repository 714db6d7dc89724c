"""A register brought in row by row, against parsing the same file and inserting the same rows by COPY."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from bench.memory import peak_of
from bench.national.build import Country, staff_of
from bench.places import near
from bench.plain import PlainConnection
from bench.screen import step
from bench.table import Row, seconds_of
from clinic.domain.register import COLUMNS
from clinic.models import Clinic
from clinic.scope import in_clinic
from clinic.selectors.catalogue import catalogue
from scheduling.domain.register_case import Judge, judge_register
from scheduling.services.register_rows import import_rows

ROWS, CLINIC_PUMPS, BAR = 200, 250, 5.0
"""Each row is a transaction of its own: so many of them say what ten thousand cost."""
_TABLES = {
    "patient": ("mrn", "last_name", "first_name", "birth_date", "language"),
    "contactpoint": ("phone", "email"),
    "implant": ("pump_serial", "pump_model", "implanted_on"),
    "fill": ("filled_on", "fill_volume_ml"),
    "filldrug": ("drug_1", "concentration_1", "unit_1"),
    "programversion": ("dose", "dose_unit"),
}


def run(country: Country) -> list[Row]:
    """Every row is brought in with all that follows and taken back, so the country stays as it is."""
    clinic = near(CLINIC_PUMPS).clinic
    content = _register(country)
    user_id = staff_of(clinic.pk, "nurse").pk
    plain = PlainConnection()
    _lay_out(plain)
    with step(f"Bringing in {ROWS} rows of a register"):
        floor = min(seconds_of(lambda: _floor(plain, content)) for _ in range(3))
        with _counted() as queries:
            took, peak = peak_of(lambda: seconds_of(lambda: _ours(clinic, content, user_id, country)))
    plain.close()
    return [
        Row(
            what=f"register of {ROWS:,} rows, brought in and taken back",
            ours=took,
            floor=floor,
            floor_is="CSV parsed and sent by COPY",
            bar=BAR,
            queries=queries.total() // ROWS,
            peak_bytes=peak,
            size=ROWS,
        )
    ]


@contextmanager
def _counted() -> Iterator[Counter[str]]:
    """Statements, however many: Django's own log forgets the first."""
    counts: Counter[str] = Counter()

    def count(execute: Any, statement: Any, params: Any, many: bool, context: Any) -> Any:
        counts["statements"] += 1
        return execute(statement, params, many, context)

    with connection.execute_wrapper(count):
        yield counts


def _register(country: Country) -> bytes:
    today = country.now.date()
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    for number in range(ROWS):
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


def _ours(clinic: Clinic, content: bytes, user_id: int, country: Country) -> None:
    zone = ZoneInfo(clinic.time_zone)
    judge = Judge(as_of=country.now.astimezone(zone).date(), zone=zone, catalogue=catalogue())
    with in_clinic(clinic.pk):
        rows = judge_register(content, judge)
        reports = list(import_rows(clinic=clinic, rows=rows, actor_id=user_id, now=country.now, source=None))
    assert {report.result for report in reports} == {"created"}, {report.result for report in reports}


def _lay_out(plain: PlainConnection) -> None:
    """Tables of the session with the same keys and indexes, as text: what a register's rows become at least."""
    for name, columns in _TABLES.items():
        shown = ", ".join(f"{column} text" for column in columns)
        plain.raw.execute(f"CREATE TEMP TABLE bench_{name} (id bigserial PRIMARY KEY, row bigint, {shown})")
        plain.raw.execute(f"CREATE INDEX ON bench_{name} (row)")
    plain.raw.commit() if not plain.raw.autocommit else None


def _floor(plain: PlainConnection, content: bytes) -> None:
    rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(content.decode())))
    with plain.raw.transaction(), plain.raw.cursor() as cursor:
        for name, columns in _TABLES.items():
            with cursor.copy(f"COPY bench_{name} (row, {', '.join(columns)}) FROM STDIN") as copy:
                for number, row in enumerate(rows):
                    copy.write_row([number, *(row[column] for column in columns)])
