"""The points of the reservoir chart: exact corners of the walks from the fill to empty."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from scheduling.domain.case import PumpCase
from scheduling.domain.local_time import When, instant_of
from scheduling.domain.model import Model, high_factor
from scheduling.domain.schedule import AT_FILL, days_between


@dataclass(frozen=True, slots=True)
class Point:
    """A corner of a walk: the volume at an instant (UTC)."""

    at: datetime
    volume_ml: Fraction


@dataclass(frozen=True, slots=True)
class RemainingPoints:
    """The nominal walk and the one with the flow high; empty where no program is known.

    A reading that re-bases a walk shows as two points at one instant, before and after.
    """

    nominal: tuple[Point, ...]
    high_flow: tuple[Point, ...]


def remaining_points(case: PumpCase) -> RemainingPoints:
    """The corners of both walks, each ending at 0 mL (or where the walk never ends, at its last change)."""
    model = Model(case)
    if not model.can_walk:
        return RemainingPoints((), ())
    percent = case.pump.accuracy_percent
    high = () if percent is None else tuple(_points(model, high_factor(percent)))
    return RemainingPoints(tuple(_points(model, Fraction(1))), high)


def _points(model: Model, high: Fraction) -> Iterator[Point]:
    for leg in model.legs(high):
        volume = leg.volume_ml
        yield from _point(model, leg.start.at, volume)
        for piece in model.nominal.pieces(leg.start, leg.until):
            volume -= piece.flow_ml_per_day * high * (piece.end - piece.start)
            yield from _point(model, piece.end, max(Fraction(0), volume))


def _point(model: Model, moment: Fraction, volume: Fraction) -> Iterator[Point]:
    """The point, or nothing where it lies beyond the calendar."""
    instant = model.instant_at(moment)
    if instant is not None:
        yield Point(instant, volume)


def remaining_at(case: PumpCase, moment: When) -> Fraction | None:
    """The modelled volume in mL at a moment since the fill (e.g. the residual to expect); None: not known."""
    model = Model(case)
    if not model.can_walk:
        return None
    at = max(AT_FILL, days_between(case.fill_instant, instant_of(moment, case.zone)))
    return model.remaining(at)
