"""What one cell of the register says: the unambiguous is read, the rest is refused."""

import contextlib
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.register import values
from clinic.domain.register.reasons import NotReadable

DATES = st.dates(values.EARLIEST_DATE, values.LATEST_DATE)
NUMBERS = st.decimals(
    min_value=Decimal("-999999999999"), max_value=Decimal("999999999999"), places=12, allow_nan=False
).map(lambda number: number.normalize())


@given(DATES)
def test_a_date_survives_being_written_and_read(day: date) -> None:
    assert values.read_date(day.isoformat()) == day
    assert values.read_date(f"{day.day}.{day.month}.{day.year}") == day
    assert values.read_date(day.strftime("%d.%m.%Y")) == day


@given(DATES)
def test_slashes_are_read_only_when_one_part_cannot_be_a_month(day: date) -> None:
    for written in (f"{day.day:02}/{day.month:02}/{day.year}", f"{day.month:02}/{day.day:02}/{day.year}"):
        if day.day > 12:
            assert values.read_date(written) == day
        else:
            with pytest.raises(NotReadable, match="day/month or month/day"):
                values.read_date(written)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("0001-01-01", "outside the years"),
        ("9999-12-31", "outside the years"),
        ("1899-12-31", "outside the years"),
        ("2026-02-29", "not a day of the calendar"),
        ("31.04.2026", "not a day of the calendar"),
        ("13/13/2026", "not a day of the calendar"),
        ("2026-13-01", "not a day of the calendar"),
        ("0000-01-01", "not a day of the calendar"),
        ("20260901", "not a date"),
        ("2026-W37-4", "not a date"),
        ("1.9.26", "not a date"),
        ("2026/09/01", "not a date"),
        ("2026-9-1", "not a date"),
        ("46266", "not a date"),
        ("soon", "not a date"),
        ("２０２６-09-01", "not a date"),
    ],
)
def test_a_date_that_is_not_certain_is_refused(cell: str, reason: str) -> None:
    with pytest.raises(NotReadable, match=reason):
        values.read_date(cell)


@given(NUMBERS)
def test_a_number_survives_being_written_and_read(number: Decimal) -> None:
    written = f"{number:f}"
    assert values.read_decimal(written) == number
    comma = written.replace(".", ",")
    if len(comma.partition(",")[2]) == 3:
        with pytest.raises(NotReadable, match="thousands or a decimal comma"):
            values.read_decimal(comma)
    else:
        assert values.read_decimal(comma) == number


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("20,0", "20"),
        ("0,5", "0.5"),
        ("2000", "2000"),
        ("2.000", "2"),
        ("007", "7"),
        ("+3", "3"),
        ("0,1250", "0.125"),
    ],
)
def test_numbers_as_clinics_write_them(cell: str, value: str) -> None:
    assert values.read_decimal(cell) == Decimal(value)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("NaN", "not a finite number"),
        ("sNaN", "not a finite number"),
        ("-inf", "not a finite number"),
        ("Infinity", "not a finite number"),
        ("1e300", "power of ten"),
        ("1E+03", "power of ten"),
        ("1" + "0" * 300, "more than 12 digits"),
        ("0." + "0" * 12 + "1", "more than 12 digits"),
        ("2,000", "thousands or a decimal comma"),
        ("1.234,5", "not a number"),
        ("1,234.5", "not a number"),
        ("1 000", "not a number"),
        ("40 mL", "not a number"),
        ("two thousand", "not a number"),
        (".5", "not a number"),
        ("٤٠", "not a number"),
        ("0x10", "not a number"),
        ("1_000", "not a number"),
    ],
)
def test_a_number_that_is_not_certain_is_refused(cell: str, reason: str) -> None:
    with pytest.raises(NotReadable, match=reason):
        values.read_decimal(cell)


@pytest.mark.parametrize("cell", ["0", "-0", "-3", "-0,5", "1000"])
def test_a_volume_must_be_one_a_pump_can_hold(cell: str) -> None:
    with pytest.raises(NotReadable):
        values.read_quantity(cell, below=1000)
    assert values.read_quantity("0", below=1000, or_zero=True) == 0


