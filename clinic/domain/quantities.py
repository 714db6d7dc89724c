"""Numbers and units as they stand on labels, printouts and spreadsheets, read exactly.

Doses are kept in micrograms, concentrations in micrograms per millilitre, volumes in millilitres. Every
value is a Decimal: a binary float has no place in a refill date (17 mL at 0.17 mL/day is 100 days; floats
say 99).
"""

import re
from decimal import Decimal
from enum import StrEnum

MAX_DIGITS_EITHER_SIDE = 12
_PLAIN_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,6})?")
_NOT_FINITE = re.compile(r"[+-]?s?(?:nan|inf|infinity)[0-9]*", re.IGNORECASE)
_LONGEST_NUMBER = 64


class QuantityError(ValueError):
    """A number or unit that cannot be used; the text says why and never repeats more than 40 characters."""


class MassUnit(StrEnum):
    """The mass a dose or concentration was written in; kept for display only."""

    MICROGRAM = "mcg"
    MILLIGRAM = "mg"

    @property
    def micrograms(self) -> int:
        """How many micrograms one unit holds."""
        return 1 if self is MassUnit.MICROGRAM else 1000


_MASS_SPELLINGS = {
    "mcg": MassUnit.MICROGRAM,
    "ug": MassUnit.MICROGRAM,
    "µg": MassUnit.MICROGRAM,  # U+00B5 micro sign
    "μg": MassUnit.MICROGRAM,  # U+03BC Greek mu
    "mg": MassUnit.MILLIGRAM,
}
_PER = {
    "ml": frozenset({"ml"}),
    "day": frozenset({"day", "d"}),
    "hour": frozenset({"h", "hour"}),
}


def parse_number(value: object) -> Decimal:
    """Read a string or number as an exact decimal.

    Raises QuantityError for anything that is not a finite plain number with at most 12 digits on either side
    of the point. A float is read by its shortest decimal form.
    """
    number = _to_decimal(value)
    if not number.is_finite():
        raise QuantityError("is not a finite number")
    if number and (
        number.adjusted() >= MAX_DIGITS_EITHER_SIDE or _decimal_places(number) > MAX_DIGITS_EITHER_SIDE
    ):
        raise QuantityError("has more than 12 digits before or after the decimal point")
    return number


def _to_decimal(value: object) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise QuantityError("is not a number")
    if isinstance(value, int):
        if value.bit_length() > 256:
            raise QuantityError("has more than 12 digits before or after the decimal point")
        return Decimal(value)
    text = repr(value) if isinstance(value, float) else value
    if _NOT_FINITE.fullmatch(text):
        raise QuantityError("is not a finite number")
    if not _PLAIN_NUMBER.fullmatch(text) or len(text) > 4 * _LONGEST_NUMBER:
        raise QuantityError(f"is not a number: {shorten(text)!r}")
    return Decimal(text)


def _decimal_places(number: Decimal) -> int:
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)  # noqa: S101 - finite, checked by the caller
    trailing_zeros = 0
    for digit in reversed(digits):
        if digit:
            break
        trailing_zeros += 1
    return -(exponent + trailing_zeros)


def shorten(text: str, longest: int = 40) -> str:
    """The text, cut so that a message never carries a whole cell or file."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def parse_concentration_unit(text: object) -> MassUnit:
    """``mcg/mL`` or ``mg/mL``, in the spellings seen in the wild (ug, µg; case and outer spaces ignored)."""
    return _mass_per(text, "ml", "mcg/mL or mg/mL")


def parse_dose_unit(text: object) -> MassUnit:
    """``mcg/day`` or ``mg/day`` (also ``/d``)."""
    return _mass_per(text, "day", "mcg/day or mg/day")


def parse_hourly_dose_unit(text: object) -> MassUnit:
    """``mcg/h`` or ``mg/h``."""
    return _mass_per(text, "hour", "mcg/h or mg/h")


def parse_mass_unit(text: object) -> MassUnit:
    """``mcg`` or ``mg``, the unit of one bolus."""
    if isinstance(text, str) and (unit := _MASS_SPELLINGS.get(text.strip().lower())):
        return unit
    raise QuantityError(_unknown_unit(text, "mcg or mg"))


def _mass_per(text: object, per: str, wanted: str) -> MassUnit:
    if isinstance(text, str):
        mass, slash, rest = text.strip().lower().partition("/")
        unit = _MASS_SPELLINGS.get(mass.strip())
        if unit and slash and rest.strip() in _PER[per]:
            return unit
    raise QuantityError(_unknown_unit(text, wanted))


def _unknown_unit(text: object, wanted: str) -> str:
    shown = repr(shorten(text)) if isinstance(text, str) else "missing"
    return f"is not a known unit ({wanted}): {shown}"


def in_micrograms(amount: Decimal, unit: MassUnit) -> Decimal:
    """The amount in micrograms, exactly."""
    return amount if unit is MassUnit.MICROGRAM else amount.scaleb(3)


def in_unit(amount_mcg: Decimal, unit: MassUnit) -> Decimal:
    """The amount in the unit it is to be shown in, exactly."""
    return amount_mcg if unit is MassUnit.MICROGRAM else amount_mcg.scaleb(-3)
