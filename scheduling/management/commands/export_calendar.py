"""``manage.py export_calendar CLINIC FILE``: a clinic's calendar as a file, for a nightly job."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet
from django.utils import timezone
from rich.console import Console
from rich.progress import Progress

from clinic.scope import across_clinics
from clinic.selectors.rows import Clinic
from clinic.services.patients import local_today
from scheduling.domain.calendars.access import details_up_to
from scheduling.domain.calendars.entries import Detail
from scheduling.models import FeedHolds, FeedScope, Resource, VisitKind
from scheduling.selectors.calendar_export import Wanted, count_entries, export_csv, export_ics
from scheduling.selectors.calendar_feeds import most_detail
from scheduling.services.paper_files import write_whole

_SCOPES = (FeedScope.NURSE, FeedScope.ROOM, FeedScope.KIND)


class Command(BaseCommand):
    """Write the file whole or not at all; what was there before stays until the new one is complete."""

    help = "Export a clinic's visits and last days to refill as a calendar (.ics) or a table (.csv)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """CLINIC, FILE, and what to export."""
        parser.add_argument("clinic", metavar="CLINIC", help="the clinic's short name in addresses")
        parser.add_argument("file", metavar="FILE", type=Path, help="ends in .ics or .csv")
        parser.add_argument("--from", dest="first_on", type=_day, metavar="DATE", help="default: today")
        parser.add_argument("--to", dest="last_on", type=_day, metavar="DATE", help="default: a year on")
        parser.add_argument("--what", choices=FeedHolds.values, default=FeedHolds.BOTH.value)
        whose = parser.add_mutually_exclusive_group()
        for scope in _SCOPES:
            whose.add_argument(f"--{scope.value}", metavar="NAME", help="default: the whole clinic")
        parser.add_argument("--detail", choices=[each.value for each in Detail], default=Detail.WORK.value)
        parser.add_argument("--with-cancelled", action="store_true", help="cancelled visits too")

    @across_clinics("which clinic is meant, is known by its name")
    def handle(self, **options: Any) -> None:
        """Export, with progress on a terminal."""
        path: Path = options["file"]
        clinic = Clinic.objects.filter(slug=options["clinic"]).first()
        if clinic is None:
            raise CommandError(f"there is no clinic {options['clinic']}")
        if path.suffix not in (".ics", ".csv"):
            raise CommandError(f"{path.name}: the file's name must end in .ics or .csv")
        wanted = _wanted(clinic, options)
        total = count_entries(clinic=clinic, wanted=wanted)
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("exporting", total=total)

            def told(pieces: Iterator[bytes]) -> Iterator[bytes]:
                for piece in pieces:
                    progress.advance(task)
                    yield piece

            write_whole(path, told(_pieces(clinic, wanted, path.suffix)))
        self.stdout.write(f"{path.name}: {total} entries")


def _wanted(clinic: Clinic, options: Mapping[str, Any]) -> Wanted:
    first_on = options["first_on"] or local_today(clinic, timezone.now())
    scope, of_id = _whose(clinic, options)
    wanted = Wanted(
        first_on=first_on,
        last_on=options["last_on"] or first_on + timedelta(days=365),
        scope=scope,
        of_id=of_id,
        holds=FeedHolds(options["what"]),
        detail=Detail(options["detail"]),
        with_cancelled=options["with_cancelled"],
    )
    if wanted.last_on < wanted.first_on:
        raise CommandError("--to is before --from")
    if wanted.detail not in details_up_to(most_detail(clinic_id=clinic.pk)):
        raise CommandError(f"{clinic.slug} does not let its calendars say {wanted.detail.value}")
    return wanted


def _whose(clinic: Clinic, options: Mapping[str, Any]) -> tuple[FeedScope, int | None]:
    """The nurse, room or kind of visit of that name, in use or not; the whole clinic where none is asked for."""
    for scope in _SCOPES:
        name = options[scope.value]
        if name is None:
            continue
        rows: QuerySet[Any] = (
            VisitKind.objects.for_clinic(clinic.pk)
            if scope is FeedScope.KIND
            else Resource.objects.for_clinic(clinic.pk).filter(kind=scope.value)
        )
        row = rows.filter(name__iexact=name.strip()).first()
        if row is None:
            raise CommandError(f"{clinic.slug} has no {scope.value} named {name}")
        return scope, row.pk
    return FeedScope.CLINIC, None


def _pieces(clinic: Clinic, wanted: Wanted, suffix: str) -> Iterator[bytes]:
    if suffix == ".ics":
        return export_ics(clinic=clinic, wanted=wanted)
    return (line.encode() for line in export_csv(clinic=clinic, wanted=wanted))


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ArgumentTypeError(f"{value} is not a day such as 2026-11-27") from None
