"""After a restore from a backup: what may have been sent since is cleared up instead of being sent again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from clinic.scope import across_clinics
from notifications.services.delivery import doubt_since


class Command(BaseCommand):
    help = (
        "Run it after a restore and before any worker or dispatcher starts, with the moment of the backup. Every "
        "message that was due since an hour before is taken for perhaps sent: it is asked for, or sent again under "
        "its key, where the provider allows that; else a person is asked."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", required=True, help="with its offset: 2026-11-27T02:00:00+00:00")

    @across_clinics("after a restore every clinic is in doubt")
    def handle(self, *args: Any, **options: Any) -> None:
        since = _moment(options["since"])
        number = doubt_since(since=since, now=timezone.now())
        self.stdout.write(f"{number} messages may have been sent since the backup; dispatch clears them up.")


def _moment(text: str) -> datetime:
    try:
        found = parse_datetime(text)
    except ValueError as error:
        raise CommandError("no such moment") from error
    if found is None or found.tzinfo is None:
        raise CommandError("give the moment with its offset, like 2026-11-27T02:00:00+00:00")
    return found
