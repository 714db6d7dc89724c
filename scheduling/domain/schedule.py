"""Which program is in force when, counted in days since the fill.

The latest program not after the fill is in force at the fill; one on the fill's own date counts from the
fill. A change of which only the date is known runs that whole day at the higher of the two flows: the hour is
unknown, and a date that is too late is deadly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

from scheduling.domain.local_time import date_of, instant_of, is_whole_day, start_of_day
from scheduling.domain.program import Program

MICROSECONDS_PER_DAY = 86_400_000_000
_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1)
AT_FILL = Fraction(0)


def days_between(start: datetime, end: datetime) -> Fraction:
    """Real time from one instant to another, in days of 24 hours."""
    return Fraction((end - start) // _MICROSECOND, MICROSECONDS_PER_DAY)


@dataclass(frozen=True, slots=True)
class Stretch:
    """From ``start`` (days since the fill) the highest flow of these programs applies, until the next one."""

    start: Fraction
    programs: tuple[Program, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A program that begins after the fill; ``day_ends`` is set when only its date is known."""

    starts: Fraction
    program: Program
    day_ends: Fraction | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """The program in force at the fill (None: not known) and those that follow it, in order."""

    at_fill: Program | None
    changes: tuple[Change, ...]

    @property
    def programs(self) -> tuple[Program, ...]:
        """Every program in force at or after the fill."""
        first = () if self.at_fill is None else (self.at_fill,)
        return (*first, *(change.program for change in self.changes))

    def stretches(self) -> tuple[Stretch, ...]:
        """The schedule as stretches from the fill on, or from the first program when none was in force."""
        if not self.changes:
            return () if self.at_fill is None else (Stretch(AT_FILL, (self.at_fill,)),)
        return _stretches(self.at_fill, self.changes)


def schedule_from(programs: Sequence[Program], fill_on: date, filled: datetime, zone: ZoneInfo) -> Schedule:
    """Sort the programs around the fill. Earlier programs that were superseded before the fill are left out."""
    if len(programs) == 1 and date_of(programs[0].starts, zone) <= fill_on:
        return Schedule(programs[0], ())
    at_fill: Program | None = None
    begins_on: date | None = None
    changes: list[Change] = []
    for program in sorted(programs, key=lambda each: instant_of(each.starts, zone)):
        starts_on = date_of(program.starts, zone)
        starts = instant_of(program.starts, zone)
        first_of_fill_day = starts_on == fill_on and begins_on != fill_on
        if starts <= filled or starts_on < fill_on or first_of_fill_day:
            at_fill, begins_on = program, starts_on
        else:
            changes.append(_change(program, starts, filled, zone))
    return Schedule(at_fill, tuple(changes))


def _change(program: Program, starts: datetime, filled: datetime, zone: ZoneInfo) -> Change:
    day_ends = None
    if is_whole_day(program.starts):
        day_ends = days_between(filled, start_of_day(program.starts + _DAY, zone))
    return Change(days_between(filled, starts), program, day_ends)


def _stretches(at_fill: Program | None, changes: tuple[Change, ...]) -> tuple[Stretch, ...]:
    starts: dict[Fraction, Program] = {} if at_fill is None else {AT_FILL: at_fill}
    starts |= {change.starts: change.program for change in changes}
    in_force = list(starts.values())
    # On the day of a change known by date only, both neighbours may run at any hour of it.
    lingering: list[tuple[Fraction, Fraction, Program]] = []
    before = [at_fill, *(change.program for change in changes)]
    for old, change in zip(before, changes, strict=False):
        if change.day_ends is not None:
            neighbours = (change.program,) if old is None else (old, change.program)
            lingering += [(change.starts, change.day_ends, each) for each in neighbours]
    bounds = sorted({*starts, *(end for _, end, _ in lingering)})
    stretches, current = [], in_force[0]
    for start in bounds:
        current = starts.get(start, current)
        together = {id(current): current}
        together |= {id(each): each for begin, end, each in lingering if begin <= start < end}
        stretches.append(Stretch(start, tuple(together.values())))
    return tuple(stretches)


def with_ends(stretches: Sequence[Stretch]) -> list[tuple[Stretch, Fraction | None]]:
    """Each stretch with the moment it ends (None: never)."""
    pairs: list[tuple[Stretch, Fraction | None]] = [(one, two.start) for one, two in pairwise(stretches)]
    return [*pairs, (stretches[-1], None)] if stretches else []
