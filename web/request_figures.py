"""How many requests each route answered, how, and in what time. By the names of routes: an address may hold a token."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where the processes of one web server keep what they count, by prometheus_client's own name; see config/web_slots.py."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_NO_ROUTE = "none"

_answers = Counter(
    "refillwise_http_requests",
    "Requests by the route that answered them, method and status",
    ["route", "method", "status"],
    registry=None,
)
_seconds = Histogram(
    "refillwise_http_request_seconds",
    "Time until the answer began, by route",
    ["route"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=None,
)


class RequestFigures:
    """Counts each answer, those that other steps gave included."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        begun = time.perf_counter()
        response = self.get_response(request)
        route = request.resolver_match.view_name if request.resolver_match else _NO_ROUTE
        method = request.method if request.method in _METHODS else "OTHER"
        _answers.labels(route, method, str(response.status_code)).inc()
        _seconds.labels(route).observe(time.perf_counter() - begun)
        return response


def register_requests(registry: CollectorRegistry) -> None:
    """Have the registry tell of all processes of this web server."""
    if SHARED_FOLDER in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return
    registry.register(_answers)
    registry.register(_seconds)
