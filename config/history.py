"""Who and why, for the history triggers, on connections whose values travel apart from the statement.

django-pghistory puts its context before each statement, in the same string, and lets psycopg write the values
into it. PostgreSQL takes one statement at a time when values travel apart (`server_side_binding`, which keeps
patient data out of a server's logs), so here the context is its own statement in the same transaction.
See docs/adr/0002-parameters-apart-from-statements.md.

A context that learns more while it runs (first the person, then the reason) is another row each time, so that no row
of it is ever changed: the application may add contexts and not touch them.
"""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pghistory.config
import pghistory.runtime
from django.db import transaction
from psycopg import sql

_SET_CONTEXT = (
    "SELECT set_config('pghistory.context_id', %s, true), set_config('pghistory.context_metadata', %s, true)"
)
_KEEPS_CONTEXT = ("savepoint", "release", "rollback")
_REPLACED = "_inject_history_context"

Execute = Callable[[Any, Any, bool, dict[str, Any]], Any]


def install() -> None:
    """Has `pghistory.context` use `say_context`; fails loudly when the library has changed its insides."""
    if not hasattr(pghistory.runtime, _REPLACED):
        raise RuntimeError("django-pghistory has changed how it sets its context: see config/history.py.")
    setattr(pghistory.runtime, _REPLACED, say_context)


def say_context(execute: Execute, statement: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Runs a statement that may write with the context of the surrounding `pghistory.context` set for it.

    Outside a transaction both run in one of their own, since the setting ends with its transaction.
    """
    text = statement.as_string() if isinstance(statement, sql.Composable) else statement
    connection = context["connection"]
    if not _may_write(context["cursor"], text):
        return execute(statement, params, many, context)
    if connection.in_atomic_block or not connection.get_autocommit():
        _set_context(connection)
        return execute(statement, params, many, context)
    with transaction.atomic(using=connection.alias):
        _set_context(connection)
        return execute(statement, params, many, context)


def _may_write(cursor: Any, text: str | bytes) -> bool:
    plain = text.decode() if isinstance(text, bytes) else text
    if plain.lstrip().lower().startswith(_KEEPS_CONTEXT):
        return False
    return bool(pghistory.runtime._can_inject_variable(cursor, plain))  # type: ignore[no-untyped-call]


def _set_context(connection: Any) -> None:
    """Once for all statements that follow each other in one context."""
    current = pghistory.runtime._tracker.value
    metadata = json.dumps(current.metadata, cls=pghistory.config.json_encoder())
    context_id = str(uuid.uuid5(current.id, metadata))
    if connection.signed_by != context_id:
        with connection.connection.cursor() as cursor:
            cursor.execute(_SET_CONTEXT, [context_id, metadata])
        connection.signed_by = context_id
