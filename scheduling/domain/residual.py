"""The residual found at a refill against what the program should have left.

Two rules, since they disagree: more than 2 mL off, or delivered more than 15 % off the program. A positive
difference is under-delivery (stall, catheter), a negative one over-delivery or a leak. A reservoir that held
more than 1 mL (pumps under 40 mL) or 2 mL (40 mL) less than was injected may have been filled beside the
pump. Rules and figures: docs/reference/projection.md, "Residual".
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

MOST_DIFFERENCE_ML = 2
MOST_RATE_ERROR = Fraction(15, 100)
LARGE_RESERVOIR_ML = Decimal(40)
NO_VOLUME = Fraction(0)


@dataclass(frozen=True, slots=True)
class ResidualCheck:
    """Every value exact; ``rate_error`` is delivered/programmed − 1, None when nothing was programmed."""

    expected_ml: Fraction
    difference_ml: Fraction
    rate_error: Fraction | None
    is_more_than_fill: bool
    is_volume_off: bool
    is_rate_off: bool
    is_possible_pocket_fill: bool

    @property
    def is_fine(self) -> bool:
        """Whether nothing needs a nurse's eye."""
        return not (
            self.is_more_than_fill or self.is_volume_off or self.is_rate_off or self.is_possible_pocket_fill
        )


def pocket_fill_limit(reservoir_ml: Decimal | None) -> int:
    """How much may be missing before a pocket fill is suspected, in mL; the stricter when size is unknown."""
    is_large = reservoir_ml is not None and reservoir_ml >= LARGE_RESERVOIR_ML
    return 2 if is_large else 1


def residual_check(
    *,
    fill_volume_ml: Decimal | Fraction,
    programmed_ml: Decimal | Fraction,
    residual_ml: Decimal | Fraction,
    reservoir_ml: Decimal | None,
) -> ResidualCheck:
    """Judge a residual. ``programmed_ml`` is what the program should have delivered (flow x days).

    Nothing more than the fill can be delivered, so a pump that was due to run dry is expected at 0 mL and
    judged by what it held. A residual above the fill is judged no further: one of the two numbers is wrong.
    """
    fill, residual, programmed = Fraction(fill_volume_ml), Fraction(residual_ml), Fraction(programmed_ml)
    expected = fill - programmed
    if expected < 0:
        expected, programmed = NO_VOLUME, fill
    delivered, difference = fill - residual, residual - expected
    rate_error = delivered / programmed - 1 if programmed > 0 else None
    is_more_than_fill = delivered < 0
    return ResidualCheck(
        expected_ml=expected,
        difference_ml=difference,
        rate_error=rate_error,
        is_more_than_fill=is_more_than_fill,
        is_volume_off=not is_more_than_fill and abs(difference) > MOST_DIFFERENCE_ML,
        is_rate_off=not is_more_than_fill and rate_error is not None and abs(rate_error) > MOST_RATE_ERROR,
        is_possible_pocket_fill=-difference > pocket_fill_limit(reservoir_ml),
    )
