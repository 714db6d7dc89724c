"""Files that are whole or not there: written beside their name, brought to disk, and renamed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path

from scheduling.domain.paper import outdated

_PART = ".part"


def write_list(folder: Path, files: Mapping[str, bytes], *, latest: Mapping[str, bytes]) -> None:
    """Write a list's files, then those of a fixed name. Each file is at all times an old or a new whole one.

    The folder and the files are for their owner alone (0700, 0600); a folder that is there keeps its rights.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, content in (*files.items(), *latest.items()):
        write_whole(folder / name, [content])


def clear_out(folder: Path, *, business_date: date) -> None:
    """Take away lists older than fourteen days, and parts that a killed writer left. The caller is the only writer."""
    for name in outdated(os.listdir(folder), business_date=business_date):
        (folder / name).unlink(missing_ok=True)
    for part in folder.glob(f".*{_PART}"):
        part.unlink(missing_ok=True)


def write_whole(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file piece by piece; at every moment it is the old or the new whole one, and its owner's alone."""
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}", suffix=_PART)  # 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Bring the renaming itself to disk, where the file system knows how (network shares may not)."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
