"""What the person who runs the benchmarks sees."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from django.conf import settings
from rich.console import Console
from rich.table import Table

console = Console(highlight=False)


def refuse_foreign_database() -> None:
    """The benchmarks empty their database: only the embedded one under var/bench, never somebody's own."""
    if not settings.EMBEDDED or settings.VAR_DIR.parent.name != "bench":
        sys.exit(
            "make bench empties its database and runs on its own embedded one: leave DATABASE_URL unset."
        )


def heading() -> None:
    python = f"Python {platform.python_version()}"
    load = os.getloadavg()[0]
    console.print(
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC · {os.cpu_count()} cores · {python} · load before: {load:.1f}"
    )
    if load > 1:
        console.print(
            "[yellow]Other work is running on this machine: times and ratios are worse than they are.[/yellow]"
        )


@contextmanager
def step(doing: str) -> Iterator[None]:
    """Say what is going on while it lasts, and how long it took."""
    began = time.monotonic()
    with console.status(f"{doing} ..."):
        yield
    console.print(f"[dim]{doing}: {time.monotonic() - began:.1f} s[/dim]")


def table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    shown = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        shown.add_column(column, justify="left" if number == 0 else "right")
    for row in rows:
        shown.add_row(*row)
    console.print(shown)
