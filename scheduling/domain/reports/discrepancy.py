"""How far deliveries were off the program, refill after refill.

Each residual is judged by both rules of docs/reference/projection.md, "Residual". A pump that is a little off in
the same direction again and again is told by the mean of its last three refills.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from scheduling.domain.residual import ResidualCheck

REFILLS_IN_MEAN = 3


@dataclass(frozen=True, slots=True)
class Check:
    """One residual, judged. ``rate_error`` is delivered/programmed - 1; None when nothing was programmed."""

    filled_on: date
    since: date
    expected_ml: Fraction
    residual_ml: Fraction
    difference_ml: Fraction
    rate_error: Fraction | None
    is_volume_off: bool
    is_rate_off: bool
    is_possible_pocket_fill: bool
    is_more_than_fill: bool

    @property
    def is_flagged(self) -> bool:
        """Whether either rule, or a doubt about the numbers, asks for a look."""
        return (
            self.is_volume_off or self.is_rate_off or self.is_possible_pocket_fill or self.is_more_than_fill
        )


@dataclass(frozen=True, slots=True)
class Trend:
    """What the checks of one pump come to; ``mean_rate_error`` is over its last three refills."""

    judged: int
    flagged: int
    is_flagged_now: bool
    last: Check | None
    mean_rate_error: Fraction | None


def check_of(*, filled_on: date, since: date, residual_ml: Fraction, judged: ResidualCheck) -> Check:
    """The row that a report keeps of one judgement."""
    return Check(
        filled_on=filled_on,
        since=since,
        expected_ml=judged.expected_ml,
        residual_ml=residual_ml,
        difference_ml=judged.difference_ml,
        rate_error=judged.rate_error,
        is_volume_off=judged.is_volume_off,
        is_rate_off=judged.is_rate_off,
        is_possible_pocket_fill=judged.is_possible_pocket_fill,
        is_more_than_fill=judged.is_more_than_fill,
    )


def trend_of(checks: Sequence[Check]) -> Trend:
    """The trend of one pump's checks, oldest first."""
    errors = [check.rate_error for check in checks if check.rate_error is not None][-REFILLS_IN_MEAN:]
    return Trend(
        judged=len(checks),
        flagged=sum(check.is_flagged for check in checks),
        is_flagged_now=bool(checks) and checks[-1].is_flagged,
        last=checks[-1] if checks else None,
        mean_rate_error=sum(errors, Fraction(0)) / len(errors) if errors else None,
    )
