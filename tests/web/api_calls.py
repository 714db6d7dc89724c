"""How tests talk to the REST interface, and how they read what it refuses."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext


def send(client: Client, address: str, body: object = None, *, how: str = "post", **headers: str) -> Any:
    body = {} if body is None else body
    return getattr(client, how)(address, body, content_type="application/json", headers=headers)


def shown(answer: Any, code: int = 200) -> Any:
    """The answer's content, where it is the answer that was expected."""
    assert answer.status_code == code, (answer.status_code, answer.content)
    return answer.json()


def rows(client: Client, address: str, **query: Any) -> list[dict[str, Any]]:
    """The first page of a list."""
    return list(shown(client.get(address, query))["results"])


def at_fault(answer: Any) -> list[str]:
    """The places that a refusal names."""
    assert answer["Content-Type"] == "application/problem+json"
    return [error["pointer"] for error in answer.json()["errors"]]


def queries_of(client: Client, address: str, **query: Any) -> int:
    """How many queries an answer costs, once everything is warm."""
    client.get(address, query)
    with CaptureQueriesContext(connection) as queries:
        shown(client.get(address, query))
    return len(queries)
