"""Bars, steps and lines as drawings made here: only geometry, exact, as text. The template draws them.

As with the reservoir's chart, presentation is left to classes, so the content policy holds and paper shows the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from scheduling.domain.figures import plain
from web.words import figure_words

_STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Frame:
    """The drawing's size and margins, in its own units."""

    width: int
    height: int
    left: int = 40
    right: int = 10
    top: int = 22
    bottom: int = 30


WIDE = Frame(width=1000, height=260)
NARROW = Frame(width=380, height=240, left=30)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a column, stacked on the one before. ``kind`` names its style."""

    kind: str
    value: Fraction
    words: str


@dataclass(frozen=True, slots=True)
class Column:
    """One place on the axis: its name, its parts, the level drawn across it, and a sign above it."""

    label: str
    parts: tuple[Part, ...] = ()
    level: Fraction | None = None
    sign: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle with what it says."""

    kind: str
    x: str
    y: str
    width: str
    height: str
    words: str


@dataclass(slots=True)
class Drawing:
    """Everything the template draws, as text."""

    frame: Frame
    grid: list[tuple[str, str]] = field(default_factory=list)
    ticks: list[tuple[str, str]] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    signs: list[tuple[str, str, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    dots: list[Bar] = field(default_factory=list)

    @property
    def plot_bottom(self) -> int:
        return self.frame.height - self.frame.bottom

    @property
    def plot_right(self) -> int:
        return self.frame.width - self.frame.right


class _Plane:
    """From places and values to coordinates."""

    def __init__(self, frame: Frame, places: int, low: Fraction, high: Fraction) -> None:
        self.frame, self.low, self.high = frame, low, high
        self.step = Fraction(frame.width - frame.left - frame.right, max(places, 1))

    def x(self, place: Fraction) -> Fraction:
        return self.frame.left + self.step * place

    def y(self, value: Fraction) -> Fraction:
        height = self.frame.height - self.frame.top - self.frame.bottom
        return self.frame.top + height * (1 - (value - self.low) / (self.high - self.low))


def bars(columns: Sequence[Column], frame: Frame) -> Drawing:
    """Columns of stacked parts from zero up, levels as steps across them, a sign over a column that has one."""
    most = [sum((part.value for part in column.parts), Fraction(0)) for column in columns]
    most += [column.level for column in columns if column.level is not None]
    grid = _grid(Fraction(0), max(most, default=Fraction(1)))
    plane = _Plane(frame, len(columns), grid[0], grid[-1])
    drawing = _axes(plane, grid, [column.label for column in columns])
    for number, column in enumerate(columns):
        _draw_column(drawing, plane, number, column)
    drawing.lines = _steps(plane, columns)
    return drawing


def _draw_column(drawing: Drawing, plane: _Plane, number: int, column: Column) -> None:
    base, left = Fraction(0), plane.x(number + Fraction(1, 8))
    for part in column.parts:
        top = plane.y(base + part.value)
        if part.value > 0:
            width, height = plane.step * Fraction(3, 4), plane.y(base) - top
            drawing.bars.append(Bar(part.kind, _at(left), _at(top), _at(width), _at(height), part.words))
        base += part.value
    if column.sign:
        drawing.signs.append((_at(plane.x(number + Fraction(1, 2))), _at(plane.y(base) - 4), column.sign))


def _steps(plane: _Plane, columns: Sequence[Column]) -> list[str]:
    """The levels as lines with steps, one line for each run of columns that have one."""
    lines: list[str] = []
    points: list[str] = []
    for number, column in enumerate(columns):
        if column.level is None:
            lines, points = [*lines, " ".join(points)] if points else lines, []
            continue
        y = _at(plane.y(column.level))
        points += [f"{_at(plane.x(Fraction(number)))},{y}", f"{_at(plane.x(Fraction(number + 1)))},{y}"]
    return [*lines, " ".join(points)] if points else lines


def course(columns: Sequence[Column], frame: Frame) -> Drawing:
    """The first part of each column as a point, joined where neighbours both have one; the scale fits the values."""
    values = [column.parts[0].value for column in columns if column.parts]
    low, high = min(values, default=Fraction(0)), max(values, default=Fraction(1))
    if low == high:  # a line that never moves runs through the middle
        low, high = low - 1, high + 1
    grid = _grid(min(low, Fraction(0)) if 0 <= low < high / 3 else low, high)
    plane = _Plane(frame, len(columns), grid[0], grid[-1])
    drawing = _axes(plane, grid, [column.label for column in columns])
    run: list[str] = []
    for number, column in enumerate(columns):
        if not column.parts:
            drawing.lines, run = [*drawing.lines, " ".join(run)] if len(run) > 1 else drawing.lines, []
            continue
        part = column.parts[0]
        x, y = _at(plane.x(number + Fraction(1, 2))), _at(plane.y(part.value))
        run.append(f"{x},{y}")
        drawing.dots.append(Bar(part.kind, x, y, "", "", part.words))
        if column.sign:
            drawing.signs.append((x, _at(plane.y(part.value) - 9), column.sign))
    if len(run) > 1:
        drawing.lines.append(" ".join(run))
    return drawing


def _axes(plane: _Plane, grid: list[Fraction], labels: Sequence[str]) -> Drawing:
    drawing = Drawing(plane.frame)
    drawing.grid = [(_at(plane.y(value)), figure_words(value, places=2)) for value in grid]
    widest = max((len(label) for label in labels), default=1)
    every = max(1, -(-(widest * 7 + 8) // max(int(plane.step), 1)))
    drawing.ticks = [
        (_at(plane.x(number + Fraction(1, 2))), label)
        for number, label in enumerate(labels)
        if number % every == 0 and label
    ]
    return drawing


def _grid(low: Fraction, high: Fraction) -> list[Fraction]:
    """Round values from below the lowest to above the highest, three to seven of them."""
    if high <= low:
        high = low + 1
    size = Fraction(1)
    while size * 5 < high - low:
        size *= 10
    while size * Fraction(1, 2) > high - low:
        size /= 10
    step = next(
        (size * part / 5 for part in (*_STEPS, 10) if (high - low) / (size * part / 5) <= 6), size * 2
    )
    if low == int(low) and step < 1 and high == int(high):
        step = Fraction(1)
    first, last = low // step, -(-high // step)
    return [step * number for number in range(first, last + 1)]


def _at(place: Fraction) -> str:
    return plain(place, places=1)
