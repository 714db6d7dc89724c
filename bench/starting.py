"""How long a web worker takes until it has answered its first request, and how long the tests took."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path

from bench.national.build import Country
from bench.table import Row, seconds_of

ROUNDS = 3
_SUITE = Path(__file__).resolve().parent.parent / "var" / "test" / "suite.json"
"""Written by the last whole run of the tests."""
_WORKER = (
    "from config.wsgi import application\n"
    "from django.test import RequestFactory\n"
    "response = application.get_response(RequestFactory().get('/accounts/login/', HTTP_HOST='localhost'))\n"
    "assert response.status_code == 200, response.status_code\n"
)


def run(country: Country) -> list[Row]:
    ours, floor = [], []
    for _ in range(ROUNDS):
        ours.append(seconds_of(lambda: subprocess.run([sys.executable, "-c", _WORKER], check=True)))
        floor.append(seconds_of(lambda: subprocess.run([sys.executable, "-c", "import django"], check=True)))
    return [
        Row(
            what="start of a web worker to its first answer",
            ours=statistics.median(ours),
            floor=statistics.median(floor),
            floor_is="Python with Django loaded",
        ),
        *_suite(),
    ]


def _suite() -> list[Row]:
    """What the last whole run of `make test` in this folder took; none has been, no row."""
    if not _SUITE.exists():
        return []
    took = json.loads(_SUITE.read_text())
    return [
        Row(what=f"the last `make test`, {took['tests']:,} tests", ours=took["seconds"], size=took["tests"])
    ]
