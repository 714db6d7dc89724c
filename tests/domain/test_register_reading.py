"""From the bytes of a register to rows and refusals: whatever the bytes, every line is accounted for."""

import contextlib
import dataclasses
import random
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.domain.register import COLUMNS, RefusedRow, RegisterRow, RegisterUnusable, read_register
from tests.register_files import AS_OF, EXPECTED, EXPECTED_COLUMNS, SAMPLE, register


def read(source: bytes) -> list[RegisterRow | RefusedRow]:
    return list(read_register(source, as_of=AS_OF))


def only(source: bytes) -> RegisterRow | RefusedRow:
    (row,) = read(source)
    return row


def accepted(source: bytes) -> RegisterRow:
    row = only(source)
    assert isinstance(row, RegisterRow), row
    return row


def refused(source: bytes) -> RefusedRow:
    row = only(source)
    assert isinstance(row, RefusedRow), row
    return row


def lines_and_columns(rows: list[RegisterRow | RefusedRow]) -> dict[int, str]:
    return {row.line: row.column for row in rows if isinstance(row, RefusedRow)}


def test_a_good_row_is_read_whole() -> None:
    row = accepted(
        register({"threshold_ml": "2,5", "max_interval_days": "90", "notes": "a\nb", "language": "ES"})
    )
    assert (row.line, row.mrn, row.fill_volume_ml, row.dose) == (2, "M1", Decimal(40), Decimal(300))
    assert (row.threshold_ml, row.max_interval_days, row.notes, row.language) == (
        Decimal("2.5"),
        90,
        "a\nb",
        "es",
    )
    assert [(d.drug, d.concentration, d.unit) for d in row.drugs] == [("baclofen", Decimal(2000), "mcg/mL")]


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("mrn", "", "missing"),
        ("mrn", '=HYPERLINK("x")', "formula"),
        ("mrn", "-1", "formula"),
        ("mrn", 'M"1', "quotation mark"),
        ("mrn", "M" * 41, "longer than 40"),
        ("last_name", "@x", "formula"),
        ("first_name", "+x", "formula"),
        ("first_name", "A\nna", "line break"),
        ("last_name", "B\0erg", "control character"),
        ("birth_date", "2026-11-21", "future"),
        ("birth_date", "0001-01-01", "outside the years"),
        ("birth_date", "2025-01-01", "birth is after the implant"),
        ("phone", "=1+2", "formula"),
        ("phone", "none", "not a telephone number"),
        ("email", "not-an-address", "not an e-mail address"),
        ("language", "klingon", "languages"),
        ("pump_model", "", "missing"),
        ("pump_serial", "=A1", "formula"),
        ("implanted_on", "2026-10-02", "before the implant"),
        ("implanted_on", "9999-12-31", "outside the years"),
        ("filled_on", "2026-11-21", "future"),
        ("filled_on", "9999-12-31", "outside the years"),
        ("fill_volume_ml", "0", "greater than zero"),
        ("fill_volume_ml", "-40", "greater than zero"),
        ("fill_volume_ml", "NaN", "finite"),
        ("fill_volume_ml", "inf", "finite"),
        ("fill_volume_ml", "1" + "0" * 300, "12 digits"),
        ("fill_volume_ml", "=40", "formula"),
        ("concentration_1", "2,000", "thousands"),
        ("unit_1", "%", "unit of concentration"),
        ("drug_2", "baclofen", "stands twice"),
        ("concentration_2", "20", "drug_2"),
        ("unit_3", "mg/mL", "drug_3"),
        ("dose", "", "missing"),
        ("dose", "-3", "greater than zero"),
        ("dose_unit", "", "missing"),
        ("dose_unit", "mcg/h", "unit of dose"),
        ("threshold_ml", "-1", "negative"),
        ("max_interval_days", "1,5", "whole number"),
        ("max_interval_days", "0", "greater than zero"),
        ("printed_refill_on", "soon", "not a date"),
        ("printed_refill_on", "2026-09-30", "before the fill"),
        ("notes", '=cmd|"x"!A1', "formula"),
        ("notes", "a\0b", "control character"),
    ],
)
def test_a_bad_cell_is_refused_by_line_column_and_reason(column: str, cell: str, reason: str) -> None:
    extra = {"concentration_2": "1", "unit_2": "mg/mL"} if column == "drug_2" else {}
    row = refused(register({column: cell, **extra}))
    if reason in {"drug_2", "drug_3"}:
        column, reason = reason, "missing beside"
    assert (row.line, row.column) == (2, column)
    assert reason in str(row.reason)


