"""`manage.py backup_key FILE`: a new pair of keys for backups."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyrage
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone


class Command(BaseCommand):
    help = (
        "Writes a new secret key that opens backups into a file, and prints the public one for BACKUP_RECIPIENTS. "
        "Keep the file away from the machine that makes the backups, in two places: without it they are lost."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a new file for the secret key")

    def handle(self, *args: Any, **options: Any) -> None:
        identity = pyrage.x25519.Identity.generate()
        public = identity.to_public()
        lines = (
            f"# created: {timezone.now().isoformat(timespec='seconds')}\n# public key: {public}\n{identity}\n"
        )
        try:
            descriptor = os.open(options["file"], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(lines)
                file.flush()
                os.fsync(descriptor)
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"BACKUP_RECIPIENTS={public}")
