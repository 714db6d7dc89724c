"""The reservoir as a drawing made here: past fills, the walk to empty, the band, the limits, today.

Only geometry: every place is worked out from exact values and written to a tenth of a unit. The template draws
it with presentation attributes and classes, so the content policy holds and paper shows the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

from clinic.selectors.facts import FillFacts, ReadingFacts
from clinic.writing import dated, in_figures
from scheduling.domain.chart import Point, RemainingPoints
from scheduling.domain.figures import plain
from scheduling.domain.local_time import instant_of, start_of_day
from web.words import figure_words

_SECOND = timedelta(seconds=1)
CYCLES_SHOWN = 4
ROWS_OF_NAMES = 4
GRID_STEPS_ML = (5, 10, 20)
_AFTER_THE_DATE = timedelta(days=21)


@dataclass(frozen=True, slots=True)
class Frame:
    """The drawing's size and margins, in its own units."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int


WIDE = Frame(width=1000, height=330, left=44, right=18, top=78, bottom=34)
NARROW = Frame(width=380, height=330, left=34, right=12, top=78, bottom=34)


@dataclass(frozen=True, slots=True)
class Mark:
    """A day on the chart: a limit, today, the day of running empty. ``kind`` names its style."""

    kind: str
    name: str
    on: date


@dataclass(frozen=True, slots=True)
class PlacedMark:
    """A mark with its place: the line's x, the name's y, and which side of the line the name stands on."""

    mark: Mark
    x: str
    name_x: str
    name_y: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Spot:
    """A point with what it says."""

    x: str
    y: str
    text: str


