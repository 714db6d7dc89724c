"""The forecast file: JSON records in, JSON results out, by the one projection.

A record that cannot be read or contradicts itself yields a result with ``"status": "error"`` and the reason;
nothing in a record makes these functions raise. A file that is no file of pumps raises ForecastFileError.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from clinic.domain.catalogue import Catalogue
from clinic.domain.quantities import shorten
from clinic.domain.seed import SEED
from scheduling.domain.answer import answer, refusal
from scheduling.domain.case import CaseError
from scheduling.domain.engine import project
from scheduling.domain.reasons import explain
from scheduling.domain.record import Defaults, Today, parse_record, record_id

_LONGEST_WHOLE_NUMBER = 30
_ABSURD = Decimal("1e400")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class ForecastFileError(ValueError):
    """The whole file cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class UnreadableLine:
    """A line that is no JSON object of a pump."""

    number: int
    reason: str


def forecast_record(
    record: object,
    *,
    today: date | Today,
    catalogue: Catalogue = SEED,
    timezone: ZoneInfo | None = None,
    with_reasons: bool = True,
) -> dict[str, object]:
    """One pump in, one result out. Never raises, whatever the record holds.

    ``today`` (a date, or a function of the zone that gives one) and ``timezone`` (default UTC) stand in for a
    record that has no ``as_of`` or ``timezone`` of its own; the record's own always wins.
    """
    if isinstance(record, UnreadableLine):
        return refusal(None, f"line {record.number}", record.reason)
    day = (lambda zone: today) if isinstance(today, date) else today
    defaults = Defaults(catalogue, timezone or ZoneInfo("UTC"), day)
    try:
        case = parse_record(record, defaults)
    except CaseError as error:
        return refusal(record_id(record), error.field, error.reason)
    projection = project(case)
    reasons = explain(case, projection) if with_reasons else ()
    return answer(record_id(record), projection, reasons)


def read_records(content: bytes | str, name: str = "") -> Iterator[object]:
    """The records of a JSON Lines file, or of a JSON list; a bad line comes as an UnreadableLine.

    Raises ForecastFileError when the content is not text or not a list of pumps.
    """
    data = content.encode() if isinstance(content, str) else content
    data = data.removeprefix(_BYTE_ORDER_MARK)
    if b"\0" in data[:4096]:
        raise ForecastFileError("the file is not text")
    start = data.lstrip()[:1]
    if start == b"[" and not _has_lines_of_pumps(data):
        yield from _list(data)
    elif name.lower().endswith(".json") and start == b"{" and (one := _single(data)) is not None:
        yield one
    else:
        yield from _lines(data)


def _has_lines_of_pumps(data: bytes) -> bool:
    """Whether a file that begins with a bracket is JSON Lines all the same, its first line a bad one."""
    first, _, rest = data.strip().partition(b"\n")
    return first.rstrip().endswith(b"]") and any(line.startswith(b"{") for line in rest.split(b"\n"))


def _list(data: bytes) -> list[object]:
    try:
        records = _load(data.decode())
    except ValueError as error:
        raise ForecastFileError(f"the list cannot be read: {error}") from error
    assert isinstance(records, list)  # noqa: S101 - it begins with a bracket
    return records


def _single(data: bytes) -> object | None:
    """The one pump of a file that spreads it over several lines; None when it is not that."""
    try:
        return _load(data.decode())
    except ValueError:
        return None


def _lines(data: bytes) -> Iterator[object]:
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            yield _load(line.decode())
        except UnicodeDecodeError:
            yield UnreadableLine(number, "is not UTF-8 text")
        except ValueError as error:
            yield UnreadableLine(number, f"is not JSON: {error}")


def _load(text: str) -> object:
    try:
        return json.loads(
            text,
            parse_float=_number,
            parse_int=_whole_number,
            parse_constant=Decimal,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg} at column {error.colno}") from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _number(text: str) -> Decimal:
    # What no Decimal can hold is read as absurdly large, to be refused with the field's name.
    try:
        return Decimal(text)
    except InvalidOperation:
        return _ABSURD


def _whole_number(digits: str) -> int | Decimal:
    # int() refuses a very long text before the field is known.
    return int(digits) if len(digits) <= _LONGEST_WHOLE_NUMBER else _number(digits)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {shorten(twice)!r} is given twice")
    return values
