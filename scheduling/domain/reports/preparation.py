"""What the pharmacy must prepare: one syringe for each refill, by the mixture and the volume of the last fill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from scheduling.domain.case import ClinicRules
from scheduling.domain.visits import is_open, open_day_at_or_before

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Ingredient:
    """One drug of a mixture at its concentration."""

    drug: str
    concentration: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Syringe:
    """What one pump needs at its next refill. ``needed_on`` is the booked visit's day, else the target."""

    implant_id: int
    mixture: tuple[Ingredient, ...]
    volume_ml: Decimal
    needed_on: date
    is_booked: bool
    order_by: date


@dataclass(slots=True)
class Preparation:
    """All syringes of one mixture."""

    mixture: tuple[Ingredient, ...]
    syringes: list[Syringe] = field(default_factory=list)

    @property
    def total_ml(self) -> Decimal:
        """Of all syringes."""
        return sum((syringe.volume_ml for syringe in self.syringes), Decimal(0))

    @property
    def volumes(self) -> list[tuple[int, Decimal]]:
        """(how many, mL each), the largest first."""
        counted = Counter(syringe.volume_ml for syringe in self.syringes)
        return [(count, volume) for volume, count in sorted(counted.items(), reverse=True)]

    @property
    def order_by(self) -> date:
        """The earliest of its syringes' order dates."""
        return min(syringe.order_by for syringe in self.syringes)


def order_by(needed_on: date, *, lead_days: int, rules: ClinicRules) -> date:
    """The last day to order what is needed on ``needed_on``: so many of the clinic's open days before it.

    Counted back over open days only, so it is never later than ``lead_days`` calendar days before.
    """
    day = open_day_at_or_before(needed_on, rules)
    for _ in range(lead_days):
        day -= _DAY
        while not is_open(day, rules):
            day -= _DAY
    return day


def preparations(syringes: Iterable[Syringe]) -> list[Preparation]:
    """The syringes by mixture, the one to be ordered first on top; each one's syringes by that day too."""
    found: dict[tuple[Ingredient, ...], Preparation] = {}
    for syringe in sorted(syringes, key=lambda each: (each.order_by, each.needed_on, each.implant_id)):
        found.setdefault(syringe.mixture, Preparation(syringe.mixture)).syringes.append(syringe)
    return sorted(found.values(), key=lambda each: (each.order_by, each.mixture))