def test_the_first_column_at_fault_is_named_whatever_the_order_of_the_columns() -> None:
    bad = {"dose": "NaN", "email": "x", "filled_on": "03/04/2026"}
    for columns in (COLUMNS, COLUMNS[::-1]):
        row = refused(register(bad, columns=columns))
        assert row.column == "email"
        assert [fault.column for fault in row.faults] == ["email", "filled_on", "dose"]


@given(st.permutations(COLUMNS))
@settings(max_examples=20)
def test_the_order_of_the_columns_changes_nothing(columns: list[str]) -> None:
    assert read(register({}, {"dose": "x"}, columns=tuple(columns))) == read(register({}, {"dose": "x"}))


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_are_read_when_the_header_shows_them(delimiter: str) -> None:
    row = accepted(register({"fill_volume_ml": "40,0"}, delimiter=delimiter))
    assert row == accepted(register({}))


def test_byte_order_mark_blank_lines_spaces_and_case_of_the_header_do_not_matter() -> None:
    plain = register({"notes": "x"})
    header, row = plain.splitlines(keepends=True)
    dressed = b"\xef\xbb\xbf" + header.upper().replace(b",", b" , ") + b"\r\n" + row + b",,,,,\r\n" + b"\n"
    (read_row,) = read(dressed)
    assert isinstance(read_row, RegisterRow)
    assert (read_row.line, read_row.notes) == (3, "x")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b"", "empty"),
        (b"\n\r\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"PK\x03\x04rest", "workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "Excel"),
        (b"%PDF-1.7\n", "PDF"),
        ("mrn,dose\n".encode("utf-16"), "UTF-16"),
        ("mrn,dose\n".encode("utf-16-le"), "not text"),
        (b"\x89PNG\r\n\x1a\n\0\0", "not text"),
        (b"mrn,n\xe9e\n", "not text"),
        (b"mrn,\0\n", "not text"),
        (b"mrn,dose\rM1,3\r", "Macintosh"),
        (b"x" * 70_000, "too long"),
        (b"a,b,c\n1,2,3\n", "not the register's header"),
        (b'"mrn,dose\n', "quotes do not match"),
        (register({}, columns=COLUMNS[:-2]), "lacks columns: printed_refill_on, notes"),
        (register({}, columns=(*COLUMNS, "colour")), "does not have: colour"),
        (register({}, columns=(*COLUMNS, "dose")), "more than once: dose"),
    ],
)
def test_a_file_that_is_not_a_register_is_refused_before_its_first_row(source: bytes, reason: str) -> None:
    with pytest.raises(RegisterUnusable, match=reason):
        next(read_register(source, as_of=AS_OF))


def test_a_file_that_is_too_large_is_refused_while_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clinic.domain.register.lines.LARGEST_FILE_BYTES", 1024)
    with pytest.raises(RegisterUnusable, match="larger than"):
        read(register(*[{}] * 20))


def test_bytes_that_are_not_utf_8_refuse_their_row_only() -> None:
    source = register({"first_name": "Zoë", "mrn": "M1"}, {"mrn": "M2"}).replace(
        "ë".encode(), "ë".encode("cp1252")
    )
    first, second = read(source)
    assert isinstance(first, RefusedRow)
    assert (first.column, "UTF-8" in str(first.reason)) == ("first_name", True)
    assert isinstance(second, RegisterRow)