@pytest.mark.parametrize(
    ("cell", "unit"),
    [
        ("mcg/mL", "mcg/mL"),
        ("ug/ml", "mcg/mL"),
        ("\u00b5g/mL", "mcg/mL"),
        ("\u03bcg/mL", "mcg/mL"),
        ("MG/ML", "mg/mL"),
    ],
)
def test_units_of_concentration(cell: str, unit: str) -> None:
    assert values.read_concentration_unit(cell) == unit
    assert values.read_concentration_unit(unit) == unit


@pytest.mark.parametrize(
    ("cell", "unit"),
    [
        ("mcg/day", "mcg/day"),
        ("ug/d", "mcg/day"),
        ("\u00b5g/d", "mcg/day"),
        ("\u03bcG/Day", "mcg/day"),
        ("mg/D", "mg/day"),
    ],
)
def test_units_of_dose(cell: str, unit: str) -> None:
    assert values.read_dose_unit(cell) == unit
    assert values.read_dose_unit(unit) == unit


@pytest.mark.parametrize("cell", ["%", "mg", "g/mL", "ng/mL", "mcg/day", "mcg per mL", "mcg / mL"])
def test_other_units_of_concentration_are_refused(cell: str) -> None:
    with pytest.raises(NotReadable, match="not a unit of concentration"):
        values.read_concentration_unit(cell)


@pytest.mark.parametrize("cell", ["mcg/h", "mL/day", "mcg", "mcg/mL", "%"])
def test_other_units_of_dose_are_refused(cell: str) -> None:
    with pytest.raises(NotReadable, match="not a unit of dose"):
        values.read_dose_unit(cell)


@pytest.mark.parametrize("cell", ["ana@example.org", "a.b+c@x-y.example.co", "O'Brien@example.org"])
def test_addresses_are_kept_as_typed(cell: str) -> None:
    assert values.read_email(cell) == cell


@pytest.mark.parametrize(
    "cell",
    [
        "not-an-address",
        "@x.org",
        "a@b",
        "a b@x.org",
        "a@x.org,b@x.org",
        "a@x..org",
        "a@-x.org",
        "a@" + "x" * 260 + ".org",
    ],
)
def test_what_is_no_address_is_refused(cell: str) -> None:
    with pytest.raises(NotReadable, match="not an e-mail address"):
        values.read_email(cell)


@pytest.mark.parametrize(
    "cell", ["+1 202 555 0100", "(202) 555-0100", "0049/30/1234567", "555 0100 ext. 12", "5550100x7"]
)
def test_telephone_numbers_are_kept_as_typed(cell: str) -> None:
    assert values.read_phone(cell) == cell


@pytest.mark.parametrize(
    "cell", ["12345", "call the son", "+" + "1" * 16, "555-0100 or 555-0101", "=1+1", "++1 202 555 0100"]
)
def test_what_is_no_telephone_number_is_refused(cell: str) -> None:
    with pytest.raises(NotReadable, match="not a telephone number"):
        values.read_phone(cell)


@pytest.mark.parametrize("cell", ["=1+1", "+SUM(A1)", "-2+3", "@cmd"])
def test_a_name_that_a_spreadsheet_would_run_is_refused(cell: str) -> None:
    with pytest.raises(NotReadable, match="formula"):
        values.read_name(cell, longest=80)


@pytest.mark.parametrize("cell", ["van der Berg", "O'Brien", "'t Hooft", "Łukasik", "Nguyễn", "李"])
def test_names_of_people_are_read(cell: str) -> None:
    assert values.read_name(cell, longest=80) == cell


def test_a_name_in_two_unicode_spellings_is_one_name() -> None:
    assert values.read_name("Zoe\u0308", longest=80) == values.read_name("Zo\u00eb", longest=80)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_by_every_reader(cell: str) -> None:
    readers = [
        values.read_date,
        values.read_decimal,
        values.read_days,
        values.read_concentration_unit,
        values.read_dose_unit,
        values.read_email,
        values.read_phone,
        values.read_language,
        values.read_key,
        lambda text: values.read_identifier(text, longest=40),
        lambda text: values.read_notes(text, longest=2000),
    ]
    for read in readers:
        with contextlib.suppress(NotReadable):
            read(cell)
