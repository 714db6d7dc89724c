"""Asks for addresses one after the other, each as if it were the first: what an answer changed is undone, and reported."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client

from clinic.domain.roles import Permission
from clinic.models import Clinic, User
from tests.web.conftest import BACKEND
from tests.web.matrix.rows import Row

WRITES = """
    SELECT relname, written FROM pg_class, LATERAL (SELECT
        pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)
        + pg_stat_get_xact_tuples_deleted(oid) AS written) AS counted
    WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace AND written > 0
"""
"""Rows written in this transaction, those of statements that were taken back included.

What the view ``pg_stat_xact_user_tables`` shows, without its joins with every index, which cost more than a page."""
NOT_COUNTED = {
    "django_session": "every request keeps its session awake",
    "clinic_accessrecord": "that somebody looked, or was refused, is written down",
}
PROBLEM = "application/problem+json"
OVERRIDE = {"X-HTTP-Method-Override": "DELETE", "X-Method-Override": "DELETE"}
"""Some frameworks obey these, and a field ``_method``. This one must not."""


@dataclass
class Caller:
    """Somebody who asks: in which role, and where that person stands to the clinic whose address is asked for."""

    role: str
    relation: str
    clinic: Clinic
    """Below whose address."""
    permissions: frozenset[Permission] | None = None
    """There; None for who is not a member."""
    person: User | None = None
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))
    are_objects_foreign: bool = False
    """Whether what is asked for belongs to another clinic than the address."""

    def __post_init__(self) -> None:
        begin_to_count()
        if self.person is not None:
            self.client.force_login(self.person, backend=BACKEND)

    def check_forms(self) -> None:
        """From now on as a browser's forms are checked, which the test client leaves out otherwise."""
        cookies = self.client.cookies
        self.client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        self.client.cookies = cookies

    def __str__(self) -> str:
        return f"{self.role} ({self.relation})"


@dataclass(frozen=True)
class Answer:
    """What came back, and which tables were written meanwhile."""

    code: int
    headers: Any
    body: bytes
    wrote: frozenset[str]
    response: Any

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def is_json(self) -> bool:
        type_ = str(self.headers.get("Content-Type", "")).partition(";")[0]
        return bool(self.body) and type_ in ("application/json", PROBLEM)


@dataclass
class Tally:
    """What was tried, for the line at the end."""

    requests: int = 0
    seconds: float = 0.0
    """Of this process; the database's own come on top."""
    seen: dict[str, set[str]] = field(default_factory=lambda: {"URLs": set()})

    def note(self, name: str, role: str, relation: str, method: str) -> None:
        self.requests += 1
        for what, value in (
            ("URLs", name),
            ("kinds of people", role),
            ("relations", relation),
            ("methods", method),
        ):
            self.seen.setdefault(what, set()).add(value)

    def __str__(self) -> str:
        counts = ", ".join(f"{len(values)} {what}" for what, values in self.seen.items())
        return (
            f"authorisation matrix: {counts}: {self.requests} requests, {self.seconds:.0f} s of this process"
        )


TALLY = Tally()
_written: dict[str, int] = {}
"""As far as the test has counted. What it writes itself between two askings would be taken for the second's doing."""


def begin_to_count() -> None:
    """What was written up to here is no answer's doing."""
    _written.clear()


def ask(caller: Caller, name: str, method: str, address: str, **more: Any) -> Answer:
    """Send it and undo what it did."""
    TALLY.note(name, caller.role, caller.relation, method)
    began = time.process_time()
    cache.clear()
    before = dict(_written or _writes())
    cookies = SimpleCookie({key: morsel.value for key, morsel in caller.client.cookies.items()})
    with transaction.atomic():
        response = caller.client.generic(method, address, **more)
        body = response.getvalue()
        after = _writes()
        transaction.set_rollback(True)
    caller.client.cookies = cookies
    TALLY.seconds += time.process_time() - began
    _written.update(after)
    wrote = {table for table, rows in after.items() if rows != before.get(table, 0)} - set(NOT_COUNTED)
    return Answer(response.status_code, response.headers, body, frozenset(wrote), response)


def visit(client: Client, row: Row, address: str) -> int:
    """Look at it, or send it empty where it can only be sent."""
    response = client.get(address) if row.is_looked_at else client.post(address)
    return int(response.status_code)


def hold(faults: Iterable[str]) -> None:
    """Fail with all of them, a line each."""
    if found := list(faults):
        pytest.fail(f"{len(found)} answers are not as the table says:\n" + "\n".join(found), pytrace=False)


def _writes() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(WRITES)
        return dict(cursor.fetchall())
