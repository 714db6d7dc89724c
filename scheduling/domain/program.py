"""How a pump runs: doses, flows, patterns, boluses a patient may trigger, old drug left in the catheter."""

from dataclasses import dataclass
from decimal import Decimal

from clinic.domain.quantities import MassUnit
from scheduling.domain.checks import ZERO, CaseError, check_amount, check_date
from scheduling.domain.local_time import When

HOURS_PER_DAY = Decimal(24)


@dataclass(frozen=True, slots=True)
class ContinuousDose:
    """The same dose of the primary drug all day."""

    dose_mcg_per_day: Decimal
    shown_in: MassUnit = MassUnit.MICROGRAM

    def __post_init__(self) -> None:
        check_amount("program.dose", self.dose_mcg_per_day)


@dataclass(frozen=True, slots=True)
class ContinuousFlow:
    """The same flow all day, whatever the concentration."""

    flow_ml_per_day: Decimal

    def __post_init__(self) -> None:
        check_amount("program.flow_ml_per_day", self.flow_ml_per_day)


@dataclass(frozen=True, slots=True)
class Stopped:
    """The pump delivers nothing."""


@dataclass(frozen=True, slots=True)
class Step:
    """Part of a day: a dose per hour or a flow, exactly one of the two."""

    hours: Decimal
    dose_mcg_per_hour: Decimal | None = None
    flow_ml_per_day: Decimal | None = None

    def __post_init__(self) -> None:
        check_amount("program.days.steps.hours", self.hours)
        if (self.dose_mcg_per_hour is None) == (self.flow_ml_per_day is None):
            raise CaseError("program.days.steps", "must give either dose_per_hour or flow_ml_per_day")
        if self.dose_mcg_per_hour is not None:
            check_amount("program.days.steps.dose_per_hour", self.dose_mcg_per_hour)
        if self.flow_ml_per_day is not None:
            check_amount("program.days.steps.flow_ml_per_day", self.flow_ml_per_day)


@dataclass(frozen=True, slots=True)
class WeekPattern:
    """Steps for each weekday, Monday first, by the pump's own clock (no daylight saving)."""

    days: tuple[tuple[Step, ...], ...]

    def __post_init__(self) -> None:
        if len(self.days) != 7:
            raise CaseError("program.days", "must cover each weekday exactly once")
        for steps in self.days:
            if sum((step.hours for step in steps), ZERO) != HOURS_PER_DAY:
                raise CaseError("program.days.steps.hours", "must add up to 24")


Delivery = ContinuousDose | ContinuousFlow | Stopped | WeekPattern


@dataclass(frozen=True, slots=True)
class PatientBolus:
    """Doses a patient may trigger. The daily maximum binds; the mean (None: not known) is shown beside it."""

    dose_mcg: Decimal
    max_per_day: Decimal
    mean_per_day: Decimal | None = None
    shown_in: MassUnit = MassUnit.MICROGRAM

    def __post_init__(self) -> None:
        check_amount("program.patient_bolus.dose", self.dose_mcg, zero_allowed=True)
        check_amount("program.patient_bolus.max_per_day", self.max_per_day, zero_allowed=True)
        if self.mean_per_day is not None:
            check_amount("program.patient_bolus.mean_per_day", self.mean_per_day, zero_allowed=True)
            if self.mean_per_day > self.max_per_day:
                raise CaseError("program.patient_bolus.mean_per_day", "is above max_per_day")


@dataclass(frozen=True, slots=True)
class Program:
    """How the pump runs from a moment on, until the next program."""

    starts: When
    delivery: Delivery
    patient_bolus: PatientBolus | None = None

    def __post_init__(self) -> None:
        check_date("program.from", self.starts)
        if self.patient_bolus is not None and isinstance(self.delivery, Stopped):
            raise CaseError("program.patient_bolus", "contradicts a stopped pump")


@dataclass(frozen=True, slots=True)
class Bridge:
    """Old drug still in tubing and catheter after a change of concentration at this fill."""

    old_volume_ml: Decimal
    old_concentration_mcg_per_ml: Decimal

    def __post_init__(self) -> None:
        check_amount("bridge.old_volume_ml", self.old_volume_ml, zero_allowed=True)
        check_amount("bridge.old_concentration", self.old_concentration_mcg_per_ml)
