"""Read a register row by row: each line gives a row or a refusal that names its column and the reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from clinic.domain.register.columns import COLUMNS, REQUIRED, check_header, read_cell
from clinic.domain.register.lines import ByteSource, Cells, Lines, read_cells, read_header, refuse_size
from clinic.domain.register.reasons import Fault, NotReadable, Reason, gettext_noop
from clinic.domain.register.rows import RefusedRow, RegisterDrug, RegisterRow, refusal

_SINGLE = (
    "mrn",
    "last_name",
    "first_name",
    "birth_date",
    "pump_model",
    "pump_serial",
    "implanted_on",
    "filled_on",
    "fill_volume_ml",
)
_MAY_BE_EMPTY = ("dose", "threshold_ml", "max_interval_days", "printed_refill_on")
_EMPTY_TEXT = ("phone", "email", "language", "dose_unit", "notes")


def read_register(source: ByteSource | bytes, *, as_of: date) -> Iterator[RegisterRow | RefusedRow]:
    """Read the register in ``source`` as it stood on ``as_of``, in file order, without holding it in memory.

    Every line after the header that is not blank gives exactly one row or refusal; a line is never read in the
    light of another. Raises ``RegisterUnusable`` before the first row when the file is not a register (not
    UTF-8 text, no header, columns missing, unknown or repeated), and at 50 MB.
    """
    lines = Lines(source)
    header, delimiter = _header(lines)
    for cut in read_cells(lines, width=len(header), delimiter=delimiter):
        yield _read_row(cut, header, as_of)


def check_register(content: bytes) -> None:
    """Raise RegisterUnusable when ``content`` is too large, not text, or has not the register's header."""
    refuse_size(len(content))
    _header(Lines(content))


def _header(lines: Lines) -> tuple[tuple[str, ...], str]:
    header, delimiter = read_header(lines)
    check_header(header[: max((i + 1 for i, name in enumerate(header) if name), default=0)])
    return header, delimiter


def _read_row(cut: Cells, header: Sequence[str], as_of: date) -> RegisterRow | RefusedRow:
    if cut.trouble is not None:
        column = header[len(cut.cells)] or COLUMNS[-1]
        return refusal(cut.line, [Fault(column, cut.trouble)], {})
    faults: list[Fault] = []
    read: dict[str, Any] = {}
    for column, cell in zip(header, cut.cells, strict=True):
        _read_cell(column, cell.strip(), faults, read)
    broken = {fault.column for fault in faults}
    faults += _contradictions(read, broken, as_of)
    if faults:
        return refusal(cut.line, faults, read)
    return _row(cut.line, read)


def _read_cell(column: str, cell: str, faults: list[Fault], read: dict[str, Any]) -> None:
    if not cell:
        if column in REQUIRED:
            faults.append(Fault(column, Reason(gettext_noop("is missing"))))
        return
    try:
        read[column or COLUMNS[-1]] = _value(column, cell)
    except NotReadable as error:
        faults.append(Fault(column or COLUMNS[-1], error.reason))


def _value(column: str, cell: str) -> object:
    if not column:
        raise NotReadable(gettext_noop("the row goes on in a column that has no name in the header"))
    if cell.startswith("="):
        raise NotReadable(gettext_noop("begins with “=” and is a spreadsheet formula: export the values"))
    if any("\ud800" <= character <= "\udfff" for character in cell):
        raise NotReadable(gettext_noop("holds bytes that are not UTF-8: save the file as “CSV UTF-8”"))
    return read_cell(column, cell)


def _contradictions(read: Mapping[str, Any], broken: set[str], as_of: date) -> Iterator[Fault]:
    yield from _dates_at_odds(read, as_of)
    for number in (1, 2, 3):
        yield from _drug_at_odds(number, read, broken)
    yield from _apart("dose", "dose_unit", read, broken)


def _dates_at_odds(read: Mapping[str, Any], as_of: date) -> Iterator[Fault]:
    for column in ("birth_date", "implanted_on", "filled_on"):
        if column in read and read[column] > as_of:
            yield Fault(
                column,
                Reason(
                    gettext_noop("%(date)s is in the future"),
                    {"date": read[column].isoformat()},
                ),
            )
    if _after("implanted_on", "filled_on", read) and read["filled_on"] <= as_of:
        yield Fault(
            "implanted_on",
            Reason(
                gettext_noop("the fill of %(fill)s is before the implant of %(implant)s"),
                {"fill": read["filled_on"].isoformat(), "implant": read["implanted_on"].isoformat()},
            ),
        )
    if _after("filled_on", "printed_refill_on", read) and read["filled_on"] <= as_of:
        yield Fault("printed_refill_on", Reason(gettext_noop("the printed refill date is before the fill")))
    if _after("birth_date", "implanted_on", read) and read["birth_date"] <= as_of:
        yield Fault("birth_date", Reason(gettext_noop("the birth is after the implant")))


def _after(later: str, earlier: str, read: Mapping[str, Any]) -> bool:
    return later in read and earlier in read and bool(read[later] > read[earlier])


def _drug_at_odds(number: int, read: Mapping[str, Any], broken: set[str]) -> Iterator[Fault]:
    drug, concentration, unit = f"drug_{number}", f"concentration_{number}", f"unit_{number}"
    if number > 1:
        for present in (concentration, unit):
            if drug not in read and present in read and drug not in broken:
                yield Fault(drug, Reason(gettext_noop("is missing beside its concentration")))
                return
        if drug in read:
            for needed in (concentration, unit):
                if needed not in read and needed not in broken:
                    yield Fault(needed, Reason(gettext_noop("is missing")))
        if drug in read and read[drug] in {read.get(f"drug_{other}") for other in range(1, number)}:
            yield Fault(drug, Reason(gettext_noop("the same drug stands twice in the mixture")))


def _apart(first: str, second: str, read: Mapping[str, Any], broken: set[str]) -> Iterator[Fault]:
    """A dose says nothing without its unit. A unit without a dose is a dose that was forgotten."""
    for one, other in ((first, second), (second, first)):
        if one in read and other not in read and other not in broken:
            yield Fault(other, Reason(gettext_noop("is missing")))


def _row(line: int, read: Mapping[str, Any]) -> RegisterRow:
    drugs = tuple(
        RegisterDrug(read[f"drug_{n}"], read[f"concentration_{n}"], read[f"unit_{n}"])
        for n in (1, 2, 3)
        if f"drug_{n}" in read
    )
    fields: dict[str, Any] = {column: read[column] for column in _SINGLE}
    fields |= {column: read.get(column) for column in _MAY_BE_EMPTY}
    fields |= {column: read.get(column, "") for column in _EMPTY_TEXT}
    return RegisterRow(line=line, drugs=drugs, **fields)
