"""`manage.py verify_backup FILE`: all of a backup read through, without a database."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.backup.manifest import unknown_migrations
from config.backup.programs import major_of, programs_for
from config.backup.reading import manifest_of, verify_backup
from config.backup.sealed import identities_of
from config.management.backups import progress


class Command(BaseCommand):
    help = "Decrypts a backup, reads all of it, and counts every table's rows. Needs no database and changes nothing."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the backup")
        parser.add_argument("--key", type=Path, required=True, help="the file with the secret key")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        with progress("Reading the backup through") as (_, advance):
            identities = identities_of(options["key"])
            programs = programs_for(major_of(manifest_of(options["file"], identities).server))
            manifest = verify_backup(options["file"], identities, programs, advance=advance)
        self.stdout.write(
            f"Whole: {sum(manifest.rows.values()):,} rows of {len(manifest.rows)} tables as of"
            f" {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC, from PostgreSQL {manifest.server} by version"
            f" {manifest.version}; read in {time.monotonic() - began:.1f} s."
        )
        if manifest.last_seal:
            self.stdout.write(
                "Last seal of the audit trail: number {}, sha256 {}".format(*manifest.last_seal)
            )
        if newer := unknown_migrations(manifest):
            self.stdout.write(self.style.WARNING(f"To be restored by a newer program: it has {newer[0]}."))
        self.stdout.write(f"Not in it, to be kept elsewhere: {', '.join(manifest.kept_elsewhere)}.")
