"""`manage.py restore FILE`: the database put back from a backup; messages are held afterwards."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.backup.restoring import restore_backup
from config.backup.sealed import identities_of
from config.management.backups import progress
from config.management.commands.backup import need_owner

_THEN = """Restored in {seconds:.0f} s: {rows:,} rows as of {taken_at:%Y-%m-%d %H:%M:%S} UTC.

What came after that moment is not in it: bookings, fills, answers, whoever was given or denied access.
Everybody signs in anew. No message leaves before it is decided what was sent since:

    manage.py reconcile_messages --stopped-at <when the old system certainly stood still>

See docs/how-to/back-up-and-restore.md."""


class Command(BaseCommand):
    help = (
        "Puts an empty database back from a backup, with rights and walls, at this program's version. Stop web, worker, "
        "beat and dispatcher first. Before the end nobody can work on it, and if it is broken off, run it again. "
        "Messages are held until reconcile_messages."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the backup")
        parser.add_argument("--key", type=Path, required=True, help="the file with the secret key")
        parser.add_argument(
            "--replace", metavar="DATABASE", help="lose what the database of this name holds, for good"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        need_owner()
        began = time.monotonic()
        with progress("Looking at the database") as (say, advance):
            manifest = restore_backup(
                options["file"],
                identities_of(options["key"]),
                replaces=options["replace"],
                tell=say,
                advance=advance,
            )
        self.stdout.write(
            _THEN.format(
                seconds=time.monotonic() - began, rows=sum(manifest.rows.values()), taken_at=manifest.taken_at
            )
        )
