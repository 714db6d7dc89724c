"""`manage.py demo_clinic`: a fictitious clinic with 120 pumps and a calendar, dates relative to today."""

import logging
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from clinic.scope import across_clinics
from clinic.selectors.operation import any_clinic_exists
from config.demo.clinic import PASSWORD, STAFF, DemoClinic, email_of
from config.demo.messages import DemoMessages
from notifications.selectors.messages import stays_in_installation
from scheduling.services.sweeps import run_everything


class Command(BaseCommand):
    help = "Makes the demo clinic in an empty database, whole or not at all."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--timezone", default="America/New_York", help="the clinic's")

    @across_clinics("it makes a clinic")
    def handle(self, *args: Any, **options: Any) -> None:
        if any_clinic_exists():
            raise CommandError("There is a clinic already: the demo only goes into an empty database.")
        demo = DemoClinic(now=timezone.now(), time_zone=options["timezone"])
        demo.make()
        if options["verbosity"] == 0:
            logging.getLogger("scheduling.services.sweeps").setLevel(logging.WARNING)
        run_everything(now=demo.now)  # a day was closed after its visits were booked: all dates anew
        if stays_in_installation():
            DemoMessages(demo.clinic, demo.numbers, demo.last_noon, demo.now).play()
        if settings.EMBEDDED:
            _keep_logins(settings.VAR_DIR / "logins.txt")


def _keep_logins(path: Path) -> None:
    lines = [f"{role.value:<14} {email_of(name):<22} {PASSWORD}" for role, name in STAFF]
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("\n".join(lines) + "\n")
