"""Forecast results as a table for the terminal: one line a pump, refusals and findings below it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from textwrap import wrap

from scheduling.domain.reason_texts import WEEKDAYS

_COLUMNS = (
    ("id", "id"),
    ("status", "status"),
    ("must_refill_by", "refill by"),
    ("limited_by", "limited by"),
    ("latest_visit_on", "latest visit"),
    ("low_reservoir_on", "low"),
    ("empty_on", "empty"),
    ("flow_ml_per_day", "mL/day"),
    ("remaining_ml", "mL left"),
    ("days_to_empty", "days left"),
)
_RIGHT = frozenset({"flow_ml_per_day", "remaining_ml", "days_to_empty"})
_DATES = frozenset({"must_refill_by", "latest_visit_on"})
_LONGEST_ID = 32
_WIDTH = 118


def table(results: Sequence[Mapping[str, object]]) -> Iterator[str]:
    """The lines of the table, aligned, with a summary at the end."""
    rows = [[_cell(result, key) for key, _ in _COLUMNS] for result in results]
    titles = [title for _, title in _COLUMNS]
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    yield _line(titles, widths)
    yield "  ".join("─" * width for width in widths)
    for result, row in zip(results, rows, strict=True):
        yield _line(row, widths)
        yield from _notes(result, indent=widths[0] + 2)
    yield ""
    yield _summary(results)


def _cell(result: Mapping[str, object], key: str) -> str:
    value = result[key]
    if key == "id":
        text = "".join(letter if letter.isprintable() else "?" for letter in str(value or "—"))
        return text if len(text) <= _LONGEST_ID else text[: _LONGEST_ID - 1] + "…"
    if value is None:
        return "—"
    text = str(value)
    return f"{WEEKDAYS[date.fromisoformat(text).weekday()]} {text}" if key in _DATES else text


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    aligned = (
        cell.rjust(width) if key in _RIGHT else cell.ljust(width)
        for (key, _), cell, width in zip(_COLUMNS, cells, widths, strict=True)
    )
    return "  ".join(aligned).rstrip()


def _notes(result: Mapping[str, object], *, indent: int) -> Iterator[str]:
    for note in _texts(result):
        for number, part in enumerate(wrap(note, _WIDTH - indent - 2)):
            yield f"{'':{indent}}{'  ' if number else '└ '}{part}"


def _texts(result: Mapping[str, object]) -> Iterable[str]:
    if result["status"] == "error":
        yield str(result["reason"])
    findings = result["findings"]
    assert isinstance(findings, list)  # noqa: S101 - every result has them
    for finding in findings:
        yield f"{finding['severity']}: {finding['message']} [{finding['code']}]"
    limits = result["limits"]
    if result["status"] == "review" and isinstance(limits, dict) and limits:
        yield "still certain: " + ", ".join(f"{kind} {day}" for kind, day in limits.items())


def _summary(results: Sequence[Mapping[str, object]]) -> str:
    counts = dict.fromkeys(("ok", "review", "error"), 0)
    for result in results:
        counts[str(result["status"])] += 1
    parts = [f"{count} {status}" for status, count in counts.items()]
    return f"{len(results)} pumps: {', '.join(parts)}. The pump programmer's printout wins over these dates."
