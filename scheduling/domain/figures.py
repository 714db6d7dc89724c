"""Exact fractions as people read them and as they are stored."""

from decimal import Decimal
from fractions import Fraction

VOLUME_PLACES = 4
DAYS_PLACES = 1


def rounded(value: Decimal | Fraction, places: int = VOLUME_PLACES) -> Decimal:
    """The value to so many places (half to even), without superfluous zeros."""
    digits = round(Fraction(value) * 10**places)
    while places and digits % 10 == 0:
        digits //= 10
        places -= 1
    return Decimal(f"{digits}E-{places}")


def plain(value: Decimal | Fraction, *, places: int = VOLUME_PLACES, is_signed: bool = False) -> str:
    """The rounded value as text, never in exponent form."""
    return f"{rounded(value, places):{'+' if is_signed else ''}f}"
