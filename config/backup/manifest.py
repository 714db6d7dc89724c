"""What a backup says of itself: from which moment, server and program, and how many rows of each table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connections
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from config import VERSION
from config.backup.errors import BackupError

FORMAT: Final = 1
KEPT_ELSEWHERE: Final = ("SECRET_KEY", "SECOND_FACTOR_KEYS")
"""Without them the record stands and reminders leave; links, calendars' links and second factors are made anew."""
_TABLES: Final = """
SELECT n.nspname, c.relname, format('%I.%I', n.nspname, c.relname)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY 3
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """No row of anybody's, and no secret."""

    taken_at: datetime
    """By the database's clock: what was committed before is in it, what was committed after is not."""
    version: str
    server: str
    migrations: list[list[str]]
    rows: dict[str, int]
    """By table, in the very snapshot that was dumped."""
    last_seal: list[Any] | None
    """Number and sum of the audit trail's last seal."""
    kept_elsewhere: list[str]
    format: int = FORMAT

    def as_json(self) -> bytes:
        values = asdict(self) | {"taken_at": self.taken_at.isoformat()}
        return json.dumps(values, indent=1).encode()

    @classmethod
    def of_json(cls, text: bytes) -> Manifest:
        """Raises BackupError for what is none, or is of a program that writes another format."""
        try:
            values = json.loads(text)
            if values["format"] != FORMAT:
                raise BackupError("The backup was made by a newer program, in another format.")
            return cls(**values | {"taken_at": datetime.fromisoformat(values["taken_at"])})
        except (ValueError, TypeError, KeyError) as error:
            raise BackupError("The backup does not say what it holds.") from error


def manifest_now(*, server: str) -> Manifest:
    """Of the database as the owner's transaction at hand sees it."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        (taken_at,) = cursor.fetchone()
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
        migrations = [list(row) for row in cursor.fetchall()]
        cursor.execute("SELECT number, sha256 FROM clinic_seal ORDER BY number DESC LIMIT 1")
        seal = cursor.fetchone()
    return Manifest(
        taken_at=taken_at,
        version=VERSION,
        server=server,
        migrations=migrations,
        rows=rows_now(),
        last_seal=list(seal) if seal else None,
        kept_elsewhere=list(KEPT_ELSEWHERE),
    )


def rows_now() -> dict[str, int]:
    """How many rows each table holds, as the owner who is given every row."""
    found: dict[str, int] = {}
    with connections["owner"].cursor() as cursor:
        cursor.execute(_TABLES)
        for schema, table, name in cursor.fetchall():
            cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table)))
            found[name] = cursor.fetchone()[0]
    return found


def differences(said: Mapping[str, int], found: Mapping[str, int]) -> list[str]:
    """Tables of which another number was found than was said, each with both."""
    return [
        f"{name}: {said.get(name, 'no table')} rows expected, {found.get(name, 'no table')} found"
        for name in sorted({*said, *found})
        if said.get(name) != found.get(name)
    ]


def unknown_migrations(manifest: Manifest) -> list[str]:
    """What was done to the backup's database and this program does not know: the backup is of a newer one."""
    loader = MigrationLoader(None)
    known = {
        *loader.disk_migrations,
        *(key for each in loader.disk_migrations.values() for key in each.replaces),
    }
    return [f"{app}.{name}" for app, name in manifest.migrations if (app, name) not in known]
