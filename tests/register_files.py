"""Registers for the tests, built row by row from one good row."""

import csv
import io
import json
from datetime import date
from pathlib import Path

from clinic.domain.register import COLUMNS, RegisterRow, read_register

DATA = Path(__file__).parent / "data"
SAMPLE = (DATA / "refill_register.csv").read_bytes()
EXPECTED = json.loads((DATA / "refill_register.expected.json").read_text())
AS_OF = date.fromisoformat(EXPECTED["as_of"])
EXPECTED_COLUMNS: dict[int, str] = {row["line"]: row["column"] for row in EXPECTED["refused"]}

GOOD = {
    "mrn": "M1",
    "last_name": "Berg",
    "first_name": "Ana",
    "birth_date": "1980-02-29",
    "phone": "+1 202 555 0100",
    "email": "ana@example.org",
    "language": "en",
    "pump_model": "synchromed-ii-40",
    "pump_serial": "NGV1H",
    "implanted_on": "2024-01-10",
    "filled_on": "2026-10-01",
    "fill_volume_ml": "40",
    "drug_1": "baclofen",
    "concentration_1": "2000",
    "unit_1": "mcg/mL",
    "dose": "300",
    "dose_unit": "mcg/day",
}


def register(*rows: dict[str, str], columns: tuple[str, ...] = COLUMNS, delimiter: str = ",") -> bytes:
    """A register whose rows are the good row with some cells changed."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([{**GOOD, **row}.get(column, "") for column in columns])
    return text.getvalue().encode()


def register_row(**cells: str) -> RegisterRow:
    """The good row with some cells changed, read."""
    (row,) = read_register(register(cells), as_of=AS_OF)
    assert isinstance(row, RegisterRow), row
    return row
