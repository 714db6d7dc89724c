"""A database that is being put back from a backup: nobody works on it before it is whole.

An empty schema is the sign. It is there before the first row is and goes in the transaction that ends the restore, so
a restore that was killed leaves it standing. Everybody may see it; only the owner can take it away.
"""

from __future__ import annotations

from typing import Any, Final

from django.db import OperationalError

SIGN: Final = "refillwise_restore"
"""The name of the schema."""
_IS_THERE: Final = f"SELECT to_regnamespace('{SIGN}') IS NOT NULL"


class BeingRestoredError(OperationalError):
    """The database is half restored; to whoever works on it, it is not there."""

    def __init__(self) -> None:
        super().__init__("the database is being restored from a backup, or that was broken off")


def is_being_restored(cursor: Any) -> bool:
    """Whether the database is not whole yet."""
    cursor.execute(_IS_THERE)
    (is_there,) = cursor.fetchone()
    return bool(is_there)
