"""The register CSV as a forecast file: each row judged and projected as the import would, one result a row.

A row that the import would refuse is an ``error`` that names its line, column and reason.
"""

from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

from clinic.domain.catalogue import Catalogue
from clinic.domain.register import (
    Conflicts,
    RefusedRow,
    RegisterRow,
    RegisterUnusable,
    check_register,
    read_register,
)
from clinic.domain.seed import SEED
from scheduling.domain.answer import answer, refusal
from scheduling.domain.forecast_file import ForecastFileError
from scheduling.domain.reasons import explain
from scheduling.domain.register_case import Judge, judge_row


def is_register(content: bytes, name: str) -> bool:
    """Whether this is a CSV register rather than JSON: by its extension, else by its header."""
    if name.lower().endswith(".csv"):
        return True
    header = content.lstrip(b"\xef\xbb\xbf \t\r\n").partition(b"\n")[0].lower()
    return not header.startswith((b"{", b"[")) and b"mrn" in header and b"pump_" in header


def forecast_register(
    content: bytes, *, as_of: date, timezone: ZoneInfo, catalogue: Catalogue = SEED, with_reasons: bool = True
) -> Iterator[dict[str, object]]:
    """One result a row, in file order; the id is mrn/pump_serial.

    Raises ForecastFileError, before the first row, when the file is no register.
    """
    judge = Judge(as_of, timezone, catalogue)
    try:
        check_register(content)
        conflicts = Conflicts(read_register(content, as_of=as_of))
    except RegisterUnusable as error:
        raise ForecastFileError(str(error)) from error
    for row in read_register(content, as_of=as_of):
        judged = judge_row(row, judge, conflicts.faults_of(row))
        if isinstance(judged, RefusedRow):
            yield refusal(_id_of(row), f"line {judged.line}: {judged.column}", str(judged.reason))
        else:
            reasons = explain(judged.case, judged.projection) if with_reasons else ()
            yield answer(_id_of(row), judged.projection, reasons)


def _id_of(row: RegisterRow | RefusedRow) -> str | None:
    """mrn/pump_serial as far as they could be read."""
    if isinstance(row, RegisterRow):
        return f"{row.mrn}/{row.pump_serial}"
    known = [str(row.read.get(name) or "?") for name in ("mrn", "pump_serial")]
    return None if known == ["?", "?"] else "/".join(known)
