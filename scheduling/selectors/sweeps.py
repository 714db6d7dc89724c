"""Runs over a whole clinic: what is due, how far one is, whether the night's finished in its night."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet

from clinic.selectors.rows import Clinic
from scheduling.domain.nights import last_night, night_due
from scheduling.models import SweepChunk, SweepRun
from scheduling.models.runs import ChunkState, RunKind, RunState

TIME_TO_FINISH = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class LateSweep:
    """The check of ``business_date`` has not finished; ``started_at`` is None when it never began.

    ``unaccounted`` is the number of pumps that a finished check left without a date and without a flag.
    """

    business_date: date
    started_at: datetime | None
    unaccounted: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run over the clinic is, for a progress bar. ``is_over`` also when a later run replaced it."""

    run_id: int
    kind: str
    chunks: int
    chunks_done: int
    is_over: bool
    is_stuck: bool
    """Some part of it has raised and is waiting to be tried again."""
    expected: int
    changed: int

    @property
    def percent(self) -> int:
        """Whole percent; 100 only when it is over."""
        if self.is_over:
            return 100
        return min(99, self.chunks_done * 100 // self.chunks) if self.chunks else 0


def nights_due(*, now: datetime) -> list[tuple[int, date]]:
    """(clinic, night) for every clinic whose check should begin now; two queries however many clinics."""
    clinics = list(Clinic.objects.order_by("id").values_list("id", "time_zone", "sweep_hour"))
    recent = now.date() - timedelta(days=3)
    begun: defaultdict[int, set[date]] = defaultdict(set)
    nights = SweepRun.objects.filter(kind=RunKind.NIGHT, business_date__gte=recent)
    for clinic_id, night in nights.values_list("clinic_id", "business_date"):
        begun[clinic_id].add(night)
    return [
        (clinic_id, due)
        for clinic_id, time_zone, sweep_hour in clinics
        if (due := night_due(now.astimezone(ZoneInfo(time_zone)), sweep_hour, begun[clinic_id]))
    ]


def queued_chunks(*, run_id: int | None = None) -> list[int]:
    """The chunks to be done of all runs that are going on, or of one; oldest run first."""
    chunks = SweepChunk.objects.filter(state=ChunkState.QUEUED, run__state=RunState.RUNNING)
    if run_id is not None:
        chunks = chunks.filter(run_id=run_id)
    return list(chunks.order_by("run_id", "id").values_list("id", flat=True))


def late_sweep(*, clinic_id: int, now: datetime) -> LateSweep | None:
    """The newest nightly check that should have finished by ``now`` and has not; None when all is well.

    A check that finished without a date or a flag for every pump is not well. A night before the clinic was
    founded is not missed.
    """
    clinic = Clinic.objects.only("time_zone", "sweep_hour", "created_at").get(pk=clinic_id)
    night = night_to_finish(clinic, now)
    return late_sweep_from(nights_since(clinic_id, night), night)


def night_to_finish(clinic: Clinic, now: datetime) -> date:
    """The newest night whose check should have finished by ``now``; no day at all for a clinic that is younger."""
    due_since = now - TIME_TO_FINISH
    if clinic.created_at > due_since:
        return date.max
    return last_night(due_since.astimezone(ZoneInfo(clinic.time_zone)), clinic.sweep_hour)


def nights_since(clinic_id: Any, night: Any) -> QuerySet[SweepRun]:
    """What ``late_sweep_from`` needs, in order of the nights."""
    runs = SweepRun.objects.filter(clinic_id=clinic_id, kind=RunKind.NIGHT, business_date__gte=night)
    return runs.order_by("business_date")


def late_sweep_from(runs: Iterable[SweepRun], night: date) -> LateSweep | None:
    """As ``late_sweep`` says, of the checks since the night that should have finished."""
    if night == date.max:
        return None
    found = list(runs)
    finished = next((run for run in reversed(found) if run.state == RunState.FINISHED), None)
    if finished is None:
        begun = next((run for run in found if run.business_date == night), None)
        return LateSweep(night, begun.started_at if begun else None)
    if finished.accounts_for_all:
        return None
    return LateSweep(finished.business_date, finished.started_at, finished.unaccounted)


def run_progress(*, clinic_id: int, run_id: int) -> Progress | None:
    """How far the run is; None when the clinic has no such run."""
    run = (
        SweepRun.objects.filter(clinic_id=clinic_id, pk=run_id)
        .annotate(
            all_chunks=Count("chunks"),
            done_chunks=Count("chunks", filter=Q(chunks__state=ChunkState.DONE)),
            stuck_chunks=Count("chunks", filter=Q(chunks__state=ChunkState.QUEUED, chunks__attempts__gt=0)),
        )
        .first()
    )
    if run is None:
        return None
    return Progress(
        run_id=run.pk,
        kind=run.kind,
        chunks=run.all_chunks,
        chunks_done=run.done_chunks,
        is_over=run.state != RunState.RUNNING,
        is_stuck=run.stuck_chunks > 0,
        expected=run.expected,
        changed=run.changed,
    )


def are_all_accounted(*, now: datetime) -> bool:
    """Whether every clinic's newest due night has finished with a date or a flag for every pump."""
    clinics = list(Clinic.objects.values_list("id", flat=True))
    return bool(clinics) and not any(late_sweep(clinic_id=clinic_id, now=now) for clinic_id in clinics)
