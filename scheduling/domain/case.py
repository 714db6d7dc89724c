"""Everything the projection of one pump needs, as values that cannot be built wrong.

A file record and database rows are both brought into a ``PumpCase``; the projection reads nothing else.
Amounts are Decimals in the unit their name says: doses in micrograms, volumes in millilitres. A moment is a
``date`` (only the day is known: counted from its first local instant) or an aware ``datetime``.

Raises CaseError, which names the field in the words of the file format, for any value that cannot be.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from clinic.domain.catalogue import Drug, Hazard
from clinic.domain.quantities import MassUnit
from scheduling.domain.checks import MOST_RESERVOIR_ML, CaseError, check_amount, check_date, check_days
from scheduling.domain.local_time import When, date_of, instant_of, start_of_day
from scheduling.domain.program import (
    Bridge,
    ContinuousDose,
    ContinuousFlow,
    Delivery,
    PatientBolus,
    Program,
    Step,
    Stopped,
    WeekPattern,
)
from scheduling.domain.pump import DEFAULT_THRESHOLD_ML, Pump, pump_of_model
from scheduling.domain.rates import is_flow_only, rates_of
from scheduling.domain.schedule import schedule_from

__all__ = [
    "DEFAULT_RULES",
    "DEFAULT_THRESHOLD_ML",
    "NO_LIMITS",
    "Bridge",
    "CaseError",
    "ClinicRules",
    "ContinuousDose",
    "ContinuousFlow",
    "Delivery",
    "DrugInFill",
    "Event",
    "EventKind",
    "Fill",
    "Limits",
    "PatientBolus",
    "Previous",
    "Program",
    "Pump",
    "PumpCase",
    "Reading",
    "Step",
    "Stopped",
    "WeekPattern",
    "When",
    "pump_of_model",
]

MONDAY_TO_FRIDAY = frozenset(range(5))


@dataclass(frozen=True, slots=True)
class DrugInFill:
    """One drug of the mixture. ``stability_days`` is the pharmacy's word and overrides the catalogue.

    ``is_diluted`` matters where the catalogue makes a difference (ziconotide); None counts as diluted there.
    """

    drug: Drug
    concentration_mcg_per_ml: Decimal
    stability_days: int | None = None
    is_diluted: bool | None = None
    shown_in: MassUnit = MassUnit.MICROGRAM

    def __post_init__(self) -> None:
        check_amount("fill.drugs.concentration", self.concentration_mcg_per_ml)
        if self.stability_days is not None:
            check_days("fill.drugs.stability_days", self.stability_days)


@dataclass(frozen=True, slots=True)
class Fill:
    """What is in the reservoir since when. The first drug is the primary one, which a dose refers to."""

    at: When
    volume_ml: Decimal
    drugs: tuple[DrugInFill, ...]
    is_first_fill: bool | None = None
    beyond_use_on: date | None = None

    def __post_init__(self) -> None:
        check_date("fill.at", self.at)
        check_amount("fill.volume_ml", self.volume_ml)
        if not self.drugs:
            raise CaseError("fill.drugs", "must name at least one drug")
        if len(self.drugs) > 1 and len({member.drug.key for member in self.drugs}) < len(self.drugs):
            raise CaseError("fill.drugs", "names a drug twice")
        if self.beyond_use_on is not None:
            check_date("fill.beyond_use_on", self.beyond_use_on)

    @property
    def primary(self) -> DrugInFill:
        """The drug a dose refers to."""
        return self.drugs[0]

    @property
    def hazard(self) -> Hazard:
        """The highest member's."""
        return max(member.drug.hazard for member in self.drugs)


@dataclass(frozen=True, slots=True)
class Previous:
    """The fill before this one and the residual found at this fill, to judge both.

    ``flow_ml_per_day`` is None where nothing is known of the programs between the two, or nothing ran.
    """

    fill_at: When
    fill_volume_ml: Decimal
    flow_ml_per_day: Decimal | None
    residual_ml: Decimal | None = None
    drug: Drug | None = None
    concentration_mcg_per_ml: Decimal | None = None
    dose_mcg_per_day: Decimal | None = None

    def __post_init__(self) -> None:
        check_date("previous.fill_at", self.fill_at)
        check_amount("previous.fill_volume_ml", self.fill_volume_ml)
        if self.flow_ml_per_day is not None:
            check_amount("previous.flow_ml_per_day", self.flow_ml_per_day)
        if self.residual_ml is not None:
            check_amount("previous.residual_ml", self.residual_ml, zero_allowed=True)
        if self.concentration_mcg_per_ml is not None:
            check_amount("previous.concentration", self.concentration_mcg_per_ml)
        if self.dose_mcg_per_day is not None:
            check_amount("previous.dose", self.dose_mcg_per_day)


class EventKind(StrEnum):
    """What can happen to a pump between fills that bears on the date."""

    MRI = "mri"
    STALLED = "stalled"
    RESTARTED = "restarted"


@dataclass(frozen=True, slots=True)
class Event:
    """An MRI scan, a stall or a restart."""

    kind: EventKind
    on: When

    def __post_init__(self) -> None:
        check_date("events.on", self.on)


@dataclass(frozen=True, slots=True)
class Reading:
    """The reservoir volume the programmer showed."""

    at: When
    reservoir_ml: Decimal

    def __post_init__(self) -> None:
        check_date("readings.at", self.at)
        check_amount("readings.reservoir_ml", self.reservoir_ml, zero_allowed=True)


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits from outside the arithmetic: the clinic's or patient's interval, the programmer's printed date."""

    max_interval_days: int | None = None
    printed_on: date | None = None

    def __post_init__(self) -> None:
        if self.max_interval_days is not None:
            check_days("limits.max_interval_days", self.max_interval_days)
        if self.printed_on is not None:
            check_date("limits.printed_on", self.printed_on)


