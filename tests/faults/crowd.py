"""Fifty clients at once, each on a connection of its own: a crowd that waits at the gate and runs.

    with Crowd(50) as crowd:
        results = crowd.run([lambda: book(...), ...])

Threads live as long as the crowd, so that a round costs what its transactions cost. What an act returns or raises
comes back with how long it took.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from django.db import connection, connections

Act = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one act."""

    value: Any
    error: Exception | None
    seconds: float


class Crowd:
    """So many threads with so many connections."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._pool = ThreadPoolExecutor(max_workers=size)

    def __enter__(self) -> Self:
        self.run([_say_hello] * self.size)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        gate = threading.Barrier(self.size)

        def leave() -> None:
            gate.wait(30)  # each thread is here once
            connections.close_all()

        for done in [self._pool.submit(leave) for _ in range(self.size)]:
            done.result(60)
        self._pool.shutdown()

    def run(self, acts: Sequence[Act]) -> list[Result]:
        """All acts at the same moment; what became of each, in their order."""
        return self.start(acts)()

    def start(self, acts: Sequence[Act]) -> Callable[[], list[Result]]:
        """All acts at the same moment; what it returns waits for them and says what became of each."""
        gate = threading.Barrier(len(acts))
        running = [self._pool.submit(_one, act, gate) for act in acts]
        return lambda: [done.result(120) for done in running]


def _one(act: Act, gate: threading.Barrier) -> Result:
    gate.wait(30)
    begin = time.perf_counter()
    try:
        value, error = act(), None
    except Exception as raised:
        value, error = None, raised
    return Result(value, error, time.perf_counter() - begin)


def _say_hello() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def deadlocks() -> int:
    """How many deadlocks the database of this run has seen."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])
