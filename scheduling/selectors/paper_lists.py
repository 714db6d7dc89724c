"""Which clinics' paper lists are still to be written, and how old the last ones are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Max

from clinic.selectors.operation import clinic_numbers
from clinic.selectors.rows import Clinic
from scheduling.domain.nights import last_night
from scheduling.domain.paper import TRUSTED_FOR
from scheduling.models import PaperList, PaperState, SweepRun
from scheduling.models.runs import RunKind, RunState
from scheduling.selectors.sweeps import TIME_TO_FINISH


@dataclass(frozen=True, slots=True)
class DueList:
    """A list that is to be written: whose, of which night, and whether that night's check has finished."""

    clinic_id: int
    business_date: date
    is_after_check: bool


def paper_lists_due(*, now: datetime, clinic_id: int | None = None) -> list[DueList]:
    """The lists that are to be written now (three queries however many clinics).

    A night's list is due when its check has finished, or two hours after it should have begun: a list without
    a fresh check is better than none. One made without it is made again once the check has finished.
    """
    clinics = Clinic.objects.order_by("id")
    if clinic_id is not None:
        clinics = clinics.filter(pk=clinic_id)
    recent = now.date() - timedelta(days=3)
    finished = set(
        SweepRun.objects.filter(
            kind=RunKind.NIGHT, state=RunState.FINISHED, business_date__gte=recent
        ).values_list("clinic_id", "business_date")
    )
    written = {
        (row_id, night): is_after_check
        for row_id, night, is_after_check in PaperList.objects.filter(
            state=PaperState.WRITTEN, business_date__gte=recent
        ).values_list("clinic_id", "business_date", "is_after_check")
    }
    due: list[DueList] = []
    for number, time_zone, sweep_hour in clinics.values_list("id", "time_zone", "sweep_hour"):
        zone = ZoneInfo(time_zone)
        night = last_night(now.astimezone(zone), sweep_hour)
        is_checked = (number, night) in finished
        has_waited = last_night((now - TIME_TO_FINISH).astimezone(zone), sweep_hour) == night
        is_there = (number, night) in written
        if (is_checked and not written.get((number, night))) or (has_waited and not is_there):
            due.append(DueList(number, night, is_checked))
    return due


@dataclass(frozen=True, slots=True)
class LastList:
    """The newest list of a clinic that was written whole."""

    business_date: date
    made_at: datetime
    rows: int
    file_name: str
    is_after_check: bool
    patient_ids: list[int]

    def is_old(self, *, now: datetime) -> bool:
        """Whether it should have been replaced by now."""
        return now - self.made_at > TRUSTED_FOR


def last_paper_list(*, clinic_id: int) -> LastList | None:
    """The newest list that was written, or None."""
    row = (
        PaperList.objects.for_clinic(clinic_id)
        .filter(state=PaperState.WRITTEN, made_at__isnull=False)
        .order_by("-business_date")
        .values_list("business_date", "made_at", "rows", "file_name", "is_after_check", "patient_ids")
        .first()
    )
    if row is None:
        return None
    business_date, made_at, rows, file_name, is_after_check, patient_ids = row
    assert made_at is not None  # noqa: S101 - the constraint paper_list_written_has_file
    return LastList(business_date, made_at, rows, file_name, is_after_check, patient_ids)


def clinics_without_fresh_list(*, now: datetime) -> int:
    """How many clinics have no list younger than twenty-six hours, those founded since left out (one query)."""
    since = now - TRUSTED_FOR
    fresh = PaperList.objects.filter(state=PaperState.WRITTEN, made_at__gte=since).values("clinic_id")
    return Clinic.objects.filter(created_at__lt=since).exclude(pk__in=fresh).count()


def oldest_newest_list_at() -> datetime | None:
    """When the newest list of the clinic whose newest is the oldest was made; of one without a list, when it was founded.

    None: there is no clinic. Two queries, whatever the number of clinics.
    """
    newest = dict(
        PaperList.objects.filter(state=PaperState.WRITTEN)
        .order_by()
        .values_list("clinic_id")
        .annotate(newest=Max("made_at"))
    )
    return min((newest.get(pk, founded_at) for pk, founded_at in clinic_numbers()), default=None)
