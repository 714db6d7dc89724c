"""A name for each request, by which its lines in all logs are found together: the proxy's, the web's, the tasks'."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

HEADER = "X-Request-ID"
_SAFE = re.compile(r"[A-Za-z0-9-]{8,64}")
_of_request: ContextVar[str] = ContextVar("request_id", default="")
_of_task: ContextVar[str] = ContextVar("task_id", default="")


def request_id() -> str:
    """Of the request that the work at hand was asked for by; empty: by none."""
    return _of_request.get()


def task_id() -> str:
    """Of the task that is run; empty: none is."""
    return _of_task.get()


def safe(name: object) -> str:
    """The name, or nothing if it is more than letters, digits and hyphens: it goes into logs and headers."""
    return name if isinstance(name, str) and _SAFE.fullmatch(name) else ""


@contextmanager
def working_for(*, request: str, task: str = "") -> Iterator[None]:
    """What is logged within names the request, and the task."""
    tokens = _of_request.set(safe(request)), _of_task.set(safe(task))
    try:
        yield
    finally:
        _of_request.reset(tokens[0])
        _of_task.reset(tokens[1])


class RequestIds:
    """Takes the proxy's name for the request if it is one, else makes one, and tells it in the answer.

    Without a proxy of one's own the header comes from anybody, and is not looked at.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = safe(request.headers.get(HEADER)) if settings.ALLAUTH_TRUSTED_PROXY_COUNT else ""
        with working_for(request=given or uuid.uuid4().hex):
            response = self.get_response(request)
            response[HEADER] = request_id()
        return response
