"""The one table: what was measured, beside the least that any program must do for the same result, in the same run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from rich.table import Table

from bench.memory import peak_of
from bench.screen import console


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line. Times are seconds, unless ``is_rate``: then they are so many a second, and more is better."""

    what: str
    ours: float
    floor: float | None = None
    floor_is: str = ""
    """What the floor does, in a few words."""
    bar: float | None = None
    """The ratio that must be kept: at most, of a rate at least. None: reported."""
    is_rate: bool = False
    queries: int | None = None
    most_queries: int | None = None
    peak_bytes: int | None = None
    size: int | None = None
    """How many things ``ours`` was for, where the row is about many."""
    grows_with_size: bool = False
    """Whether growth is reckoned in these things, and not in the pumps of the country."""

    @property
    def ratio(self) -> float | None:
        return self.ours / self.floor if self.floor else None

    @property
    def is_met(self) -> bool | None:
        """None: there is no bar."""
        verdicts = []
        if self.bar is not None and self.ratio is not None:
            verdicts.append(self.ratio >= self.bar if self.is_rate else self.ratio <= self.bar)
        if self.most_queries is not None and self.queries is not None:
            verdicts.append(self.queries <= self.most_queries)
        return all(verdicts) if verdicts else None

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"ratio": self.ratio, "is_met": self.is_met}


@dataclass(frozen=True, slots=True)
class Turns:
    """Medians of so many turns, and what one of ours took besides."""

    ours: float
    floor: float
    queries: int
    peak_bytes: int


def by_turns(ours: Callable[[], object], floor: Callable[[], object], *, rounds: int, warm: int = 2) -> Turns:
    """Both by turns, so that what else the machine does falls on both alike; first ``warm`` turns unmeasured."""
    for _ in range(warm):
        ours()
        floor()
    with CaptureQueriesContext(connection) as seen:
        _, peak = peak_of(ours)
    number = len(seen)
    floor()
    pairs = [(seconds_of(ours), seconds_of(floor)) for _ in range(rounds)]
    return Turns(
        statistics.median(pair[0] for pair in pairs),
        statistics.median(pair[1] for pair in pairs),
        number,
        peak,
    )


def seconds_of(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


COLUMNS = ("what", "ours", "floor", "ratio", "bar", "queries", "peak memory")


def print_table(title: str, rows: Iterable[Row]) -> None:
    shown = Table(title=title, title_justify="left")
    for number, column in enumerate(COLUMNS):
        shown.add_column(column, justify="left" if number == 0 else "right")
    for row in rows:
        shown.add_row(*cells(row))
    console.print(shown)


def cells(row: Row) -> Sequence[str]:
    floor = (
        ""
        if row.floor is None
        else f"{figure(row.floor, row)}" + (f" {row.floor_is}" if row.floor_is else "")
    )
    return (
        row.what,
        figure(row.ours, row),
        floor,
        "" if row.ratio is None else f"{row.ratio:.2f}",
        _bar(row),
        "" if row.queries is None else f"{row.queries:,}",
        "" if row.peak_bytes is None else f"{row.peak_bytes / 1e6:.0f} MB",
    )


def figure(value: float, row: Row) -> str:
    if row.is_rate:
        return f"{value:,.0f}/s"
    return f"{value:,.1f} s" if value >= 10 else f"{value * 1e3:,.1f} ms"


def _bar(row: Row) -> str:
    words = []
    if row.bar is not None:
        words.append(f"{'≥' if row.is_rate else '≤'} {row.bar:g}")
    if row.most_queries is not None:
        words.append(f"≤ {row.most_queries} queries")
    verdict = {True: "met", False: "[red]not met[/red]", None: "reported"}[row.is_met]
    return f"{', '.join(words)}: {verdict}" if words else verdict
