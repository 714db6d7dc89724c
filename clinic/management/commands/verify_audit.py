"""Is the audit trail as it was written? Exit code 1 when it is not."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from clinic.scope import across_clinics
from clinic.selectors.audit_chain import Verdict, verify

_MOST_TOLD = 20


class Command(BaseCommand):
    help = (
        "Goes through the chain of seals and every row under them: an altered, missing or inserted row, or seal, is "
        "told with its place, and the exit code is 1. With --anchor the chain is compared with sums that were written "
        "down elsewhere: only those show that its end was cut off or that all of it was made anew."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--anchor",
            action="append",
            default=[],
            metavar="FILE|NUMBER:SHA256",
            help="a file with a line 'number sha256' for each seal, as AUDIT_ANCHOR_FILE gets them, or one such pair",
        )

    @across_clinics("one chain runs over every clinic's audit")
    def handle(self, *args: Any, **options: Any) -> None:
        anchors = [pair for given in options["anchor"] for pair in _anchors(given)]
        began = time.monotonic()
        console, done = Console(file=sys.stderr, highlight=False), 0
        with console.status("Verifying ...") as status:

            def advance(rows: int) -> None:
                nonlocal done
                done += rows
                status.update(f"Verifying ... {done:,} rows")

            verdict = verify(anchors=anchors, advance=advance)
        self._tell(verdict, time.monotonic() - began)
        if verdict.broken:
            raise CommandError(f"the audit trail is broken: {verdict.broken[0]}")

    def _tell(self, verdict: Verdict, seconds: float) -> None:
        for table, rows in sorted(verdict.rows.items()):
            if rows:
                self.stdout.write(f"{rows:>12,}  {table}")
        rows = sum(verdict.rows.values())
        self.stdout.write(f"{rows:,} rows under {verdict.seals:,} seals verified in {seconds:.1f} s.")
        if verdict.last_sealed_at is not None:
            self.stdout.write(
                f"Last seal: number {verdict.last_number} of {verdict.last_sealed_at:%Y-%m-%d %H:%M:%S} UTC, "
                f"sha256 {verdict.last_sha256}"
            )
        if verdict.anchors:
            self.stdout.write(f"{verdict.anchors:,} seals are those that were anchored.")
        if new := sum(verdict.not_sealed_yet.values()):
            self.stdout.write(
                f"{new:,} rows are not sealed yet, the oldest of {verdict.oldest_not_sealed_at:%Y-%m-%d %H:%M:%S} UTC."
            )
        for words in verdict.broken[:_MOST_TOLD]:
            self.stdout.write(self.style.ERROR(f"BROKEN  {words}"))
        if len(verdict.broken) > _MOST_TOLD:
            self.stdout.write(f"... and {len(verdict.broken) - _MOST_TOLD} more")
        if not verdict.broken:
            self.stdout.write(self.style.SUCCESS("Nothing is broken."))


def _anchors(given: str) -> list[tuple[int, str]]:
    number, is_pair, sha256 = given.partition(":")
    if is_pair and number.isdecimal() and len(sha256) == 64:
        return [(int(number), sha256)]
    try:
        lines = Path(given).read_text(encoding="ascii").splitlines()
        return [(int(line.split()[0]), line.split()[1]) for line in lines if line.strip()]
    except (OSError, ValueError, IndexError) as error:
        raise CommandError(f"{given} is neither NUMBER:SHA256 nor a file of such lines") from error
