"""From the bytes of a register to the cells of its rows, one row at a time, whatever the bytes are."""

from __future__ import annotations

import csv
import unicodedata
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Protocol

from clinic.domain.register.reasons import Reason, RegisterUnusable, gettext_noop

LARGEST_FILE_BYTES = 50 * 1024 * 1024
LONGEST_ROW_BYTES = 64 * 1024
_MOST_LINES_IN_A_ROW = 20
_DELIMITERS = (",", ";", "\t")

_NOT_TEXT = {
    b"PK\x03\x04": gettext_noop(
        "This is a workbook or a ZIP archive, not a CSV file: save it as “CSV UTF-8”."
    ),
    b"\xd0\xcf\x11\xe0": gettext_noop(
        "This is an old Excel workbook, not a CSV file: save it as “CSV UTF-8”."
    ),
    b"%PDF": gettext_noop("This is a PDF, not a CSV file."),
    b"\x1f\x8b": gettext_noop("This is a compressed file: unpack it first."),
    b"\xff\xfe": gettext_noop("This file is UTF-16 text: save it as “CSV UTF-8”."),
    b"\xfe\xff": gettext_noop("This file is UTF-16 text: save it as “CSV UTF-8”."),
}


class ByteSource(Protocol):
    """What is needed of an open file."""

    def readline(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Line:
    """One physical line; ``text`` is None when it was longer than a row may be."""

    number: int
    text: str | None


@dataclass(frozen=True, slots=True)
class Cells:
    """One row's cells, or why it could not be cut into cells and where the trouble begins."""

    line: int
    cells: tuple[str, ...]
    trouble: Reason | None = None


class Lines:
    """The physical lines of a file, numbered from 1, never more than one row of them in memory."""

    def __init__(self, source: ByteSource | bytes) -> None:
        self._source: ByteSource = BytesIO(source) if isinstance(source, bytes) else source
        self._waiting: deque[Line] = deque()
        self._number = 0
        self._bytes_read = 0

    def next(self) -> Line | None:
        """Take the next line, or None at the end of the file."""
        return self._waiting.popleft() if self._waiting else self._read()

    def put_back(self, lines: list[Line]) -> None:
        self._waiting.extendleft(reversed(lines))

    def _read(self) -> Line | None:
        raw = self._take()
        if not raw:
            return None
        self._number += 1
        if self._number == 1:
            raw = _without_mark(raw)
        if len(raw) <= LONGEST_ROW_BYTES:
            # Bytes that are not UTF-8 become lone surrogates; the cell that holds them is refused by name.
            return Line(self._number, raw.decode("utf-8", errors="surrogateescape"))
        while raw and not raw.endswith(b"\n"):
            raw = self._take()
        return Line(self._number, None)

    def _take(self) -> bytes:
        raw = self._source.readline(LONGEST_ROW_BYTES + 1)
        self._bytes_read += len(raw)
        refuse_size(self._bytes_read)
        return raw


def refuse_size(size_bytes: int) -> None:
    """Raise ``RegisterUnusable`` when a file of this size is not taken."""
    if size_bytes > LARGEST_FILE_BYTES:
        raise RegisterUnusable(
            gettext_noop(
                "The file is larger than %(megabytes)s MB: split it, one clinic or one year a file."
            ),
            megabytes=str(LARGEST_FILE_BYTES // 1024 // 1024),
        )


def _without_mark(first: bytes) -> bytes:
    for start, message in _NOT_TEXT.items():
        if first.startswith(start):
            raise RegisterUnusable(message)
    if b"\0" in first:
        raise RegisterUnusable(gettext_noop("This file is not text in UTF-8: save it as “CSV UTF-8”."))
    if b"\r" in first.rstrip(b"\r\n"):
        raise RegisterUnusable(
            gettext_noop("The file's lines end in the old Macintosh way (CR alone): save it as “CSV UTF-8”.")
        )
    return first.removeprefix(b"\xef\xbb\xbf")


def read_header(lines: Lines) -> tuple[tuple[str, ...], str]:
    """Take the header: its names in lower case, and the delimiter (comma, semicolon or tab) it is written with.

    Raises ``RegisterUnusable`` for a file that is empty or is not text.
    """
    line = lines.next()
    while line is not None and line.text is not None and not line.text.strip():
        line = lines.next()
    if line is None:
        raise RegisterUnusable(gettext_noop("The file is empty."))
    if line.text is None:
        raise RegisterUnusable(gettext_noop("The first line is too long to be a header."))
    if not _is_plain_text(line.text):
        raise RegisterUnusable(gettext_noop("This file is not text in UTF-8: save it as “CSV UTF-8”."))
    delimiter = max(_DELIMITERS, key=line.text.count)
    try:
        names = _cut(line.text, delimiter)
    except csv.Error:
        raise RegisterUnusable(
            gettext_noop("The first line is not a header: its quotes do not match.")
        ) from None
    return tuple(name.strip().lower() for name in names), delimiter


def _is_plain_text(text: str) -> bool:
    return not any(unicodedata.category(c) in {"Cc", "Cs"} for c in text.replace("\t", "").rstrip("\r\n"))


def read_cells(lines: Lines, *, width: int, delimiter: str) -> Iterator[Cells]:
    """Cut the lines after the header into rows of ``width`` cells; blank lines are passed over.

    A quoted cell may run over several lines. A quote that is never closed spoils its own line only: the lines
    after it are read as rows of their own.
    """
    while (line := lines.next()) is not None:
        if line.text is None:
            reason = Reason(
                gettext_noop("the row is longer than %(most)s kB"), {"most": str(LONGEST_ROW_BYTES // 1024)}
            )
            yield Cells(line.number, (), reason)
        elif line.text.strip(f"{delimiter} \r\n"):
            yield _row(line.number, line.text, lines, width=width, delimiter=delimiter)


def _row(number: int, text: str, lines: Lines, *, width: int, delimiter: str) -> Cells:
    try:
        cells = _cut(text, delimiter)
    except csv.Error:
        joined = _joined(text, lines, width=width, delimiter=delimiter)
        if joined is None:
            reason = Reason(
                gettext_noop("has a quotation mark that is never closed, or text after one that is")
            )
            return Cells(number, _before_trouble(text, delimiter, width), reason)
        cells = joined
    if len(cells) != width:
        reason = Reason(
            gettext_noop(
                "the row has %(found)s cells, the header %(width)s: is there a delimiter inside a cell?"
            ),
            {"found": str(len(cells)), "width": str(width)},
        )
        return Cells(number, tuple(cells[: width - 1]), reason)
    return Cells(number, tuple(cells))


def _cut(text: str, delimiter: str) -> list[str]:
    """Cut one row, line breaks inside quotes included; ``csv.Error`` when its quotes do not match."""
    rows = list(csv.reader([text], delimiter=delimiter, strict=True))
    return rows[0] if rows else []


def _joined(text: str, lines: Lines, *, width: int, delimiter: str) -> list[str] | None:
    """Join the following lines to a row whose quoted cell is still open; give them back if that fails."""
    taken: list[Line] = []
    while len(taken) < _MOST_LINES_IN_A_ROW and len(text) <= LONGEST_ROW_BYTES:
        line = lines.next()
        if line is None:
            break
        taken.append(line)
        if line.text is None or _is_a_row(line.text, width=width, delimiter=delimiter):
            break
        text += line.text
        if '"' in line.text:
            try:
                cells = _cut(text, delimiter)
            except csv.Error:
                continue
            if len(cells) == width:
                return cells
            break
    lines.put_back(taken)
    return None


def _is_a_row(text: str, *, width: int, delimiter: str) -> bool:
    """Say whether a line stands on its own: then an open quote above it is a slip, not a line break."""
    if text.count(delimiter) < width - 1:
        return False
    try:
        return len(_cut(text, delimiter)) == width
    except csv.Error:
        return False


def _before_trouble(text: str, delimiter: str, width: int) -> tuple[str, ...]:
    """Give the cells before the one whose quotes do not match."""
    whole: list[str] = []
    end = -1
    for _ in range(width):
        end = text.find(delimiter, end + 1)
        if end < 0:
            break
        try:
            whole = _cut(text[:end], delimiter)
        except csv.Error:
            continue
    return tuple(whole[: width - 1])
