"""A backup read through to its end: what it says of itself is held against what is in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyrage

from config.backup.counting import Counter
from config.backup.errors import BackupError
from config.backup.making import DUMP, END, MANIFEST
from config.backup.manifest import Manifest, differences
from config.backup.programs import Programs
from config.backup.sealed import read_sealed

Take = Callable[[bytes], object]


def verify_backup(
    path: Path,
    identities: Sequence[pyrage.x25519.Identity],
    programs: Programs,
    *,
    advance: Callable[[int], None] = lambda _: None,
) -> Manifest:
    """Decrypt all of it, have pg_restore read all of it, and count every table's rows. Needs no database.

    Raises BackupError where anything is not as the file says.
    """
    with Counter(programs) as counter:
        manifest = read_backup(path, identities, counter.feed, advance=advance)
        if wrong := differences(manifest.rows, counter.rows()):
            raise BackupError(f"The backup does not hold what it says: {wrong[0]}")
    return manifest


def manifest_of(path: Path, identities: Sequence[pyrage.x25519.Identity]) -> Manifest:
    """What the backup says of itself, of which nothing is proved yet: read only so far."""
    found: list[Manifest] = []

    def take(name: str, content: bytes) -> None:
        found.append(Manifest.of_json(content))
        raise EnoughError

    try:
        read_sealed(path, identities, take)
    except EnoughError:
        return found[0]
    raise BackupError("The backup does not say what it holds.")


class EnoughError(Exception):
    """No more is to be read."""


def read_backup(
    path: Path,
    identities: Sequence[pyrage.x25519.Identity],
    take: Take,
    *,
    advance: Callable[[int], None] = lambda _: None,
) -> Manifest:
    """Give the dump to ``take``, piece by piece. Raises BackupError, possibly after all of it was given."""
    contents = _Contents(take)
    read_sealed(path, identities, contents.take, advance=advance)
    return contents.whole()


class _Contents:
    """The pieces in their order: the manifest, the dump, and the end, which says how much it was."""

    def __init__(self, take: Take) -> None:
        self._take, self._digest, self._bytes, self._pieces = take, hashlib.sha256(), 0, 0
        self._manifest: Manifest | None = None
        self._end: Any = None

    def take(self, name: str, content: bytes) -> None:
        if self._manifest is None:
            if name != MANIFEST:
                raise BackupError("The backup does not say what it holds.")
            self._manifest = Manifest.of_json(content)
        elif name == f"{DUMP}{self._pieces:06}" and self._end is None:
            self._pieces += 1
            self._bytes += len(content)
            self._digest.update(content)
            self._take(content)
        elif name == END and self._end is None:
            self._end = json.loads(content)
        else:
            raise BackupError(f"The backup holds what it should not: {name}")

    def whole(self) -> Manifest:
        found = {"bytes": self._bytes, "sha256": self._digest.hexdigest()}
        if self._manifest is None or self._end != found:
            raise BackupError("The backup is not whole.")
        return self._manifest
