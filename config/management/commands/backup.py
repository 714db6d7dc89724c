"""`manage.py backup FOLDER|FILE`: one encrypted file of the whole database."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from config.backup.making import make_backup
from config.backup.sealed import recipients_of
from config.management.backups import progress


class Command(BaseCommand):
    help = (
        "Writes the whole database, as of one moment, into one file that only the keys of BACKUP_RECIPIENTS open. "
        "The file has its name once it is whole. Works while everything runs. Ends with an error on any doubt. "
        "SECRET_KEY and SECOND_FACTOR_KEYS are not in it: keep them elsewhere."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "target", type=Path, help="a folder, where it is named by its moment, or a new file"
        )
        parser.add_argument(
            "--recipient",
            action="append",
            default=[],
            help="a public key (age1...) besides BACKUP_RECIPIENTS",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        need_owner()
        began = time.monotonic()
        with progress("Backing up") as (_, advance):
            recipients = recipients_of([*settings.BACKUP_RECIPIENTS, *options["recipient"]])
            path, manifest = make_backup(options["target"], recipients, advance=advance)
        rows, size = sum(manifest.rows.values()), path.stat().st_size
        self.stdout.write(
            f"{path}: {rows:,} rows of {len(manifest.rows)} tables as of {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC,"
            f" {size / 1_000_000:,.1f} MB in {time.monotonic() - began:.1f} s."
        )
        self.stdout.write(f"Not in it, to be kept elsewhere: {', '.join(manifest.kept_elsewhere)}.")


def need_owner() -> None:
    """Raises CommandError where the owner of the tables is not known."""
    if "owner" not in connections:
        raise CommandError("Backups are made by the owner of the database: set DATABASE_OWNER_URL.")
