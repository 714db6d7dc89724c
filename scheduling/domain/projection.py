"""What a projection answers: dates, limits, the one that binds, findings.

``project(case) -> Projection`` (scheduling/domain/engine.py) is pure: the same case gives the same projection,
it never raises for a built PumpCase, and it costs no reasons. ``explain(case, projection) -> tuple[str, ...]``
(scheduling/domain/reasons.py) writes one line per step of the arithmetic when somebody wants to read it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from clinic.domain.catalogue import Hazard
from scheduling.domain.findings import Finding, LimitKind

ENGINE_VERSION = "1"
"""Changes with every change of the rules; stored beside each stored forecast."""


class Status(StrEnum):
    """``ok``: every date holds. ``review``: a stop was found and only the dates given are certain."""

    OK = "ok"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Dates:
    """When one walk of the volume reaches the threshold and 0 mL; None where that is not certain."""

    low_reservoir_on: date | None
    empty_on: date | None


@dataclass(frozen=True, slots=True)
class Projection:
    """The answer for one pump. Fractions are exact; ``figures.rounded`` makes them printable.

    ``limits`` holds every limit that is certain, in the order of LimitKind. In review ``must_refill_by``,
    ``limited_by`` and the visit dates are None. ``high_flow`` is None when the pump's accuracy is not known,
    ``mean_use`` when there are no patient boluses (or their mean is not known).
    """

    status: Status
    as_of: date
    hazard: Hazard
    findings: tuple[Finding, ...]
    flow_ml_per_day: Fraction | None
    remaining_ml: Fraction | None
    low_reservoir_on: date | None
    empty_on: date | None
    days_of_reserve: Fraction | None
    days_to_empty: Fraction | None
    limits: Mapping[LimitKind, date]
    limited_by: LimitKind | None
    must_refill_by: date | None
    target_visit_on: date | None
    latest_visit_on: date | None
    high_flow: Dates | None
    mean_use: Dates | None
    engine_version: str = ENGINE_VERSION
