"""How the server treats statements that are the same every time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

PLANNED_AFTER = 3
"""So many times a statement is used before the server keeps its plan."""


@contextmanager
def planned_once() -> Iterator[None]:
    """Let the server plan each statement of the block once a connection: for few that are the same every time."""
    connection.ensure_connection()
    before, connection.connection.prepare_threshold = connection.connection.prepare_threshold, PLANNED_AFTER
    try:
        yield
    finally:
        if connection.connection is not None:
            connection.connection.prepare_threshold = before
