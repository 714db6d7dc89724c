"""Django's PostgreSQL back end, which tells each transaction whose rows it may see (``clinic.scope``).

The setting ends with its transaction, so a connection that goes to somebody else, by a pool or by this process,
carries nothing over. A statement outside a transaction gets one of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.db import transaction
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base

from clinic.being_restored import BeingRestoredError, is_being_restored
from clinic.scope import EVERY, NOBODY, SETTING, scope_now

_SAY: Final = f"SELECT set_config('{SETTING}', %s, true)"
_SAY_FOR_GOOD: Final = f"SELECT set_config('{SETTING}', %s, false)"
_UNKNOWN: Final = None
OWNER: Final = "owner"
"""The alias of whoever changes tables: it sees every row that a migration may have to change."""

Execute = Callable[[Any, Any, bool, dict[str, Any]], Any]


class DatabaseWrapper(base.DatabaseWrapper):
    """Says the scope before the first statement of a transaction, and again when it has changed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._said: str | None = NOBODY
        self.signed_by: str | None = None
        """The context that the transaction at hand was last told for its history (``config.history``)."""
        if self.alias not in (OWNER, NO_DB_ALIAS):
            self.execute_wrappers.append(_within_scope)

    def init_connection_state(self) -> None:
        super().init_connection_state()
        self._said, self.signed_by = NOBODY, None
        if self.alias == OWNER:
            with self.connection.cursor() as cursor:
                cursor.execute(_SAY_FOR_GOOD, [EVERY])
        elif self.alias != NO_DB_ALIAS:
            self._refuse_half_restored()

    def _refuse_half_restored(self) -> None:
        with self.connection.cursor() as cursor:
            is_half = is_being_restored(cursor)
        if is_half:
            self.close()
            raise BeingRestoredError

    def say_scope(self) -> None:
        """Tell the transaction at hand the scope of the work at hand, where it has not been told."""
        scope = scope_now()
        if scope != self._said:
            with self.wrap_database_errors, self.connection.cursor() as cursor:
                cursor.execute(_SAY, [scope])
            self._said = scope

    def _set_autocommit(self, autocommit: bool) -> None:
        super()._set_autocommit(autocommit)  # type: ignore[misc]  # not in the stubs
        self._said, self.signed_by = NOBODY, None  # a transaction has ended, or begins

    def _savepoint_rollback(self, sid: str) -> None:
        self._said = scope_now()  # a transaction that has failed takes no statement before this one
        super()._savepoint_rollback(sid)  # type: ignore[misc]  # not in the stubs
        self._said, self.signed_by = _UNKNOWN, None  # what was said since is taken back too


def _within_scope(execute: Execute, statement: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    connection = context["connection"]
    if connection.in_atomic_block or not connection.get_autocommit():
        connection.say_scope()
        return execute(statement, params, many, context)
    if scope_now() == NOBODY:
        return execute(statement, params, many, context)
    with transaction.atomic(using=connection.alias):
        connection.say_scope()
        return execute(statement, params, many, context)
