"""What one cell of the register says: read what is unambiguous, refuse what is not, guess nothing.

Rules for dates, numbers and units: docs/reference/register.md.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal

from clinic.domain.register.reasons import NotReadable, gettext_noop, quoted

EARLIEST_DATE = date(1900, 1, 1)
LATEST_DATE = date(2199, 12, 31)
MOST_DIGITS = 12

_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_DOTTED_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
_SLASHED_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_NUMBER = re.compile(r"([+-]?)(\d+)(?:([.,])(\d+))?", re.ASCII)
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d*)?e[+-]?\d+", re.ASCII | re.IGNORECASE)
_NOT_FINITE = re.compile(r"[+-]?(?:s?nan|inf(?:inity)?|∞)", re.IGNORECASE)
_EMAIL = re.compile(
    r"[A-Z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Z0-9](?:[A-Z0-9-]{0,61}[A-Z0-9])?\.)+[A-Z](?:[A-Z0-9-]{0,61}[A-Z0-9])",
    re.ASCII | re.IGNORECASE,
)
_PHONE = re.compile(r"\+?[0-9 ()./-]+(?:(?:\s*(?:x|ext\.?)\s*)[0-9]{1,6})?", re.ASCII | re.IGNORECASE)
_PHONE_DIGITS = range(6, 16)  # ITU-T E.164: at most 15; shorter than 6 is an extension, not a number
_FORMULA_STARTS = ("=", "+", "-", "@")

_CONCENTRATION_UNITS = {"mcg/ml": "mcg/mL", "ug/ml": "mcg/mL", "μg/ml": "mcg/mL", "mg/ml": "mg/mL"}
_DOSE_UNITS = {
    f"{mass}/{per}": f"{unit}/day"
    for mass, unit in (("mcg", "mcg"), ("ug", "mcg"), ("μg", "mcg"), ("mg", "mg"))
    for per in ("day", "d")
}
_LANGUAGES = ("en", "es", "fr")


def read_date(cell: str) -> date:
    """Read ``YYYY-MM-DD``, ``D.M.YYYY`` (day first), or slashes when exactly one part can be a month.

    Raises ``NotReadable`` for anything else, and for years that no living patient's record can hold.
    """
    if match := _ISO_DATE.fullmatch(cell):
        year, month, day = (int(part) for part in match.groups())
    elif match := _DOTTED_DATE.fullmatch(cell):
        day, month, year = (int(part) for part in match.groups())
    elif match := _SLASHED_DATE.fullmatch(cell):
        first, second, year = (int(part) for part in match.groups())
        if first <= 12 and second <= 12:
            raise NotReadable(
                gettext_noop("%(cell)s may be day/month or month/day: write it as YYYY-MM-DD"),
                cell=quoted(cell),
            )
        day, month = (first, second) if first > 12 else (second, first)
    else:
        raise NotReadable(gettext_noop("%(cell)s is not a date: write it as YYYY-MM-DD"), cell=quoted(cell))
    try:
        value = date(year, month, day)
    except ValueError:
        raise NotReadable(gettext_noop("%(cell)s is not a day of the calendar"), cell=quoted(cell)) from None
    if not EARLIEST_DATE <= value <= LATEST_DATE:
        raise NotReadable(
            gettext_noop("%(cell)s lies outside the years %(first)s to %(last)s"),
            cell=quoted(cell),
            first=str(EARLIEST_DATE.year),
            last=str(LATEST_DATE.year),
        )
    return value


def read_decimal(cell: str) -> Decimal:
    """Read a decimal number with a point, or with a comma unless exactly three digits follow it.

    Exact: never through a binary float. Raises ``NotReadable`` for NaN, infinities, thousands separators,
    powers of ten, and more than 12 digits on either side of the point.
    """
    match = _NUMBER.fullmatch(cell)
    if match is None:
        raise _not_a_number(cell)
    sign, whole, separator, fraction = match.groups()
    fraction = fraction or ""
    if separator == "," and len(fraction) == 3:
        raise NotReadable(
            gettext_noop(
                "%(cell)s may be thousands or a decimal comma: write it with a decimal point and no separators"
            ),
            cell=quoted(cell),
        )
    whole, fraction = whole.lstrip("0") or "0", fraction.rstrip("0")
    if len(whole) > MOST_DIGITS or len(fraction) > MOST_DIGITS:
        raise NotReadable(
            gettext_noop("%(cell)s has more than 12 digits before or after the point"), cell=quoted(cell)
        )
    return Decimal(f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}")


def _not_a_number(cell: str) -> NotReadable:
    if _NOT_FINITE.fullmatch(cell):
        return NotReadable(gettext_noop("%(cell)s is not a finite number"), cell=quoted(cell))
    if _SCIENTIFIC.fullmatch(cell):
        return NotReadable(
            gettext_noop("%(cell)s is a power of ten: write the number in full"), cell=quoted(cell)
        )
    return NotReadable(gettext_noop("%(cell)s is not a number"), cell=quoted(cell))


def read_quantity(cell: str, *, below: int, or_zero: bool = False) -> Decimal:
    """Read a number greater than zero (or at least zero) and smaller than ``below``."""
    value = read_decimal(cell)
    if value < 0 or (value == 0 and not or_zero):
        message = (
            gettext_noop("%(cell)s must not be negative")
            if or_zero
            else gettext_noop("%(cell)s must be greater than zero")
        )
        raise NotReadable(message, cell=quoted(cell))
    if value >= below:
        raise NotReadable(
            gettext_noop("%(cell)s is too large: it must be below %(below)s"),
            cell=quoted(cell),
            below=str(below),
        )
    return value


def read_days(cell: str) -> int:
    """Read a whole number of days, one to ten years."""
    value = read_quantity(cell, below=3651)
    if value != int(value):
        raise NotReadable(gettext_noop("%(cell)s is not a whole number of days"), cell=quoted(cell))
    return int(value)


def read_concentration_unit(cell: str) -> str:
    """Read ``mcg/mL`` or ``mg/mL``; ``ug`` and ``µg`` (either code point) are ``mcg``, case does not matter."""
    unit = _CONCENTRATION_UNITS.get(cell.casefold())
    if unit is None:
        raise NotReadable(
            gettext_noop("%(cell)s is not a unit of concentration: mcg/mL or mg/mL"), cell=quoted(cell)
        )
    return unit


def read_dose_unit(cell: str) -> str:
    """Read ``mcg/day`` or ``mg/day``; ``/d`` is ``/day``, ``ug`` and ``µg`` are ``mcg``."""
    unit = _DOSE_UNITS.get(cell.casefold())
    if unit is None:
        raise NotReadable(
            gettext_noop("%(cell)s is not a unit of dose: mcg/day or mg/day"), cell=quoted(cell)
        )
    return unit


def read_text(cell: str, *, longest: int) -> str:
    """Read one line of text in canonical Unicode form; at most ``longest`` characters."""
    text = unicodedata.normalize("NFC", cell)
    if any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in text):
        raise NotReadable(gettext_noop("holds a line break or a control character"))
    return _not_longer(text, longest)


def read_name(cell: str, *, longest: int) -> str:
    """Read a name or a number of the record: text that a spreadsheet would not take for a formula."""
    if cell.startswith(_FORMULA_STARTS):
        raise NotReadable(
            gettext_noop(
                "begins with “%(start)s” and would be a formula in a spreadsheet: export the values"
            ),
            start=cell[0],
        )
    return read_text(cell, longest=longest)


def read_identifier(cell: str, *, longest: int) -> str:
    """Read an MRN or a serial number. A quotation mark in one is the trace of a broken row, never a part of it."""
    if '"' in cell:
        raise NotReadable(gettext_noop("holds a quotation mark"))
    return read_name(cell, longest=longest)


def read_notes(cell: str, *, longest: int) -> str:
    """Read free text; it may hold line breaks."""
    text = unicodedata.normalize("NFC", cell.replace("\r\n", "\n"))
    if any(unicodedata.category(character) == "Cc" and character not in "\n\t" for character in text):
        raise NotReadable(gettext_noop("holds a control character"))
    return _not_longer(text, longest)


def _not_longer(text: str, longest: int) -> str:
    if len(text) > longest:
        raise NotReadable(gettext_noop("is longer than %(longest)s characters"), longest=str(longest))
    return text


def read_email(cell: str) -> str:
    """Read one e-mail address, as typed."""
    local = cell.partition("@")[0]
    if len(cell) > 254 or len(local) > 64 or not _EMAIL.fullmatch(cell):
        raise NotReadable(gettext_noop("%(cell)s is not an e-mail address"), cell=quoted(cell))
    return cell


def read_phone(cell: str) -> str:
    """Read a telephone number and keep it as typed: 6 to 15 digits, an extension may follow."""
    number = re.split(r"x|ext", cell, maxsplit=1, flags=re.IGNORECASE)[0]
    digits = sum(character.isdigit() for character in number)
    if len(cell) > 40 or not _PHONE.fullmatch(cell) or digits not in _PHONE_DIGITS:
        raise NotReadable(gettext_noop("%(cell)s is not a telephone number"), cell=quoted(cell))
    return cell


def read_language(cell: str) -> str:
    """Read one of the languages that patients are written to in."""
    language = cell.lower()
    if language not in _LANGUAGES:
        raise NotReadable(
            gettext_noop("%(cell)s is not one of the languages %(languages)s"),
            cell=quoted(cell),
            languages=", ".join(_LANGUAGES),
        )
    return language


def read_key(cell: str, *, longest: int = 60) -> str:
    """Read the short name of a catalogue entry; case does not matter."""
    return read_text(cell, longest=longest).lower()
