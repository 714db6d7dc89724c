"""After a restore from a backup: what may have been sent since is cleared up instead of being sent again."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from rich.console import Console
from rich.progress import track

from clinic.scope import across_clinics
from notifications.models import Restoration
from notifications.services.restoring import WrongMomentError, decide, hold_messages, say_stopped, undecided


class Command(BaseCommand):
    help = (
        "Lets messages leave again after `restore`. Every message that may have been sent since the backup is asked "
        "for, or sent again under its key, where the provider allows that; else a person is asked. After a database "
        "was put back by other means, run it with --since before anything else is started."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        moment = "with its offset: 2026-11-27T02:00:00+00:00"
        parser.add_argument(
            "--stopped-at",
            help=f"when the old system certainly sent nothing any more, {moment}; without it, when the restore ended",
        )
        parser.add_argument(
            "--since", help=f"the moment of the backup, where `restore` was not used, {moment}"
        )

    @across_clinics("after a restore every clinic is in doubt")
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            restorations = self._restorations(options["since"])
            for each in restorations:
                if options["stopped_at"]:
                    say_stopped(each, stopped_at=_moment(options["stopped_at"]))
            number = sum(decide(each, clock=timezone.now, each=_shown) for each in restorations)
        except WrongMomentError as error:
            raise CommandError(f"No such moment: {error}.") from error
        self.stdout.write(
            f"{number} messages may have been sent since the backup; they are cleared up with their provider or by a "
            "person (page Messages). Messages leave again."
        )

    def _restorations(self, since: str | None) -> list[Restoration]:
        found = undecided()
        if since and found:
            raise CommandError("`restore` has noted the moment of the backup: leave --since out.")
        if since:
            return [hold_messages(backup_at=_moment(since), now=timezone.now())]
        if not found:
            raise CommandError("No restore is waiting to be decided. After one by other means: --since.")
        return found


def _moment(text: str) -> datetime:
    try:
        found = parse_datetime(text)
    except ValueError as error:
        raise CommandError("no such moment") from error
    if found is None or found.tzinfo is None:
        raise CommandError("give the moment with its offset, like 2026-11-27T02:00:00+00:00")
    return found


def _shown(ids: list[int]) -> Any:
    return track(ids, "Messages", console=Console(file=sys.stderr), transient=True)
