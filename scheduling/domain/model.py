"""The modelled volume of one pump: from the fill, or from a reading that showed less.

Three walks: the nominal one (patient boluses at their daily maximum, the one that binds), the same with the
flow high by the pump's stated accuracy, and one with boluses at their mean.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from scheduling.domain.case import PumpCase, Reading
from scheduling.domain.local_time import instant_of
from scheduling.domain.program import ContinuousFlow, Program
from scheduling.domain.rates import NO_FLOW, Rates, rates_of
from scheduling.domain.schedule import (
    AT_FILL,
    MICROSECONDS_PER_DAY,
    Schedule,
    days_between,
    schedule_from,
)
from scheduling.domain.walk import Phase, Position, PumpClock, Track

_LAST_DAY = date(9998, 12, 31)
NEVER_HIGH = Fraction(1)
FROM_FILL = Position()


@dataclass(frozen=True, slots=True)
class Crossing:
    """When a walk is at the threshold and at 0 mL, in days since the fill; None: never."""

    low: Fraction | None
    empty: Fraction | None


@dataclass(frozen=True, slots=True)
class Rebase:
    """The newest reading against the modelled volumes at its moment, all in mL.

    ``least_ml`` is the volume with boluses at their maximum, ``most_ml`` at their mean.
    """

    reading: Reading
    at: Fraction
    reading_ml: Fraction
    least_ml: Fraction
    most_ml: Fraction

    @property
    def applies(self) -> bool:
        """Whether the reading is lower than the model, so that the walk goes on from it."""
        return self.reading_ml < self.least_ml


@dataclass(frozen=True, slots=True)
class Leg:
    """Part of a walk without a jump: the volume it starts with, where, and when it ends."""

    volume_ml: Fraction
    start: Position
    until: Fraction


class Model:
    """The walks of one case. Every volume is in mL, every moment in days since the fill."""

    __slots__ = ("_start", "as_of_at", "case", "nominal", "rebase", "schedule", "threshold_ml", "volume_ml")

    def __init__(self, case: PumpCase) -> None:
        self.case = case
        self.schedule = schedule_of(case)
        self.volume_ml = Fraction(case.fill.volume_ml)
        self.threshold_ml = Fraction(case.pump.threshold_ml)
        #: The moment of ``as_of``: its first instant, or the fill when that came later on the same day.
        self.as_of_at = moment_of_as_of(case)
        self.nominal = self._track(at_mean_boluses=False)
        self._start = FROM_FILL if case.bridge is None else Position(AT_FILL, old_drug_of(case))
        self.rebase = self._rebase() if case.readings and self.can_walk else None

    @property
    def can_walk(self) -> bool:
        """Whether a program is known from the fill on."""
        return self.schedule.at_fill is not None

    @property
    def is_rebased(self) -> bool:
        """Whether the newest reading was lower than the model."""
        return self.rebase is not None and self.rebase.applies

    @property
    def has_boluses(self) -> bool:
        """Whether any program from the fill on lets the patient trigger doses."""
        return any(program.patient_bolus is not None for program in self.schedule.programs)

    @property
    def knows_mean_boluses(self) -> bool:
        """Whether every such program says how many doses are used on average."""
        boluses = [program.patient_bolus for program in self.schedule.programs if program.patient_bolus]
        return bool(boluses) and all(bolus.mean_per_day is not None for bolus in boluses)

    def crossing(self) -> Crossing:
        """The nominal walk."""
        return self._crossing(self.nominal, NEVER_HIGH, rebase=self.rebase)

    def high_crossing(self) -> Crossing | None:
        """The walk with the flow high by the pump's accuracy; None when that is not known."""
        percent = self.case.pump.accuracy_percent
        if percent is None:
            return None
        return self._crossing(self.nominal, high_factor(percent), rebase=self.rebase)

    def mean_crossing(self) -> Crossing | None:
        """The walk with boluses at their mean, never re-based; None without boluses."""
        if not self.knows_mean_boluses:
            return None
        return self._crossing(self._track(at_mean_boluses=True), NEVER_HIGH, rebase=None)

    def _crossing(self, track: Track, high: Fraction, *, rebase: Rebase | None) -> Crossing:
        if track.flat is not None and (rebase is None or not rebase.applies) and self.case.bridge is None:
            return self._straight_crossing(track.flat * high)
        # A flow high by a factor drains 1/factor of every amount in the same time at the nominal flow.
        start = self._start if self.case.bridge is None else Position(AT_FILL, self._start.old_drug_ml / high)
        above = (self.volume_ml - self.threshold_ml) / high
        if rebase is None or not rebase.applies:
            return Crossing(track.reach(start, above), track.reach(start, self.volume_ml / high))
        again = Position(rebase.at, self._old_drug_at_reading(rebase) / high)

        def reaches(level_ml: Fraction) -> Fraction | None:
            if rebase.reading_ml > level_ml:
                return track.reach(again, (rebase.reading_ml - level_ml) / high)
            # Already there when it was read: since then at the latest, or since the model was.
            sooner = track.reach(start, (self.volume_ml - level_ml) / high)
            return rebase.at if sooner is None else min(sooner, rebase.at)

        return Crossing(reaches(self.threshold_ml), reaches(NO_FLOW))

    def _straight_crossing(self, flow: Fraction) -> Crossing:
        above = self.volume_ml - self.threshold_ml
        return Crossing(above / flow if above > 0 else AT_FILL, self.volume_ml / flow)

    def legs(self, high: Fraction) -> tuple[Leg, ...]:
        """The walk with the flow high by a factor, to empty: one leg, or two where a reading re-bases it."""
        start = Position(AT_FILL, self._start.old_drug_ml / high)
        rebase = self.rebase
        if rebase is None or not rebase.applies:
            return (self._leg_to_empty(self.volume_ml, start, high),)
        again = Position(rebase.at, self._old_drug_at_reading(rebase) / high)
        before = self._leg_to_empty(self.volume_ml, start, high)
        return (
            Leg(self.volume_ml, start, min(before.until, rebase.at)),
            self._leg_to_empty(rebase.reading_ml, again, high),
        )

    def _leg_to_empty(self, volume_ml: Fraction, start: Position, high: Fraction) -> Leg:
        """Until 0 mL; a walk that never gets there ends at its last change."""
        empty = self.nominal.reach(start, volume_ml / high)
        last_change = self.nominal.phases[-1].start
        return Leg(volume_ml, start, max(start.at, last_change) if empty is None else empty)

    def _old_drug_at_reading(self, rebase: Rebase) -> Fraction:
        return max(NO_FLOW, self._start.old_drug_ml - (self.volume_ml - rebase.reading_ml))

    def remaining(self, moment: Fraction) -> Fraction:
        """The modelled volume at a moment, after the reading that re-bases it."""
        rebase = self.rebase
        if rebase is None or not rebase.applies:
            return self._left(self.nominal, moment)
        if moment <= rebase.at:
            return rebase.reading_ml
        used, _ = self.nominal.used(Position(rebase.at, self._old_drug_at_reading(rebase)), moment)
        return max(NO_FLOW, rebase.reading_ml - used)

    def position(self, moment: Fraction) -> Position:
        """Where the bridge stands at a moment."""
        rebase = self.rebase
        start = self._start
        if rebase is not None and rebase.applies and rebase.at <= moment:
            start = Position(rebase.at, self._old_drug_at_reading(rebase))
        if not start.old_drug_ml:
            return Position(moment)
        return self.nominal.used(start, moment)[1]

    @property
    def start(self) -> Position:
        """Where the walk begins: at the fill, all old drug still there."""
        return self._start

    def flow_at_as_of(self) -> Fraction | None:
        """The flow on the day of ``as_of``, boluses at their maximum; None when no program is known."""
        moment = self.as_of_at
        phase = self.nominal.phase_at(moment)
        if phase is None:
            return None
        has_bridge = self.can_walk and self._start.old_drug_ml.numerator > 0
        is_bridge = has_bridge and self.position(moment).old_drug_ml > 0
        return day_flow(phase, self.case.as_of.weekday(), is_bridge=is_bridge)

    def _left(self, track: Track, moment: Fraction) -> Fraction:
        return max(NO_FLOW, self.volume_ml - track.used(self._start, moment)[0])

    def _rebase(self) -> Rebase:
        zone = self.case.zone
        newest = max(self.case.readings, key=lambda each: (instant_of(each.at, zone), -each.reservoir_ml))
        at = max(AT_FILL, days_between(self.case.fill_instant, instant_of(newest.at, zone)))
        least = most = self._left(self.nominal, at)
        if self.has_boluses:
            most = self._left(self._track(at_mean_boluses=True), at)
        return Rebase(newest, at, Fraction(newest.reservoir_ml), least, most)

    def _track(self, *, at_mean_boluses: bool) -> Track:
        concentration, bridge = self.case.fill.primary.concentration_mcg_per_ml, self.case.bridge

        def rates(program: Program) -> Rates:
            return rates_of(program, concentration, bridge, at_mean_boluses=at_mean_boluses)

        return Track(self.schedule.stretches(), rates, lambda: clock_of(self.case))

    def date_at(self, moment: Fraction | None) -> date | None:
        """The local date of a moment, taken from the exact instant; None beyond the calendar."""
        instant = self.instant_at(moment)
        return None if instant is None else instant.astimezone(self.case.zone).date()

    def instant_at(self, moment: Fraction | None) -> datetime | None:
        """The instant (UTC), rounded down to the microsecond; None beyond the calendar."""
        if moment is None:
            return None
        microseconds = moment.numerator * MICROSECONDS_PER_DAY // moment.denominator
        days = microseconds // MICROSECONDS_PER_DAY
        if days >= (_LAST_DAY - self.case.fill_instant.date()).days:
            return None
        return self.case.fill_instant + timedelta(
            days=days, microseconds=microseconds - days * MICROSECONDS_PER_DAY
        )


