"""A database put back from a backup: whole and safe to open, or visibly not there yet.

A sign in the database (``clinic.being_restored``) stands from before the first row until one transaction that ends it:
that transaction also holds messages back, signs everybody out and has calendars fetched anew.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyrage
from django.core.management import call_command
from django.db import connections, transaction
from psycopg import sql

from clinic.being_restored import SIGN, is_being_restored
from config.backup.counting import last_words
from config.backup.errors import BackupError
from config.backup.manifest import Manifest, differences, rows_now, unknown_migrations
from config.backup.programs import (
    Programs,
    database_name,
    major_of,
    programs_for,
    server_version,
    surroundings,
)
from config.backup.reading import read_backup, verify_backup
from config.grants import application_role
from config.walls import unwalled
from notifications.services.restoring import hold_messages
from scheduling.services.calendar_feeds import have_fetched_anew
from web.session_ends import sign_everybody_out

Tell = Callable[[str], None]
Advance = Callable[[int], None]
_ONE_AT_A_TIME = 7_261_944_035


def restore_backup(
    path: Path,
    identities: Sequence[pyrage.x25519.Identity],
    *,
    replaces: str | None = None,
    tell: Tell = lambda _: None,
    advance: Advance = lambda _: None,
) -> Manifest:
    """Put the database back; what the backup says of itself. Raises BackupError, and then nobody can work on it.

    Before the first change the whole file is read and everything refused that can be. ``replaces``: the name of the
    database, typed by whoever means to lose what it holds.
    """
    with connections["owner"].cursor() as cursor, _alone(cursor):
        server = server_version()
        programs = programs_for(major_of(server))
        tell("Reading the backup through")
        manifest = verify_backup(path, identities, programs, advance=advance)
        _check_versions(manifest, server)
        _claim(cursor, replaces)
        tell("Putting it back")
        _empty(cursor)
        _load(path, identities, programs, advance)
        tell("Counting rows")
        if wrong := differences(manifest.rows, rows_now()):
            raise BackupError(f"The database does not hold what the backup does: {wrong[0]}")
        tell("Bringing it to this program's version: tables, rights, walls")
        call_command("migrate", verbosity=0, interactive=False)
        _check_walls(cursor)
        _open(cursor, manifest)
    return manifest


@contextmanager
def _alone(cursor: Any) -> Iterator[None]:
    cursor.execute("SELECT pg_try_advisory_lock(%s)", [_ONE_AT_A_TIME])
    if not cursor.fetchone()[0]:
        raise BackupError("Somebody else restores into this database.")
    try:
        yield
    finally:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [_ONE_AT_A_TIME])


def _check_versions(manifest: Manifest, server: str) -> None:
    if newer := unknown_migrations(manifest):
        raise BackupError(
            f"The backup is of a newer program ({manifest.version}): this one does not know {newer[0]}."
            " Restore with that program, or a newer one."
        )
    if major_of(server) < major_of(manifest.server):
        raise BackupError(
            f"The backup is of PostgreSQL {manifest.server}, this server is {server}: restore into one as new."
        )


def _claim(cursor: Any, replaces: str | None) -> None:
    """Put up the sign, unless somebody works on the database or it holds what nobody said may go."""
    was_broken_off = is_being_restored(cursor)
    if replaces is not None and replaces != database_name():
        raise BackupError(f"This database is named {database_name()}, not {replaces}: nothing was changed.")
    if rows_now() and not was_broken_off and replaces is None:
        raise BackupError(
            "The database is not empty. To lose what it holds for good, say its name:"
            f" --replace {database_name()}"
        )
    cursor.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(SIGN)))
    cursor.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = %s",
        [application_role()],
    )
    if number := cursor.fetchone()[0]:
        if not was_broken_off:
            _take_sign_down(cursor)
        raise BackupError(
            f"{number} connections of the application are open: stop web, worker, beat and dispatcher first."
        )


def _take_sign_down(cursor: Any) -> None:
    cursor.execute(sql.SQL("DROP SCHEMA {}").format(sql.Identifier(SIGN)))


def _empty(cursor: Any) -> None:
    if not rows_now():
        return
    with transaction.atomic(using="owner"):
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public AUTHORIZATION pg_database_owner")
        cursor.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")


def _load(
    path: Path, identities: Sequence[pyrage.x25519.Identity], programs: Programs, advance: Advance
) -> None:
    """All of it in one transaction. No owners and no rights: `migrate` gives those of this installation."""
    command: list[str | Path] = [
        programs.restore,
        f"--dbname={database_name()}",
        "--single-transaction",
        "--exit-on-error",
        "--no-owner",
        "--no-acl",
        "--no-password",
    ]
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(  # noqa: S603  (a program of PostgreSQL's)
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said, env=surroundings()
        ) as process,
    ):
        try:
            if process.stdin is not None:
                read_backup(path, identities, process.stdin.write, advance=advance)
                process.stdin.close()
        except BrokenPipeError:
            pass  # it has ended, and says why
        except BaseException:
            process.kill()
            raise
        if process.wait() != 0:
            raise BackupError(f"pg_restore failed: {last_words(said)}")


def _check_walls(cursor: Any) -> None:
    if without := unwalled(cursor):
        raise BackupError(f"A table stands without its wall: {without[0]}")


def _open(cursor: Any, manifest: Manifest) -> None:
    with transaction.atomic(using="owner"):
        cursor.execute("SELECT statement_timestamp()")
        (now,) = cursor.fetchone()
        hold_messages(backup_at=manifest.taken_at, now=now, using="owner")
        sign_everybody_out(using="owner")
        have_fetched_anew(now=now, using="owner")
        _take_sign_down(cursor)
