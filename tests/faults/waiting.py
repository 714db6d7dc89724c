"""Waiting for something that another process does."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.db import connection

from tests.servers import Process


def wait_until(
    is_true: Callable[[], bool], worker: Process | None = None, *, seconds: float = 60, pause: float = 0.05
) -> None:
    until = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > until:
            raise AssertionError(worker.output()[-4000:] if worker else "waited in vain")
        time.sleep(pause)


def somebody_waits(*, statement: str = "", number: int = 1) -> bool:
    """Whether processes of the application wait for locks in this run's database, in such a statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user"
            " AND wait_event_type = 'Lock' AND pid <> pg_backend_pid() AND strpos(query, %s::text) > 0",
            [statement],
        )
        return int(cursor.fetchone()[0]) >= number


def chunk_waits() -> bool:
    """Whether a sweep's chunk stands before an implant's lock."""
    return somebody_waits(statement='FROM "clinic_implant"')
