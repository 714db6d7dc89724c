"""Rows of one register that cannot all be true: each names the line it is at odds with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from clinic.domain.register.reasons import Fault, Reason, gettext_noop
from clinic.domain.register.rows import RefusedRow, RegisterRow

_Statements = dict[Any, dict[Any, int]]
"""For each thing stated about: every different statement and the first line that makes it."""

_IDENTITY = ("last_name", "first_name", "birth_date")


class Conflicts:
    """Two patients with one MRN, one serial number on two patients, two accounts of one fill.

    Which of two is right cannot be told from the file, so every row concerned is at fault. Rows refused for
    other reasons count too, as far as they could be read. Memory grows with the rows, not with their length.
    """

    def __init__(self, rows: Iterable[RegisterRow | RefusedRow]) -> None:
        self._patients: _Statements = {}
        self._pumps: _Statements = {}
        self._fills: _Statements = {}
        for row in rows:
            read = _read(row)
            if {"mrn", *_IDENTITY} <= read.keys():
                _state(self._patients, read["mrn"], _identity(read), row.line)
            if {"mrn", "pump_serial"} <= read.keys():
                _state(self._pumps, read["pump_serial"].upper(), read["mrn"], row.line)
            if isinstance(row, RegisterRow):
                _state(self._fills, _fill(row), _account(row), row.line)

    def faults_of(self, row: RegisterRow | RefusedRow) -> list[Fault]:
        """Name the columns in which this row is at odds with another, and that row's line."""
        read = _read(row)
        faults = []
        if {"mrn", *_IDENTITY} <= read.keys() and (
            line := _other(self._patients, read["mrn"], _identity(read))
        ):
            faults.append(
                _fault("mrn", gettext_noop("line %(line)s names another patient with this MRN"), line)
            )
        if {"mrn", "pump_serial"} <= read.keys() and (
            line := _other(self._pumps, read["pump_serial"].upper(), read["mrn"])
        ):
            faults.append(
                _fault(
                    "pump_serial",
                    gettext_noop("line %(line)s gives this serial number to another patient"),
                    line,
                )
            )
        if isinstance(row, RegisterRow) and (line := _other(self._fills, _fill(row), _account(row))):
            faults.append(
                _fault(
                    "filled_on", gettext_noop("line %(line)s states other values for this pump and day"), line
                )
            )
        return faults


def _read(row: RegisterRow | RefusedRow) -> Mapping[str, Any]:
    if isinstance(row, RefusedRow):
        return row.read
    return {name: getattr(row, name) for name in ("mrn", *_IDENTITY, "pump_serial")}


def _identity(read: Mapping[str, Any]) -> int:
    return hash((read["last_name"].casefold(), read["first_name"].casefold(), read["birth_date"]))


def _fill(row: RegisterRow) -> tuple[str, Any]:
    return row.pump_serial.upper(), row.filled_on


def _account(row: RegisterRow) -> int:
    return hash(replace(row, line=0))


def _state(statements: _Statements, about: Any, statement: Any, line: int) -> None:
    statements.setdefault(about, {}).setdefault(statement, line)


def _other(statements: _Statements, about: Any, statement: Any) -> int | None:
    """Give the first line that states something else about the same."""
    lines = [line for other, line in statements.get(about, {}).items() if other != statement]
    return min(lines, default=None)


def _fault(column: str, message: str, line: int) -> Fault:
    return Fault(column, Reason(message, {"line": str(line)}))
