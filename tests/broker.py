"""The suite with Redis switched off: `make test BROKER=off`.

The run starts no broker, broker and cache are said to be where nothing listens, and what workers and beat do is done by
`manage.py run_dispatcher`. Left out are only tests of the broker itself, by the marker `broker` with its reason; the
run counts and names them. (The embedded PostgreSQL has a Valkey beside it; nothing is told where.)
"""

from __future__ import annotations

import os
from typing import Any

import pytest

_ASKED = os.environ.get("BROKER") or "on"
if _ASKED not in ("on", "off"):
    raise pytest.UsageError(f"BROKER is on or off, not {_ASKED}")
IS_OFF = _ASKED == "off"
NOWHERE = "redis://127.0.0.1:1/0"
"""An address at which nothing listens."""
_LEFT_OUT = "left_out_without_broker"


def sort_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of the broker where there is none. Whatever uses it must say that, and why."""
    left_out = []
    for item in items:
        mark = item.get_closest_marker("broker")
        if mark is None:
            if "broker" in getattr(item, "fixturenames", ()):
                raise pytest.UsageError(f"{item.nodeid} uses the broker: mark it with broker(reason)")
            continue
        (reason,) = mark.args
        left_out.append((item, f"{item.nodeid}: {reason}"))
    if not IS_OFF:
        return
    config.hook.pytest_deselected(items=[item for item, _ in left_out])
    items[:] = [item for item in items if item not in {item for item, _ in left_out}]
    _told(config)[_LEFT_OUT] = [told for _, told in left_out]


def left_out(config: pytest.Config) -> list[str]:
    """The tests that were left out, each with its reason."""
    return sorted(set(_told(config).get(_LEFT_OUT, [])))


def take_over(config: pytest.Config, worker: Any) -> None:
    """Take what a process of xdist left out: it collects the tests, and the process that prints does not."""
    told = getattr(worker, "workeroutput", {}).get(_LEFT_OUT, [])
    _told(config).setdefault(_LEFT_OUT, []).extend(told)


def _told(config: pytest.Config) -> dict[str, Any]:
    return config.workeroutput if hasattr(config, "workeroutput") else config.stash.setdefault(_KEY, {})


_KEY = pytest.StashKey[dict[str, Any]]()
