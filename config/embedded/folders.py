"""Which folder a process works on when nobody said: what runs now, else what is there."""

import os
from pathlib import Path

from config.embedded import processes

VARIABLE = "REFILLWISE_VAR"
READY = "ready"
_STATE = "state.json"


def working_folder(parent: Path) -> Path:
    """REFILLWISE_VAR, else the folder (`run` before `demo`) whose servers run, else the first that has data."""
    given = os.environ.get(VARIABLE)
    if given:
        return Path(given).absolute()
    folders = [parent / "run", parent / "demo"]
    for is_right in (_runs, _has_data):
        for folder in folders:
            if is_right(folder):
                return folder
    return folders[0]


def _runs(folder: Path) -> bool:
    try:
        return processes.is_running(int((folder / READY).read_text()))
    except (OSError, ValueError):
        return False


def _has_data(folder: Path) -> bool:
    return (folder / _STATE).exists()
