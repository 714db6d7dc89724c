"""How much memory a process has held."""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
_PROC = Path("/proc/self")


def peak_bytes() -> int:
    """The most memory this process ever held, or since it was last forgotten.

    On Linux ``ru_maxrss`` remembers the parent's peak from before the program was loaded, so the kernel's own
    figure for this program is read; elsewhere there is none.
    """
    status = _PROC / "status"
    if status.exists():
        (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def peak_of(act: Callable[[], T]) -> tuple[T, int]:
    """What the act gives, and the most memory that this process held meanwhile (elsewhere than on Linux: ever)."""
    if (_PROC / "clear_refs").exists():
        (_PROC / "clear_refs").write_text("5")
    return act(), peak_bytes()
