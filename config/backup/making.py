"""One consistent, encrypted file of the whole database."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any, Final

import pyrage
from django.db import connections, transaction

from clinic.being_restored import is_being_restored
from config.backup.counting import Counter, last_words
from config.backup.errors import BackupError
from config.backup.manifest import Manifest, differences, manifest_now
from config.backup.programs import Programs, major_of, programs_for, server_version, surroundings
from config.backup.sealed import END_OF_TAR, piece, write_sealed

MANIFEST, END, DUMP = "manifest.json", "end.json", "database.dump."
PIECE_BYTES: Final = 4 * 1024 * 1024
PARTIAL = ".partial"
_LOCK_WAIT_MS: Final = 60_000
"""A migration at work holds locks; a backup that waits for it for ever is no backup."""


def make_backup(
    target: Path,
    recipients: Sequence[pyrage.x25519.Recipient],
    *,
    advance: Callable[[int], None] = lambda _: None,
) -> tuple[Path, Manifest]:
    """Write the file, whole or not at all; where it is, and what it holds. ``target``: a folder, or a name not taken.

    All of it is of one moment. It gets its name when its rows were counted and it is on the disk. Raises BackupError
    on any doubt.
    """
    server = server_version()
    programs = programs_for(major_of(server))
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        if is_being_restored(cursor):
            raise BackupError("The database is half restored: end that first (`manage.py restore`).")
        manifest = manifest_now(server=server)
        path = _name(target, manifest)
        with _whole_or_nothing(path) as file:
            pieces = _pieces(programs, snapshot, manifest, advance)
            with closing(pieces):
                write_sealed(file, pieces, recipients)
    return path, manifest


def _pieces(
    programs: Programs, snapshot: str, manifest: Manifest, advance: Callable[[int], None]
) -> Generator[bytes, None, None]:
    yield from piece(MANIFEST, manifest.as_json())
    digest, size = hashlib.sha256(), 0
    with Counter(programs) as counter:
        for number, content in enumerate(_dumped(programs, snapshot)):
            digest.update(content)
            size += len(content)
            counter.feed(content)
            yield from piece(f"{DUMP}{number:06}", content)
            advance(size)
        if wrong := differences(manifest.rows, counter.rows()):
            raise BackupError(f"The dump does not hold what the database does: {wrong[0]}")
    yield from piece(END, json.dumps({"bytes": size, "sha256": digest.hexdigest()}).encode())
    yield END_OF_TAR


def _dumped(programs: Programs, snapshot: str) -> Iterator[bytes]:
    command: list[str | Path] = [
        programs.dump,
        "--format=custom",
        "--no-password",
        "--enable-row-security",  # with the scope of `surroundings`; without either it fails, or is found too small
        f"--snapshot={snapshot}",
        f"--lock-wait-timeout={_LOCK_WAIT_MS}",
    ]
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(  # noqa: S603  (a program of PostgreSQL's)
            command, stdout=subprocess.PIPE, stderr=said, stdin=subprocess.DEVNULL, env=surroundings()
        ) as process,
    ):
        try:
            yield from _read(process.stdout)
            if process.wait() != 0:
                raise BackupError(f"pg_dump failed: {last_words(said)}")
        finally:
            process.kill()


def _read(output: IO[bytes] | None) -> Iterator[bytes]:
    while output is not None and (content := output.read(PIECE_BYTES)):
        yield content


def _name(target: Path, manifest: Manifest) -> Path:
    if not target.is_dir():
        if target.exists():
            raise BackupError(f"{target} is there already: a backup takes nobody's place.")
        return target
    return target / _name_of(f"{manifest.taken_at:%Y-%m-%dT%H%M%SZ}")


def _name_of(moment: str) -> str:
    return f"refillwise-{moment}.tar.age"


@contextmanager
def _whole_or_nothing(path: Path) -> Iterator[Any]:
    """A file that gets its name once it is whole and on the disk; until then its name says that it is not."""
    partial = path.with_name(path.name + PARTIAL)
    try:
        _clear_away(partial)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise BackupError(f"{partial} cannot be written: {error.strerror}.") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield file
            file.flush()
            os.fsync(descriptor)
            partial.rename(path)
        _sync_folder(path.parent)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise BackupError(f"{path} cannot be written: {error.strerror}.") from error
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _clear_away(partial: Path) -> None:
    """What killed backups left; one that is being written is locked."""
    for left in {partial, *partial.parent.glob(_name_of("*") + PARTIAL)}:
        if not left.exists():
            continue
        with left.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            left.unlink()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
