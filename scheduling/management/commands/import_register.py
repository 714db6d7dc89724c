"""``manage.py import_register FILE --clinic SLUG``: bring a register into the record, a report line per row."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections import Counter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext

from clinic.domain.register import LARGEST_FILE_BYTES, Reason, RegisterUnusable, refuse_size
from clinic.scope import across_clinics
from clinic.selectors.catalogue import catalogue
from clinic.selectors.importing import clinic_by_slug, importer
from clinic.selectors.rows import Channel, Clinic, User
from scheduling.domain.import_check import hash_of
from scheduling.domain.register_case import Judge, judge_register
from scheduling.selectors.import_checks import waiting_of_file
from scheduling.services.import_checks.joining import Source
from scheduling.services.register_rows import RowReport, import_rows

SOME_ROW_REFUSED = 1
FILE_UNUSABLE = 2


class Command(BaseCommand):
    """Read the file, bring it in row by row, print what became of each row."""

    help = (
        "Bring a refill register (CSV) into a clinic's record, row by row, each whole or not at all. Safe to run"
        " again. Exit code 0: every row came in; 1: some were refused; 2: the file cannot be used."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="the register; - reads standard input")
        parser.add_argument("--clinic", required=True, metavar="SLUG", help="the clinic's short name")
        parser.add_argument(
            "--dry-run", action="store_true", help="report what would be done and do none of it"
        )
        parser.add_argument(
            "--consent",
            type=_channels,
            default=frozenset(),
            metavar="CHANNELS",
            help="attest that the patients agreed to reminders: email, sms or email,sms (default: none)",
        )
        parser.add_argument(
            "--actor",
            default="",
            metavar="EMAIL",
            help="the member in whose name this is done (default: the clinic's longest-standing administrator)",
        )

    @across_clinics("which clinic is meant, is known by its name")
    def handle(self, **options: Any) -> None:
        clinic, actor = self._whose(options["clinic"], options["actor"])
        now = timezone.now()
        zone = ZoneInfo(clinic.time_zone)
        judge = Judge(as_of=now.astimezone(zone).date(), zone=zone, catalogue=catalogue())
        told: Counter[str] = Counter()
        try:
            content = _content(options["file"])
            source = None if options["dry_run"] else _source(options["file"], content, actor)
            for report in import_rows(
                clinic=clinic,
                rows=judge_register(content, judge),
                actor_id=actor.pk,
                now=now,
                source=source,
                consent_channels=options["consent"],
            ):
                told[report.result] += 1
                self.stdout.write(_line(report))
                self.stdout.flush()
        except RegisterUnusable as error:
            raise CommandError(_said(error.reason), returncode=FILE_UNUSABLE) from None
        self._sum_up(told, actor, is_dry_run=options["dry_run"])
        self._say_what_waits(clinic, source)
        if told["refused"]:
            sys.exit(SOME_ROW_REFUSED)

    def _whose(self, slug: str, email: str) -> tuple[Clinic, User]:
        clinic = clinic_by_slug(slug)
        if clinic is None:
            raise CommandError(
                gettext("There is no clinic %(slug)s.") % {"slug": slug}, returncode=FILE_UNUSABLE
            )
        actor = importer(clinic_id=clinic.pk, email=email)
        if actor is None:
            raise CommandError(
                gettext("No active member of the clinic who may import registers has this address."),
                returncode=FILE_UNUSABLE,
            )
        return clinic, actor

    def _sum_up(self, told: Counter[str], actor: User, *, is_dry_run: bool) -> None:
        counts = ", ".join(
            f"{told[result]} {result}" for result in ("created", "updated", "unchanged", "refused")
        )
        self.stdout.write("")
        if is_dry_run:
            self.stdout.write(gettext("Dry run, nothing was written: %(counts)s.") % {"counts": counts})
        else:
            message = gettext("Done in the name of %(actor)s: %(counts)s.")
            self.stdout.write(message % {"counts": counts, "actor": actor.email})

    def _say_what_waits(self, clinic: Clinic, source: Source | None) -> None:
        whole = None
        if source is not None:
            whole = waiting_of_file(clinic_id=clinic.pk, sha256=source.sha256, author_id=source.author_id)
        if whole is None or not whole.pumps:
            return
        message = gettext(
            "%(pumps)s pumps wait for a second person, under “To check”. SHA-256 of the file: %(hash)s"
        )
        self.stdout.write(message % {"pumps": whole.pumps, "hash": whole.check.sha256})


def _source(name: str, content: bytes, actor: User) -> Source:
    return Source(
        file_name="stdin" if name == "-" else Path(name).name[-200:],
        sha256=hash_of(content),
        author_id=actor.pk,
        author_ids=frozenset({actor.pk}),
    )


def _content(name: str) -> bytes:
    """The file's bytes; one that is too large is refused before it is in memory."""
    try:
        if name == "-":
            content = sys.stdin.buffer.read(LARGEST_FILE_BYTES + 1)
            refuse_size(len(content))
            return content
        path = Path(name)
        refuse_size(path.stat().st_size)
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror}", returncode=FILE_UNUSABLE) from None


def _line(report: RowReport) -> str:
    if report.fault is not None:
        return f"line {report.line}: refused: {report.fault.column}: {_said(report.fault.reason)}"
    review = ", needs review" if report.needs_review else ""
    changed = f" ({', '.join(report.columns)})" if report.result == "updated" else ""
    return f"line {report.line}: {report.result}{changed}{review}"


def _said(reason: Reason) -> str:
    return gettext(reason.message) % reason.values if reason.values else gettext(reason.message)


def _channels(text: str) -> frozenset[str]:
    channels = frozenset(part.strip().lower() for part in text.split(",") if part.strip())
    if unknown := channels - set(Channel.values):
        raise ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(Channel.values)}")
    return channels
