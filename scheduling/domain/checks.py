"""What every value of a case is checked by, so that no later arithmetic can fail."""

from datetime import datetime
from decimal import Decimal

from scheduling.domain.local_time import When

EARLIEST_YEAR = 1900
LATEST_YEAR = 2200
MOST_DAYS = 36_525
MOST_RESERVOIR_ML = Decimal(1000)
MOST_AMOUNT = Decimal(10) ** 15
ZERO = Decimal(0)


class CaseError(ValueError):
    """A value that cannot be, or two that contradict each other. ``field`` names it, ``reason`` says why."""

    def __init__(self, field_name: str, reason: str) -> None:
        super().__init__(f"{field_name} {reason}")
        self.field = field_name
        self.reason = reason


def check_amount(name: str, value: Decimal, *, zero_allowed: bool = False) -> None:
    """Refuse what is not a finite number above zero (or at zero, where that makes sense)."""
    if not isinstance(value, Decimal):
        raise CaseError(name, "is not a decimal number")
    if not value.is_finite():
        raise CaseError(name, "is not a finite number")
    if value < ZERO or (value == ZERO and not zero_allowed):
        raise CaseError(name, "must not be negative" if zero_allowed else "must be more than 0")
    if value > MOST_AMOUNT:
        raise CaseError(name, f"is absurdly large (more than {MOST_AMOUNT:f})")


def check_date(name: str, value: When) -> None:
    """Refuse years no pump can have, so that no arithmetic on a date can leave the calendar."""
    if not EARLIEST_YEAR <= value.year <= LATEST_YEAR:
        raise CaseError(name, f"is outside the years {EARLIEST_YEAR} to {LATEST_YEAR}")
    if isinstance(value, datetime) and value.tzinfo is None:
        raise CaseError(name, "is a date-time without an offset from UTC")


def check_days(name: str, value: int, *, least: int = 1) -> None:
    """Refuse a number of days that is not whole or not plausible."""
    if type(value) is not int:
        raise CaseError(name, "is not a whole number")
    if not least <= value <= MOST_DAYS:
        raise CaseError(name, f"must be a whole number from {least} to {MOST_DAYS}")