def moment_of_as_of(case: PumpCase) -> Fraction:
    """``as_of`` in days since the fill, never before it."""
    if case.as_of_instant <= case.fill_instant:
        return AT_FILL
    return days_between(case.fill_instant, case.as_of_instant)


@lru_cache(maxsize=256)
def high_factor(accuracy_percent: Decimal) -> Fraction:
    """By what the flow is multiplied when it is high by the pump's accuracy."""
    return 1 + Fraction(accuracy_percent) / 100


def day_flow(phase: Phase, weekday: int, *, is_bridge: bool) -> Fraction:
    """The highest flow of a phase on a weekday."""
    flows = [rates.bridged if is_bridge else rates.normal for rates in phase.rates]
    if len(flows) == 1:
        return flows[0].on_weekday(weekday)
    return max(flow.on_weekday(weekday) for flow in flows)


def old_drug_of(case: PumpCase) -> Fraction:
    """The old drug a bridge starts with, in mL."""
    return NO_FLOW if case.bridge is None else Fraction(case.bridge.old_volume_ml)


def schedule_of(case: PumpCase) -> Schedule:
    """The programs from the fill on. A constant-flow pump runs at its own flow, whatever was entered."""
    constant = case.pump.constant_flow_ml_per_day
    if constant is not None:
        return Schedule(Program(case.fill.at, ContinuousFlow(constant)), ())
    return schedule_from(case.programs, case.fill_on, case.fill_instant, case.zone)


def clock_of(case: PumpCase) -> PumpClock:
    """The pump's clock: 24-hour days at the UTC offset in force at the fill."""
    local = case.fill_instant.astimezone(case.zone)
    since_midnight = local.replace(tzinfo=UTC) - datetime(local.year, local.month, local.day, tzinfo=UTC)
    return PumpClock(
        local.weekday(), Fraction(since_midnight // timedelta(microseconds=1), MICROSECONDS_PER_DAY)
    )
