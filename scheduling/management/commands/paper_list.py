"""Writes the paper list of one clinic or of all: the list to work from while the system is down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from clinic.scope import across_clinics
from clinic.selectors.operation import clinic_slugs
from scheduling.services.paper_lists import paper_folder, write_list_now


class Command(BaseCommand):
    help = (
        "Writes the list of the next 60 days, ranked by days to empty, as a page to print and as a table. "
        "The nightly one is written by itself; this writes one as of now."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--clinic", metavar="SLUG", help="the short name in the clinic's addresses")
        parser.add_argument(
            "--output-dir", type=Path, help="a folder of your own; without it the list's usual place"
        )

    @across_clinics("of every clinic, where none is named")
    def handle(self, *args: Any, **options: Any) -> None:
        clinics = clinic_slugs()
        if options["clinic"]:
            clinics = {slug: number for slug, number in clinics.items() if slug == options["clinic"]}
            if not clinics:
                raise CommandError(f"There is no clinic {options['clinic']}.")
        for slug, clinic_id in clinics.items():
            folder = options["output_dir"] / slug if options["output_dir"] else paper_folder(slug)
            try:
                rows = write_list_now(clinic_id=clinic_id, folder=folder, now=timezone.now())
            except OSError as error:
                raise CommandError(f"{folder} cannot be written ({error.strerror}).") from error
            self.stdout.write(f"{rows} pumps: {folder / 'latest.html'}")
