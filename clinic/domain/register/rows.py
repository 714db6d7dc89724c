"""A row of the register as it was read, and a row that was refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from clinic.domain.register.columns import COLUMNS
from clinic.domain.register.reasons import Fault, Reason

_ORDER = {column: position for position, column in enumerate(COLUMNS)}


@dataclass(frozen=True, slots=True)
class RegisterDrug:
    """One drug of the fill; ``unit`` is mcg/mL or mg/mL."""

    drug: str
    concentration: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One pump of the register, every cell read. ``dose`` is absent only with its unit, for constant-flow pumps.

    ``language`` is empty where the clinic's own is meant; the first of ``drugs`` is the one ``dose`` refers to.
    """

    line: int
    mrn: str
    last_name: str
    first_name: str
    birth_date: date
    phone: str
    email: str
    language: str
    pump_model: str
    pump_serial: str
    implanted_on: date
    filled_on: date
    fill_volume_ml: Decimal
    drugs: tuple[RegisterDrug, ...]
    dose: Decimal | None
    dose_unit: str
    threshold_ml: Decimal | None
    max_interval_days: int | None
    printed_refill_on: date | None
    notes: str


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row of which nothing is kept: the first column at fault, in the register's order, and the reason.

    ``faults`` are all that were found, so that later checks can put an earlier column first; ``read`` holds
    the cells that could be read.
    """

    line: int
    column: str
    reason: Reason
    faults: tuple[Fault, ...]
    read: Mapping[str, Any]


def refusal(line: int, faults: list[Fault], read: Mapping[str, Any]) -> RefusedRow:
    """Refuse a row for its faults and name the first column at fault."""
    ordered = sorted(faults, key=lambda fault: _ORDER[fault.column])
    return RefusedRow(line, ordered[0].column, ordered[0].reason, tuple(ordered), read)


def row_to_json(row: RegisterRow) -> dict[str, Any]:
    """Write a row as JSON values; dates and decimals become text, exactly."""
    values = asdict(row)
    for name, value in values.items():
        if isinstance(value, date | Decimal):
            values[name] = str(value)
    values["drugs"] = [[drug.drug, str(drug.concentration), drug.unit] for drug in row.drugs]
    return values


def row_from_json(values: Mapping[str, Any]) -> RegisterRow:
    """Read what ``row_to_json`` wrote."""
    fields = dict(values)
    for name in ("birth_date", "implanted_on", "filled_on", "printed_refill_on"):
        fields[name] = fields[name] and date.fromisoformat(fields[name])
    for name in ("fill_volume_ml", "dose", "threshold_ml"):
        fields[name] = fields[name] and Decimal(fields[name])
    fields["drugs"] = tuple(
        RegisterDrug(drug, Decimal(concentration), unit) for drug, concentration, unit in fields["drugs"]
    )
    return RegisterRow(**fields)
