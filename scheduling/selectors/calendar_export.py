"""A stretch of a clinic's calendar as one file, read and given piece by piece: memory does not grow with it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F, QuerySet

from clinic.seeing import saw
from clinic.selectors.rows import Clinic
from scheduling.domain.calendars import entries, text, writer
from scheduling.domain.calendars.entries import Detail
from scheduling.domain.calendars.writer import Standing
from scheduling.domain.calendars.zone import zone_lines
from scheduling.domain.local_time import start_of_day
from scheduling.domain.spreadsheet import harmless
from scheduling.models import CalendarEntry, FeedHolds, FeedScope, Status

PIECE = 200
"""Entries that are in memory at once."""
_LAST_DAY = "Last day to refill"
COLUMNS: dict[Detail, tuple[str, ...]] = {
    Detail.BUSY: ("date", "from", "to", "standing"),
    Detail.WORK: ("date", "from", "to", "standing", "what", "status", "nurse", "room"),
    Detail.INITIALS: ("date", "from", "to", "standing", "what", "status", "nurse", "room", "patient"),
    Detail.NAMES: ("date", "from", "to", "standing", "what", "status", "nurse", "room", "patient", "mrn"),
}
"""The columns of the table, by how much it says."""
_READ = (
    *("starts_at", "ends_at", "last_on", "standing", "visit__status"),
    *("kind__name", "nurse__name", "room__name"),
    *("patient__first_name", "patient__last_name", "patient__mrn"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries: the days from first to last, whose, what, and how much they say. ``of_id`` belongs to ``scope``."""

    first_on: date
    last_on: date
    scope: FeedScope = FeedScope.CLINIC
    of_id: int | None = None
    holds: FeedHolds = FeedHolds.BOTH
    detail: Detail = Detail.WORK
    with_cancelled: bool = False


def note_shown(*, clinic: Clinic, wanted: Wanted) -> None:
    """Note whose visits the file names; one that says only that a time is taken names nobody. Before its first byte:
    once it streams it is too late."""
    if wanted.detail is not Detail.BUSY:
        rows = _rows(clinic, wanted).order_by().values_list("patient_id", flat=True)
        saw(clinic.pk, rows.distinct())


def count_entries(*, clinic: Clinic, wanted: Wanted) -> int:
    """How many entries the file will hold, for showing how far it is."""
    return _rows(clinic, wanted).count()


def export_ics(*, clinic: Clinic, wanted: Wanted) -> Iterator[bytes]:
    """The file as a calendar, in pieces: the same events as a feed's, without its window."""
    head = writer.head(name=text.name(clinic.name), zone=zone_lines(clinic.time_zone))
    return writer.calendar(head, _events(_rows(clinic, wanted), wanted.detail))


def export_csv(*, clinic: Clinic, wanted: Wanted) -> Iterator[str]:
    """The file as a table with a line of headings, in pieces; days and times on the clinic's clock.

    No cell runs in a spreadsheet.
    """
    columns, zone = COLUMNS[wanted.detail], ZoneInfo(clinic.time_zone)
    line = csv.writer(_Given())
    yield line.writerow(columns)
    for row in _rows(clinic, wanted).values(*_READ).iterator(chunk_size=PIECE):
        said = _said(row, wanted.detail, zone)
        yield line.writerow([harmless(said[name]) for name in columns])


class _Given:
    """Gives back what a csv writer writes."""

    def write(self, line: str) -> str:
        return line


def _said(row: dict[str, Any], detail: Detail, zone: ZoneInfo) -> dict[str, str]:
    starts, ends = row["starts_at"].astimezone(zone), row["ends_at"].astimezone(zone)
    is_day = row["last_on"] is not None
    names = (row["patient__first_name"], row["patient__last_name"])
    return {
        "date": (row["last_on"] if is_day else starts.date()).isoformat(),
        "from": "" if is_day else f"{starts:%H:%M}",
        "to": "" if is_day else f"{ends:%H:%M}",
        "standing": row["standing"].lower(),
        "what": _LAST_DAY if is_day else row["kind__name"],
        "status": "" if is_day else str(Status(row["visit__status"]).label),
        "nurse": row["nurse__name"] or "",
        "room": row["room__name"] or "",
        "patient": entries.initials(*names) if detail is Detail.INITIALS else " ".join(names),
        "mrn": row["patient__mrn"],
    }


def _events(rows: QuerySet[CalendarEntry], detail: Detail) -> Iterator[bytes]:
    if detail is not Detail.BUSY:
        said = rows.values_list("core", detail.value)
        for core, words in said.iterator(chunk_size=PIECE):
            yield bytes(core) + bytes(words) + writer.END_OF_EVENT
        return
    busy = {
        (is_visit, is_cancelled): writer.words(
            entries.SameWords().of(is_visit=is_visit, is_cancelled=is_cancelled)
        )
        for is_visit in (True, False)
        for is_cancelled in (True, False)
    }
    plain = rows.values_list("core", "visit_id", "standing")
    for core, visit_id, standing in plain.iterator(chunk_size=PIECE):
        words = busy[visit_id is not None, standing == Standing.CANCELLED]
        yield bytes(core) + words + writer.END_OF_EVENT


def _rows(clinic: Clinic, wanted: Wanted) -> QuerySet[CalendarEntry]:
    zone = ZoneInfo(clinic.time_zone)
    rows = CalendarEntry.objects.for_clinic(clinic.pk).filter(
        is_current=True,
        starts_at__gte=start_of_day(wanted.first_on, zone),
        starts_at__lt=start_of_day(wanted.last_on + timedelta(days=1), zone),
    )
    if wanted.scope != FeedScope.CLINIC:
        rows = rows.filter(**{f"{wanted.scope.value}_id": wanted.of_id})
    if wanted.holds != FeedHolds.BOTH:
        rows = rows.filter(visit__isnull=wanted.holds == FeedHolds.DEADLINES)
    if not wanted.with_cancelled:
        rows = rows.exclude(standing=Standing.CANCELLED.value)
    return rows.order_by(F("starts_at"), F("id"))