@pytest.mark.parametrize(
    ("spoil", "column", "reason"),
    [
        (lambda row: row[: row.index(b",en,")], "language", "6 cells"),
        (lambda row: row + b",one,two", "notes", "29 cells"),
        (lambda row: row.replace(b"M1,", b'"M1,', 1), "mrn", "never closed"),
        (lambda row: row.replace(b"Berg", b'"Be"rg', 1), "last_name", "never closed"),
        (lambda row: row + b"x" * 70_000, "mrn", "longer than 64 kB"),
    ],
)
def test_a_row_that_cannot_be_cut_spoils_itself_only(spoil, column: str, reason: str) -> None:  # type: ignore[no-untyped-def]
    header, bad, good = register({}, {"mrn": "M2"}).splitlines()
    first, second = read(b"\n".join([header, spoil(bad), good, b""]))
    assert isinstance(first, RefusedRow)
    assert (first.line, first.column) == (2, column)
    assert reason in str(first.reason)
    assert isinstance(second, RegisterRow)
    assert (second.line, second.mrn) == (3, "M2")


def test_a_quoted_line_break_belongs_to_its_row_and_the_next_row_knows_its_line() -> None:
    first, second = read(register({"notes": "one\ntwo\nthree"}, {"mrn": "M2"}))
    assert isinstance(first, RegisterRow)
    assert (first.line, first.notes) == (2, "one\ntwo\nthree")
    assert second.line == 5


def test_an_open_quote_never_swallows_a_row() -> None:
    header, bad, good, last = register({}, {"mrn": "M2"}, {"mrn": "M3", "notes": "x"}).splitlines()
    rows = read(b"\n".join([header, bad + b'"open', good, last + b'"', b""]))
    assert lines_and_columns(rows) == {2: "notes"}
    assert [row.mrn for row in rows if isinstance(row, RegisterRow)] == ["M2", "M3"]


def test_the_sample_register_is_refused_where_reading_alone_can_tell() -> None:
    rows = read(SAMPLE)
    assert len(rows) == EXPECTED["rows"]
    needs_catalogue = {13, 14, 108, 179, 212, 229}
    assert lines_and_columns(rows) == {k: v for k, v in EXPECTED_COLUMNS.items() if k not in needs_catalogue}


def mutated(seed: int) -> bytes:
    """Spoil the sample in a few places: bytes changed, dropped, doubled, lines cut."""
    chance = random.Random(seed)
    data = bytearray(SAMPLE[:12_000])
    start = data.index(b"\n") + 1
    for _ in range(chance.randrange(1, 12)):
        at = chance.randrange(start, len(data))
        kind = chance.randrange(4)
        if kind == 0:
            data[at] = chance.choice(b'",;\n\r\t\0\xff\xb5=-09. /%')
        elif kind == 1:
            del data[at : at + chance.randrange(1, 40)]
        elif kind == 2:
            data[at:at] = data[at : at + chance.randrange(1, 40)]
        else:
            data[at:at] = bytes([chance.randrange(256)])
    return bytes(data)


BEFORE = {row.line: row for row in read(SAMPLE)}
LINES = {text: number for number, text in enumerate(SAMPLE.split(b"\n"), start=1)}


@given(st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_a_spoiled_register_never_raises_and_its_untouched_lines_read_as_before(seed: int) -> None:
    spoiled = mutated(seed)
    rows = read(spoiled)
    numbers = [row.line for row in rows]
    assert numbers == sorted(set(numbers))
    after = {row.line: row for row in rows}
    for number, text in enumerate(spoiled.split(b"\n")[1:], start=2):
        if text in LINES:
            before = BEFORE.get(LINES[text])
            assert after.get(number) == (before and dataclasses.replace(before, line=number))


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_arbitrary_bytes_after_the_header_never_raise(tail: bytes) -> None:
    rows = read(register({}) + tail)
    assert rows[0].line == 2
    assert isinstance(rows[0], RegisterRow)


@given(
    st.binary(max_size=300) | st.builds(lambda a, b: a + SAMPLE[:300] + b, st.binary(max_size=5), st.binary())
)
@settings(max_examples=200, deadline=None)
def test_any_file_at_all_is_read_or_refused_whole(content: bytes) -> None:
    with contextlib.suppress(RegisterUnusable):
        read(content)
