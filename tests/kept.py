"""What outlives a request: rows, Redis, the database server's own log. Read for `tests.leaks`.

Rows are gone when a test is over, so they are searched as they are written and before every flush, for the tokens of
late; what holds one is noted. Redis writes down every command of its run, and that is read when the run is done.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

Note = Callable[[str, str], None]
ROW, REDIS, SERVER = "row", "redis", "server"

MAY_HOLD_LINKS = {"notifications_inappmail"}
"""Letters that were sent nowhere lie here as they are: the one place where a token is kept, because it is one's own."""
LONG_ENOUGH = 16

tokens: deque[str] = deque(maxlen=50)
"""Those that were handed out of late in this process."""


def watch(note: Note) -> None:
    """Look at every statement of this process, and at what the services make of a token."""
    from django.db.backends.signals import connection_created

    watched: set[int] = set()

    def opened(connection: BaseDatabaseWrapper, **_: Any) -> None:
        if id(connection) not in watched:  # it is opened again and again, and stays the same object
            watched.add(id(connection))
            look_at(connection, note)

    connection_created.connect(opened, weak=False)


def look_at(connection: BaseDatabaseWrapper, note: Note) -> None:
    """Note every row that is written with a token in it."""

    def look(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        statement = str(sql) if tokens else ""
        if statement.startswith(("INSERT", "UPDATE")) and not _is_letter(statement):
            said = repr(params)
            if any(token in said for token in tokens):
                note(ROW, f"{statement[:80]} with a token")
        return execute(sql, params, many, context)

    connection.execute_wrappers.append(look)


def look_away(connection: BaseDatabaseWrapper) -> None:
    """Take every onlooker of this module off the connection."""
    others = [each for each in connection.execute_wrappers if getattr(each, "__module__", "") != __name__]
    connection.execute_wrappers[:] = others


def remember(token: str) -> None:
    if len(token) >= LONG_ENOUGH and token not in tokens:
        tokens.append(token)


def _is_letter(sql: str) -> bool:
    return any(table in sql for table in MAY_HOLD_LINKS)


def rows_with(tokens: Iterable[str], alias: str = "owner") -> list[str]:
    """The rows of all tables that hold one of the tokens in clear, each with its table."""
    patterns = [f"%{_escaped(token)}%" for token in tokens]
    if not patterns:
        return []
    connection = connections[alias]
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    searched = [table for table in tables if table not in MAY_HOLD_LINKS]
    each = [f"SELECT '{name}', t::text FROM \"{name}\" t WHERE t::text LIKE ANY(%s)" for name in searched]  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(each), [patterns] * len(each))
        return [f"{table}: {row}" for table, row in cursor.fetchall()]


def look_before_flush(alias: str, note: Note) -> None:
    """What other processes of a test wrote, before it is taken away."""
    for row in rows_with(tokens, alias):
        note(ROW, row)
    tokens.clear()


def _escaped(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


_PACKED = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")


def said_in_redis(folder: Path) -> Iterator[str]:
    """Keys and values that any Redis below the folder was ever given, tasks unpacked."""
    for file in sorted(folder.rglob("*.aof")):
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            if line and line[0] not in "*$":
                yield unpacked(line)


def unpacked(line: str) -> str:
    """The line with what is packed in it in clear: Celery packs every task."""
    return _PACKED.sub(lambda found: _clear(found.group()), line)


def _clear(packed: str) -> str:
    try:
        return base64.b64decode(packed, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return packed


def said_by_server(log: Path, since: int) -> list[str]:
    """What PostgreSQL wrote into its own log since that many bytes."""
    if not log.exists():
        return []
    with log.open("rb") as file:
        file.seek(since)
        return file.read().decode(errors="replace").splitlines()
