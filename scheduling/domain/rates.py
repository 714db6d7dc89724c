"""How fast the reservoir empties under a program: flows in mL per day, as exact fractions.

``flow = dose / concentration`` (all steps and patient boluses added up). The same program also has *bridged*
flows: its doses at the old concentration, while old drug still leaves the reservoir.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from scheduling.domain.program import (
    Bridge,
    ContinuousDose,
    ContinuousFlow,
    PatientBolus,
    Program,
    Step,
    Stopped,
    WeekPattern,
)

NO_FLOW = Fraction(0)
HOURS_PER_DAY = 24
Pieces = tuple[tuple[Fraction, Fraction], ...]
"""(end of the piece as a fraction of the day, flow in mL/day), in the order of the day."""


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow: flat (``week`` is None) or a week of days by the pump's clock, Monday first.

    A week repeats every ``period_days`` (1 when all days are alike), with ``period_total`` mL each time.
    """

    flat: Fraction = NO_FLOW
    week: tuple[Pieces, ...] | None = None
    day_totals: tuple[Fraction, ...] = ()
    period_days: int = 1
    period_total: Fraction = NO_FLOW

    def on_weekday(self, weekday: int) -> Fraction:
        """The volume of one whole day, in mL."""
        return self.flat if self.week is None else self.day_totals[weekday]

    @property
    def all_days(self) -> tuple[Fraction, ...]:
        """Every daily volume this flow can show."""
        return (self.flat,) if self.week is None else self.day_totals


STILL = Flow()


@dataclass(frozen=True, slots=True)
class Rates:
    """A program's flow at the fill's concentration, and at the old one while a bridge lasts."""

    program: Program | None
    normal: Flow
    bridged: Flow


def ratio(numerator: Decimal, denominator: Decimal) -> Fraction:
    """The exact quotient of two decimals."""
    over, over_scale = numerator.as_integer_ratio()
    under, under_scale = denominator.as_integer_ratio()
    return Fraction(over * under_scale, over_scale * under)


def flow_of(program: Program, concentration_mcg_per_ml: Decimal, *, bolus: Fraction = NO_FLOW) -> Flow:
    """The flow of a program at a concentration; ``bolus`` is the flow of patient boluses on top of it."""
    delivery = program.delivery
    if isinstance(delivery, ContinuousDose):
        base = ratio(delivery.dose_mcg_per_day, concentration_mcg_per_ml)
        return Flow(base + bolus if bolus else base)
    if isinstance(delivery, ContinuousFlow):
        return Flow(Fraction(delivery.flow_ml_per_day) + bolus)
    if isinstance(delivery, Stopped):
        return STILL
    return _weekly(delivery, concentration_mcg_per_ml, bolus)


def _weekly(pattern: WeekPattern, concentration: Decimal, bolus: Fraction) -> Flow:
    known: dict[tuple[Step, ...], tuple[Pieces, Fraction]] = {}
    for steps in pattern.days:
        if steps not in known:
            known[steps] = _day(steps, concentration, bolus)
    days = [known[steps] for steps in pattern.days]
    totals = tuple(total for _, total in days)
    return Flow(
        week=tuple(pieces for pieces, _ in days),
        day_totals=totals,
        period_days=1 if len(known) == 1 else len(days),
        period_total=totals[0] if len(known) == 1 else sum(totals, NO_FLOW),
    )


def _day(steps: tuple[Step, ...], concentration: Decimal, bolus: Fraction) -> tuple[Pieces, Fraction]:
    pieces: list[tuple[Fraction, Fraction]] = []
    end, total = NO_FLOW, NO_FLOW
    for step in steps:
        length = Fraction(step.hours) / HOURS_PER_DAY
        end += length
        flow = bolus + _step_flow(step, concentration)
        total += flow * length
        pieces.append((end, flow))
    return tuple(pieces), total


def _step_flow(step: Step, concentration: Decimal) -> Fraction:
    if step.flow_ml_per_day is not None:
        return Fraction(step.flow_ml_per_day)
    assert step.dose_mcg_per_hour is not None  # noqa: S101 - Step holds exactly one of the two
    return ratio(step.dose_mcg_per_hour, concentration) * HOURS_PER_DAY


def bolus_flow(bolus: PatientBolus | None, per_day: Decimal | None, concentration: Decimal) -> Fraction:
    """The flow of so many patient boluses a day, spread over the day."""
    if bolus is None or not per_day:
        return NO_FLOW
    return ratio(bolus.dose_mcg, concentration) * Fraction(per_day)


def rates_of(
    program: Program, concentration: Decimal, bridge: Bridge | None, *, at_mean_boluses: bool = False
) -> Rates:
    """A program's rates with patient boluses at their daily maximum, or at their mean (unknown: none)."""
    bolus = program.patient_bolus
    per_day = None if bolus is None else bolus.mean_per_day if at_mean_boluses else bolus.max_per_day
    normal = flow_of(program, concentration, bolus=bolus_flow(bolus, per_day, concentration))
    if bridge is None:
        return Rates(program, normal, normal)
    old = bridge.old_concentration_mcg_per_ml
    return Rates(program, normal, flow_of(program, old, bolus=bolus_flow(bolus, per_day, old)))


def is_flow_only(program: Program) -> bool:
    """Whether the program says nothing of a dose, so that an old concentration cannot be applied to it."""
    delivery = program.delivery
    if isinstance(delivery, WeekPattern):
        return all(step.dose_mcg_per_hour is None for steps in delivery.days for step in steps)
    return isinstance(delivery, ContinuousFlow)
