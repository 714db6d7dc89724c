"""Texts that no clinic can be told, read by whoever runs an installation of several clinics."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from clinic.scope import across_clinics
from clinic.selectors.operation import clinic_slugs
from notifications.selectors.inbound import unplaced_texts
from notifications.services.inbound import give_to_clinic, put_away


class Command(BaseCommand):
    help = (
        "Shows the texts that came from numbers no clinic knows and that nobody has dealt with: patient data. "
        "With --give and --clinic a text goes to that clinic, where a person is asked to read it; with --put-away "
        "it is done with."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        choice = parser.add_mutually_exclusive_group()
        choice.add_argument("--give", type=UUID, metavar="REF", help="put the text before a clinic")
        choice.add_argument("--put-away", type=UUID, metavar="REF", help="nobody here need read it")
        parser.add_argument("--clinic", help="its short name, as in addresses of its pages")

    @across_clinics("these texts belong to no clinic")
    def handle(self, *args: Any, **options: Any) -> None:
        now, is_done = timezone.now(), True
        if options["give"]:
            clinic_id = clinic_slugs().get(options["clinic"] or "")
            if clinic_id is None:
                raise CommandError("Name a clinic: --clinic riverside-clinic")
            is_done = give_to_clinic(ref=options["give"], clinic_id=clinic_id, now=now)
        elif options["put_away"]:
            is_done = put_away(ref=options["put_away"], now=now)
        if not is_done:
            raise CommandError("No such text waits.")
        for text in unplaced_texts():
            came = text.received_at.isoformat(timespec="minutes")
            self.stdout.write(f"{text.ref}  {came}  {text.from_address}\n    {text.body!r}")
