"""``manage.py forecast FILE``: project refill dates for a file of pumps. Needs no database."""

import json
import os
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from datetime import date, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError

from scheduling.domain.case import CaseError
from scheduling.domain.checks import check_date
from scheduling.domain.fields import parse_when
from scheduling.domain.forecast_file import ForecastFileError, forecast_record, read_records
from scheduling.domain.forecast_register import forecast_register, is_register
from scheduling.domain.forecast_table import table
from scheduling.domain.record import parse_zone

Result = dict[str, object]
SOME_PUMP_REFUSED = 1
FILE_UNUSABLE = 2


class Command(BaseCommand):
    """Read the file, project every pump, print; the exit code says whether any was refused."""

    help = (
        "Project refill dates for a file of pumps (JSON Lines, a .json list, or the register CSV; - reads"
        " standard input). Exit code 0: every pump projected; 1: some refused; 2: the file cannot be used."
    )
    requires_system_checks: list[str] = []  # checks may look for a database

    def add_arguments(self, parser: ArgumentParser) -> None:
        """FILE, --format, and the defaults for records that say nothing themselves."""
        parser.add_argument("file", metavar="FILE", help="the file; - reads standard input")
        parser.add_argument("--format", choices=("table", "json"), default="table", help="how it is shown")
        parser.add_argument(
            "--as-of",
            type=_day,
            metavar="DATE",
            help="day of the projection for records without as_of (default: today in their zone)",
        )
        parser.add_argument(
            "--timezone",
            type=_zone,
            default=ZoneInfo("UTC"),
            metavar="ZONE",
            help="zone of records without timezone (default: UTC)",
        )

    def handle(self, **options: Any) -> None:
        """Print one result a pump, in input order."""
        as_of, zone = options["as_of"], options["timezone"]
        name = options["file"]
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(
                errors="replace"
            )  # a terminal without the table's rules still gets the dates
        try:
            results = _results(_content(name), name, as_of, zone, with_reasons=options["format"] == "json")
            has_error = self._print(results, options["format"])
        except ForecastFileError as error:
            raise CommandError(f"{name}: {error}", returncode=FILE_UNUSABLE) from error
        except BrokenPipeError:
            # Whoever read our output has seen enough (`| head`); nothing may be flushed to it at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(SOME_PUMP_REFUSED)
        if has_error:
            sys.exit(SOME_PUMP_REFUSED)

    def _print(self, results: Iterator[Result], form: str) -> bool:
        if form == "table":
            found = list(results)
            for line in table(found):
                self.stdout.write(line)
            return any(result["status"] == "error" for result in found)
        has_error = False
        for result in results:
            has_error = has_error or result["status"] == "error"
            self.stdout.write(json.dumps(result))
        return has_error


def _content(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise ForecastFileError(error.strerror or "cannot be read") from error


def _results(
    content: bytes, name: str, as_of: date | None, zone: ZoneInfo, *, with_reasons: bool
) -> Iterator[Result]:
    def today(of_zone: ZoneInfo) -> date:
        return as_of or datetime.now(of_zone).date()

    if is_register(content, name):
        yield from forecast_register(content, as_of=today(zone), timezone=zone, with_reasons=with_reasons)
        return
    for record in read_records(content, name):
        yield forecast_record(record, today=today, timezone=zone, with_reasons=with_reasons)


def _day(text: str) -> date:
    try:
        day = parse_when(text, "--as-of")
        check_date("--as-of", day)
    except CaseError as error:
        raise ArgumentTypeError(error.reason) from error
    if isinstance(day, datetime):
        raise ArgumentTypeError("is a date-time, not a date")
    return day


def _zone(text: str) -> ZoneInfo:
    try:
        return parse_zone(text)
    except CaseError as error:
        raise ArgumentTypeError(error.reason) from error
