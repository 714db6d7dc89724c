"""Walking the volume: how much has left the reservoir by when, and when so much has left.

Time is counted in days of 24 hours since the fill, as exact fractions: a daylight-saving change moves the
clock, not the drug. A bridge runs first: its old drug leaves at the old concentration's flow. Weekday patterns
are walked day by day on the pump's clock (the UTC offset in force at the fill), never averaged.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from scheduling.domain.program import Program
from scheduling.domain.rates import NO_FLOW, Flow, Rates
from scheduling.domain.schedule import AT_FILL, Stretch, with_ends

WEEK = 7
DAY = Fraction(1)


@dataclass(frozen=True, slots=True)
class PumpClock:
    """The pump's own clock at the fill: weekday (Monday 0) and time of day as a fraction of it."""

    weekday: int
    time_of_day: Fraction


@dataclass(frozen=True, slots=True)
class Phase:
    """From ``start`` to ``end`` (None: for ever) the highest of these flows applies at every moment."""

    start: Fraction
    end: Fraction | None
    rates: tuple[Rates, ...]


@dataclass(frozen=True, slots=True)
class Position:
    """A moment of the walk and the old drug that has still to leave the reservoir, in mL."""

    at: Fraction = AT_FILL
    old_drug_ml: Fraction = NO_FLOW


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of the walk at one flow, for the chart and the reasons."""

    start: Fraction
    end: Fraction
    flow_ml_per_day: Fraction
    is_bridge: bool


class Track:
    """One way the reservoir may empty (boluses at their maximum, or at their mean)."""

    __slots__ = ("_clock", "_clock_of", "_ledger", "_phases", "flat")

    def __init__(
        self,
        stretches: Sequence[Stretch],
        rates_of: Callable[[Program], Rates],
        clock_of: Callable[[], PumpClock],
    ) -> None:
        known: dict[int, Rates] = {}
        phases = []
        for stretch, end in with_ends(stretches):
            for program in stretch.programs:
                if id(program) not in known:
                    known[id(program)] = rates_of(program)
            rates = tuple(known[id(program)] for program in stretch.programs)
            phases.append(Phase(stretch.start, end, rates))
        self._phases = tuple(phases)
        self._clock_of = clock_of
        self._clock: PumpClock | None = None
        self._ledger: tuple[Position, tuple[_Entry, ...]] | None = None
        #: The one flow there ever is, while no bridge runs; None when there are several.
        self.flat = _only_flow(phases)

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The phases in order, the last without end."""
        return self._phases

    def phase_at(self, moment: Fraction) -> Phase | None:
        """The phase in force at a moment; one that begins then counts."""
        if self.flat is not None:
            return self._phases[0]
        return next((phase for phase in reversed(self._phases) if phase.start <= moment), None)

    def reach(self, start: Position, amount_ml: Fraction) -> Fraction | None:
        """When so much has left since ``start``; None if it never does."""
        if amount_ml.numerator <= 0:
            return start.at
        if self.flat is not None and not start.old_drug_ml.numerator:
            return start.at + amount_ml / self.flat
        for run, used_before, used_after in self._entries(start):
            if used_after is None or used_after >= amount_ml:
                return self._reach_within(run, amount_ml - used_before)
        return None

    def used(self, start: Position, until: Fraction) -> tuple[Fraction, Position]:
        """How many mL leave between ``start`` and ``until``, and where that leaves the bridge."""
        total, old_drug = NO_FLOW, start.old_drug_ml
        if self.flat is not None and not old_drug.numerator:
            return self.flat * max(NO_FLOW, until - start.at), Position(until)
        for run, used_before, used_after in self._entries(start):
            if run.start >= until:
                break
            if used_after is not None and run.end is not None and run.end <= until:
                total = used_after
            else:
                total = used_before + self._amount_until(run, until)
            if run.is_bridge:
                old_drug = (
                    NO_FLOW
                    if run.end == run.ends_bridge and run.is_over(until)
                    else start.old_drug_ml - total
                )
        return total, Position(until, max(old_drug, NO_FLOW))

    def _entries(self, start: Position) -> "tuple[_Entry, ...]":
        """The runs from ``start`` on with what has left before and after each; kept for the next question."""
        if self._ledger is None or self._ledger[0] is not start:
            entries, total = [], NO_FLOW
            for run in self._runs(start):
                gone = None if run.end is None else self._amount_until(run, run.end)
                entries.append((run, total, None if gone is None else total + gone))
                total += gone or NO_FLOW
            self._ledger = (start, tuple(entries))
        return self._ledger[1]

    def pieces(self, start: Position, until: Fraction) -> Iterator[Piece]:
        """The walk from ``start`` to ``until``, one piece for each change of flow."""
        for run in self._runs(start):
            if run.start >= until:
                return
            end = until if run.end is None else min(run.end, until)
            for begin, stop, flow in self._steps(run.flows, run.start, end):
                yield Piece(begin, stop, flow, run.is_bridge)

    def _runs(self, start: Position) -> "Iterator[_Run]":
        """The phases from ``start`` on, with the bridged part of each split off."""
        old_drug = start.old_drug_ml
        for phase in self._phases:
            if phase.end is not None and phase.end <= start.at:
                continue
            begin = max(phase.start, start.at)
            if old_drug > 0:
                bridged = tuple(rates.bridged for rates in phase.rates)
                run = _Run(begin, phase.end, bridged, is_bridge=True)
                gone = None if run.end is None else self._amount_until(run, run.end)
                if gone is not None and gone < old_drug:
                    old_drug -= gone
                    yield run
                    continue
                bridge_ends = self._reach_within(run, old_drug)
                yield _Run(begin, bridge_ends, bridged, is_bridge=True, ends_bridge=bridge_ends)
                if bridge_ends is None:
                    return
                old_drug, begin = NO_FLOW, bridge_ends
            if phase.end is None or begin < phase.end:
                yield _Run(begin, phase.end, tuple(rates.normal for rates in phase.rates), is_bridge=False)

    def _amount_until(self, run: "_Run", end: Fraction) -> Fraction:
        """What leaves from the start of a run to a moment within it."""
        if len(run.flows) == 1 and run.flows[0].week is None:
            return run.flows[0].flat * (end - run.start)
        return self._amount_of_steps(run.flows, run.start, end)

    def _amount_of_steps(self, flows: tuple[Flow, ...], start: Fraction, end: Fraction) -> Fraction:
        total = NO_FLOW
        if len(flows) == 1:
            periods = (end - start) // flows[0].period_days
            total = periods * flows[0].period_total
            start += periods * flows[0].period_days
        for begin, stop, flow in self._steps(flows, start, end):
            total += flow * (stop - begin)
        return total

    def _reach_within(self, run: "_Run", amount_ml: Fraction) -> Fraction | None:
        """When so much has left in a run that is long enough; None when it stands still for ever."""
        flows = run.flows
        if len(flows) == 1 and flows[0].week is None:
            return run.start + amount_ml / flows[0].flat if flows[0].flat else None
        start = run.start
        if len(flows) == 1:
            periods = amount_ml // flows[0].period_total
            amount_ml -= periods * flows[0].period_total
            start += periods * flows[0].period_days
            if not amount_ml:
                return start
        for begin, stop, flow in self._steps(flows, start, None):
            gone = flow * (stop - begin)
            if gone >= amount_ml:
                return begin + amount_ml / flow
            amount_ml -= gone
        return None

    def _steps(
        self, flows: tuple[Flow, ...], start: Fraction, end: Fraction | None
    ) -> Iterator[tuple[Fraction, Fraction, Fraction]]:
        """(from, to, highest flow) within a span, endless when ``end`` is None."""
        if end is not None and all(flow.week is None for flow in flows):
            yield start, end, max(flow.flat for flow in flows)
            return
        if self._clock is None:
            self._clock = self._clock_of()
        clock, moment = self._clock, start
        while end is None or moment < end:
            on_clock = moment + clock.time_of_day
            day = on_clock.numerator // on_clock.denominator
            weekday, time_of_day = (clock.weekday + day) % WEEK, on_clock - day
            stop_of_day, flow = _highest(flows, weekday, time_of_day)
            stop = moment + (stop_of_day - time_of_day)
            if end is not None and stop > end:
                stop = end
            yield moment, stop, flow
            moment = stop


@dataclass(frozen=True, slots=True)
class _Run:
    start: Fraction
    end: Fraction | None
    flows: tuple[Flow, ...]
    is_bridge: bool
    ends_bridge: Fraction | None = None

    def is_over(self, moment: Fraction) -> bool:
        """Whether the run has ended by a moment."""
        return self.end is not None and self.end <= moment


_Entry = tuple[_Run, Fraction, Fraction | None]


def _only_flow(phases: Sequence[Phase]) -> Fraction | None:
    if len(phases) != 1 or phases[0].start != AT_FILL:
        return None
    flow = phases[0].rates[0].normal
    return flow.flat if flow.week is None and flow.flat else None


def _highest(flows: tuple[Flow, ...], weekday: int, time_of_day: Fraction) -> tuple[Fraction, Fraction]:
    """(when the earliest piece ends, the highest flow until then), both within one day of the pump's clock."""
    ends, highest = DAY, NO_FLOW
    for flow in flows:
        if flow.week is None:
            highest = max(highest, flow.flat)
            continue
        end, value = next(piece for piece in flow.week[weekday] if piece[0] > time_of_day)
        ends, highest = min(ends, end), max(highest, value)
    return ends, highest
