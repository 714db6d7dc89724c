"""Every page of a clinic as attacks meet it, and what the database held before and after."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection

from clinic.models import Clinic
from tests.web.matrix.clinic_pages import PAGES
from tests.web.matrix.rows import Row

Url = Callable[..., str]
About = dict[str, dict[str, object]]

SCREENS = [row for row in PAGES if row.is_looked_at]
"""Pages that can be looked at."""


def addresses(rows: list[Row], about: About, url: Url) -> Iterator[tuple[Row, str]]:
    for row in rows:
        yield row, url(row.name, **about[row.about])


def rows_of_clinic(clinic: Clinic) -> dict[str, str]:
    """What the database holds of a clinic, history included: a sum of its rows by table."""
    return _sums("clinic_id", clinic.pk, but=())


def rows_of_patient(patient_id: int) -> dict[str, str]:
    """What the database holds about a patient, by table; without who looked at it, which is not the record."""
    return _sums("patient_id", patient_id, but=("access",))


def _sums(column: str, value: int, *, but: tuple[str, ...]) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.columns"
            " WHERE column_name = %s AND table_schema = current_schema()",
            [column],
        )
        tables = [name for (name,) in cursor.fetchall() if not any(word in name for word in but)]
        found = {}
        for table in sorted(tables):
            cursor.execute(
                f'SELECT row_to_json(t)::text FROM "{table}" t WHERE {column} = %s ORDER BY 1',  # noqa: S608
                [value],
            )
            if rows := cursor.fetchall():
                found[table] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return found


def body_of(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return str(content.decode("utf-8", "replace"))