@dataclass(frozen=True, slots=True)
class ClinicRules:
    """When the clinic is open and how far ahead of the last safe day it wants the visit. Weekdays: Monday 0."""

    target_margin_days: int = 10
    latest_margin_days: int = 3
    open_weekdays: frozenset[int] = MONDAY_TO_FRIDAY
    closed_on: frozenset[date] = frozenset()
    high_flow_binds: bool = False

    def __post_init__(self) -> None:
        check_days("clinic.target_margin_days", self.target_margin_days, least=0)
        check_days("clinic.latest_margin_days", self.latest_margin_days, least=0)
        if not self.open_weekdays or not self.open_weekdays <= frozenset(range(7)):
            raise CaseError("clinic.open_weekdays", "must name at least one weekday")
        for day in self.closed_on:
            check_date("clinic.closed_on", day)


DEFAULT_RULES = ClinicRules()
NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class PumpCase:
    """One pump as it stands on ``as_of``, and all the projection may know of it.

    ``pump``, ``rules`` and drugs may be shared between cases. Programs may come in any order. Readings and
    events are those of this fill; ``fill_on``, ``fill_instant`` and ``as_of_instant`` are worked out here.
    """

    as_of: date
    zone: ZoneInfo
    pump: Pump
    fill: Fill
    programs: tuple[Program, ...] = ()
    bridge: Bridge | None = None
    previous: Previous | None = None
    events: tuple[Event, ...] = ()
    readings: tuple[Reading, ...] = ()
    limits: Limits = NO_LIMITS
    rules: ClinicRules = DEFAULT_RULES
    fill_on: date = field(init=False, compare=False)
    fill_instant: datetime = field(init=False, compare=False)
    as_of_instant: datetime = field(init=False, compare=False)

    def __post_init__(self) -> None:
        check_date("as_of", self.as_of)
        object.__setattr__(self, "fill_on", date_of(self.fill.at, self.zone))
        object.__setattr__(self, "fill_instant", instant_of(self.fill.at, self.zone))
        object.__setattr__(self, "as_of_instant", start_of_day(self.as_of, self.zone))
        self._check_order()
        if len(self.programs) > 1:
            self._check_programs_differ()
        if self.bridge is not None:
            self._check_bridge(self.bridge)
        if self.pump.constant_flow_ml_per_day is not None:
            self._check_constant_flow(Fraction(self.pump.constant_flow_ml_per_day))
        if self.readings:
            self._check_readings()

    def _check_order(self) -> None:
        if self.pump.reservoir_ml is None and self.fill.volume_ml > MOST_RESERVOIR_ML:
            raise CaseError("fill.volume_ml", f"is more than any pump holds ({MOST_RESERVOIR_ML} mL)")
        implanted_on = self.pump.implanted_on
        if implanted_on is not None and self.fill_on < implanted_on:
            raise CaseError("fill.at", "is before the implant (pump.implanted_on)")
        if self.fill_on > self.as_of:
            raise CaseError("fill.at", "is later than as_of")
        if implanted_on is not None:
            for program in self.programs:
                if date_of(program.starts, self.zone) < implanted_on:
                    raise CaseError("program.from", "is before the implant (pump.implanted_on)")
        previous = self.previous
        if previous is not None:
            if instant_of(previous.fill_at, self.zone) >= self.fill_instant:
                raise CaseError("previous.fill_at", "is not before this fill")
            if implanted_on is not None and date_of(previous.fill_at, self.zone) < implanted_on:
                raise CaseError("previous.fill_at", "is before the implant (pump.implanted_on)")

    def _check_bridge(self, bridge: Bridge) -> None:
        if bridge.old_volume_ml > self.fill.volume_ml:
            raise CaseError("bridge.old_volume_ml", "is more than the fill")
        at_fill = schedule_from(self.programs, self.fill_on, self.fill_instant, self.zone).at_fill
        has_flow_only = (
            self.pump.constant_flow_ml_per_day is not None if at_fill is None else is_flow_only(at_fill)
        )
        if has_flow_only:
            raise CaseError("bridge", "needs a dose: the program gives only a flow")

    def _check_constant_flow(self, constant: Fraction) -> None:
        """A program entered for a pump that has only one flow must say the same, within its accuracy."""
        tolerance = constant * Fraction(self.pump.accuracy_percent or 0) / 100
        concentration = self.fill.primary.concentration_mcg_per_ml
        for program in self.programs:
            for flow in rates_of(program, concentration, None).normal.all_days:
                if abs(flow - constant) > tolerance:
                    raise CaseError("program", "contradicts the pump's constant flow")

    def _check_programs_differ(self) -> None:
        starts = [instant_of(program.starts, self.zone) for program in self.programs]
        if len(set(starts)) < len(starts):
            raise CaseError("program.from", "is the same moment in two programs")

    def _check_readings(self) -> None:
        for reading in self.readings:
            read_on = date_of(reading.at, self.zone)
            if read_on < self.fill_on or (
                isinstance(reading.at, datetime)
                and isinstance(self.fill.at, datetime)
                and reading.at.astimezone(UTC) < self.fill_instant
            ):
                raise CaseError("readings.at", "is before the fill")
            if read_on > self.as_of:
                raise CaseError("readings.at", "is later than as_of")
