"""Starting, sharing and stopping the servers of one installation."""

from pathlib import Path


def ensure_running(var: Path) -> None:
    raise NotImplementedError
