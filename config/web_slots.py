"""A place for each web process to count its requests in, handed on when a process is replaced.

prometheus_client keeps a file for each process and adds them up. By process number there would be a new file for every
process that ever ran, and gunicorn replaces them after some thousand requests: by slots there are as many as run at once.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import Any

_taken: dict[int, int] = {}
"""Slot by the age of the process that has it: gunicorn's own number, which it gives once."""
_mine = "first"


def share_figures() -> None:
    """Make the folder, before anything counts. In memory where /tmp is; a new start counts from nothing."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="refillwise-figures-")
    from prometheus_client import values

    values.ValueClass = values.MultiProcessValue(process_identifier=lambda: _mine)  # type: ignore[no-untyped-call]


def forget_figures() -> None:
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)


def take_slot(worker: Any) -> None:
    """In the first process, before the fork: the lowest that is free."""
    used = set(_taken.values())
    _taken[worker.age] = next(number for number in range(len(used) + 1) if number not in used)


def enter_slot(worker: Any) -> None:
    """In the new process."""
    global _mine
    _mine = f"slot{_taken[worker.age]}"


def leave_slot(worker: Any) -> None:
    """In the first process, after the end of the other."""
    _taken.pop(worker.age, None)
