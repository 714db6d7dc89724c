"""psycopg without the ORM, as the application's role: what every floor in the database runs on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections

from clinic.scope import EVERY, SETTING


class PlainConnection:
    """A connection of its own, with the settings and types of the application's."""

    def __init__(self) -> None:
        self._django = connection.copy("plain")
        self._django.ensure_connection()
        self.raw: Any = self._django.connection

    @contextmanager
    def of_clinic(self, clinic_id: int | None = None) -> Iterator[Any]:
        """One transaction that is told whose rows it may see, as every one of the application's is."""
        with self.raw.transaction():
            said = EVERY if clinic_id is None else str(clinic_id)
            self.raw.execute(f"SELECT set_config('{SETTING}', %s, true)", [said])
            yield self.raw

    def close(self) -> None:
        self._django.close()


@contextmanager
def by_another_connection() -> Iterator[None]:
    """Let the application's statements go by a connection that ends with the block."""
    before = connections[DEFAULT_DB_ALIAS]
    connections[DEFAULT_DB_ALIAS] = before.copy()
    try:
        yield
    finally:
        connection.close()
        connections[DEFAULT_DB_ALIAS] = before