@dataclass(slots=True)
class Chart:
    """Everything the template draws, as text."""

    frame: Frame
    past: list[str] = field(default_factory=list)
    walked: str = ""
    ahead: str = ""
    band: str = ""
    threshold_y: str = ""
    threshold_ml: str = ""
    grid: list[tuple[str, str]] = field(default_factory=list)
    months: list[tuple[str, str]] = field(default_factory=list)
    marks: list[PlacedMark] = field(default_factory=list)
    found: list[Spot] = field(default_factory=list)
    readings: list[Spot] = field(default_factory=list)

    @property
    def plot_bottom(self) -> int:
        return self.frame.height - self.frame.bottom

    @property
    def plot_right(self) -> int:
        return self.frame.width - self.frame.right


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a chart shows. ``fills`` and ``readings`` are oldest first; ``walk`` is empty without a program."""

    fills: Sequence[FillFacts]
    readings: Sequence[ReadingFacts]
    walk: RemainingPoints
    marks: Sequence[Mark]
    threshold_ml: Decimal
    reservoir_ml: Decimal
    today: date
    zone: ZoneInfo


class _Plane:
    """From instants and volumes to places."""

    def __init__(
        self, frame: Frame, start: datetime, end: datetime, *, top_ml: Fraction, zone: ZoneInfo
    ) -> None:
        self.frame, self.start, self.end, self.top_ml, self.zone = frame, start, end, top_ml, zone
        self._seconds = max(1, (end - start) // _SECOND)

    def x(self, at: datetime) -> Fraction:
        width = self.frame.width - self.frame.left - self.frame.right
        seconds = min(max((at - self.start) // _SECOND, 0), self._seconds)
        return self.frame.left + Fraction(width * seconds, self._seconds)

    def y(self, volume_ml: Fraction) -> Fraction:
        height = self.frame.height - self.frame.top - self.frame.bottom
        share = min(max(volume_ml / self.top_ml, Fraction(0)), Fraction(1))
        return self.frame.top + height * (1 - share)

    def path(self, points: Iterable[Point]) -> str:
        return " ".join(f"{_at(self.x(point.at))},{_at(self.y(point.volume_ml))}" for point in points)


def draw(drawn: Drawn, frame: Frame) -> Chart:
    """The drawing. The time shown runs from a few fills back to shortly after what comes last of note."""
    fills = drawn.fills[-CYCLES_SHOWN:]
    start, end = _span(drawn, fills)
    top_ml = Fraction(drawn.reservoir_ml) * Fraction(21, 20)
    plane = _Plane(frame, start, end, top_ml=top_ml, zone=drawn.zone)
    chart = Chart(frame)
    _draw_axes(chart, plane, drawn)
    _draw_past(chart, plane, fills, drawn.zone)
    _draw_walk(chart, plane, drawn)
    chart.marks = _placed(plane, [mark for mark in drawn.marks if start <= _noon(mark.on, drawn.zone) <= end])
    chart.readings = [
        Spot(
            _at(plane.x(at)),
            _at(plane.y(Fraction(row.reservoir_ml))),
            figure_words(row.reservoir_ml, places=2),
        )
        for row in drawn.readings
        if row.reservoir_ml is not None
        and (at := instant_of(row.read_at or row.read_on, drawn.zone)) >= start
    ]
    return chart


def _noon(day: date, zone: ZoneInfo) -> datetime:
    return start_of_day(day, zone) + timedelta(hours=12)


def _span(drawn: Drawn, fills: Sequence[FillFacts]) -> tuple[datetime, datetime]:
    start = _moment(fills[0], drawn.zone)
    last = _moment(fills[-1], drawn.zone)
    wanted = [start_of_day(drawn.today, drawn.zone), last + timedelta(days=30)]
    decisive = [mark.on for mark in drawn.marks if mark.kind in {"binding", "limit-low_reservoir"}]
    wanted += [start_of_day(day, drawn.zone) for day in decisive]
    end = max(wanted) + _AFTER_THE_DATE
    if drawn.walk.nominal and drawn.walk.nominal[-1].at < end + 3 * _AFTER_THE_DATE:
        end = max(end, drawn.walk.nominal[-1].at + timedelta(days=5))
    # A pump that lasts for years would press the past into a corner.
    return max(start, end - 3 * max(end - last, timedelta(days=60))), end


def _moment(fill: FillFacts, zone: ZoneInfo) -> datetime:
    return instant_of(fill.filled_at or fill.filled_on, zone)


def _draw_axes(chart: Chart, plane: _Plane, drawn: Drawn) -> None:
    step = next((step for step in GRID_STEPS_ML if drawn.reservoir_ml / step <= 5), 20)
    chart.grid = [
        (_at(plane.y(Fraction(volume))), in_figures(str(volume)))
        for volume in range(0, int(drawn.reservoir_ml) + 1, step)
    ]
    chart.threshold_y = _at(plane.y(Fraction(drawn.threshold_ml)))
    chart.threshold_ml = figure_words(drawn.threshold_ml, places=2)
    chart.months = _months(plane)


def _months(plane: _Plane) -> list[tuple[str, str]]:
    """A tick at the first of a month, as many as have room; January and the first tick name the year."""
    zone = plane.zone
    first, last = plane.start.astimezone(zone).date(), plane.end.astimezone(zone).date()
    months = (last.year - first.year) * 12 + last.month - first.month
    room = max(1, (plane.frame.width - plane.frame.left - plane.frame.right) // 58)
    every = next((step for step in (1, 2, 3, 4, 6, 12) if months <= room * step), 12)
    ticks: list[tuple[str, str]] = []
    for number in range(first.year * 12 + first.month, last.year * 12 + last.month):
        day = date(number // 12, number % 12 + 1, 1)
        if (day.month - 1) % every == 0:
            words = "M Y" if not ticks or day.month == 1 else "M"
            ticks.append((_at(plane.x(start_of_day(day, zone))), dated(day, words)))
    return ticks


def _draw_past(chart: Chart, plane: _Plane, fills: Sequence[FillFacts], zone: ZoneInfo) -> None:
    """Each earlier cycle as the straight line from what was put in to what was found."""
    for fill, following in pairwise(fills):
        end = _moment(following, zone)
        if following.residual_ml is None or end < plane.start:
            continue
        corners = (
            Point(_moment(fill, zone), Fraction(fill.fill_volume_ml)),
            Point(end, Fraction(following.residual_ml)),
            Point(end, Fraction(following.fill_volume_ml)),
        )
        chart.past.append(plane.path(corners))
        chart.found.append(
            Spot(
                _at(plane.x(end)),
                _at(plane.y(Fraction(following.residual_ml))),
                figure_words(following.residual_ml, places=2),
            )
        )


def _draw_walk(chart: Chart, plane: _Plane, drawn: Drawn) -> None:
    now = start_of_day(drawn.today, drawn.zone)
    nominal = [point for point in drawn.walk.nominal if point.at <= plane.end]
    beyond = next((point for point in drawn.walk.nominal if point.at > plane.end), None)
    if beyond is not None and nominal:
        nominal.append(_between(nominal[-1], beyond, plane.end))
    if not nominal:
        return
    before = [point for point in nominal if point.at <= now]
    after = [point for point in nominal if point.at > now]
    if before and after:
        today = _between(before[-1], after[0], now)
        before, after = [*before, today], [today, *after]
    chart.walked, chart.ahead = plane.path(before), plane.path(after)
    if drawn.walk.high_flow:
        high = [point for point in drawn.walk.high_flow if point.at <= plane.end]
        chart.band = f"{plane.path(nominal)} {plane.path(reversed(high))}"


def _between(first: Point, second: Point, at: datetime) -> Point:
    """The point of the straight line between two corners at an instant."""
    whole = (second.at - first.at) // _SECOND
    if not whole:
        return Point(at, second.volume_ml)
    share = Fraction((at - first.at) // _SECOND, whole)
    return Point(at, first.volume_ml + (second.volume_ml - first.volume_ml) * share)


def _placed(plane: _Plane, marks: Iterable[Mark]) -> list[PlacedMark]:
    """Names in rows above the plot, each in the first row that has room for it."""
    ends = [Fraction(0)] * ROWS_OF_NAMES
    placed = []
    right = plane.frame.width - plane.frame.right
    for mark in sorted(marks, key=lambda mark: mark.on):
        x = plane.x(start_of_day(mark.on, plane.zone))
        width = Fraction((len(mark.name) + 7) * 62, 10) + 12  # the name, a day such as 21 Nov, a gap
        is_before = x + width > right
        begins = x - width if is_before else x
        row = next((row for row, end in enumerate(ends) if begins >= end), ROWS_OF_NAMES - 1)
        ends[row] = max(ends[row], begins + width)
        placed.append(
            PlacedMark(
                mark=mark,
                x=_at(x),
                name_x=_at(x - 4 if is_before else x + 4),
                name_y=_at(Fraction(plane.frame.top - 10 - 16 * (ROWS_OF_NAMES - 1 - row))),
                anchor="end" if is_before else "start",
            )
        )
    return placed


def _at(place: Fraction) -> str:
    return plain(place, places=1)
