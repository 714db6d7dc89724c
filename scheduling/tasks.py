"""What Celery runs. Tasks carry row numbers only, may run twice or never, and are safe to kill."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from clinic.scope import across_clinics, in_clinic
from scheduling.selectors.paper_lists import paper_lists_due
from scheduling.selectors.sweeps import queued_chunks
from scheduling.services.booking import release_expired_holds
from scheduling.services.calendar_renewal import renew_entries
from scheduling.services.doorbell import PAPER_TASK, REGISTER_TASK, ring
from scheduling.services.heartbeats import WORKER, record_heartbeat
from scheduling.services.paper_lists import write_due_list
from scheduling.services.register_import import advance_import, take_up_stalled
from scheduling.services.residual_trends import renew_stale_trends
from scheduling.services.sweeps import begin_due_nights, run_chunk

log = logging.getLogger(__name__)

SLICE_SECONDS = 30.0


@shared_task(name="scheduling.tick")
@across_clinics("which nights are due")
def tick() -> None:
    """Begin the nights that are due, and ring again for every chunk that is still to be done."""
    now = timezone.now()
    begin_due_nights(now=now)
    ring(queued_chunks())


@shared_task(name="scheduling.sweep_chunk")
@across_clinics("whose part it is, is known by its number")
def sweep_chunk(chunk_id: int) -> None:
    """Work out one part of a run."""
    run_chunk(chunk_id=chunk_id, now=timezone.now())


@shared_task(name="scheduling.heartbeat")
def heartbeat() -> None:
    """Show that a worker takes tasks from the broker and reaches the database."""
    record_heartbeat(name=WORKER, now=timezone.now())


@shared_task(name="scheduling.advance_register")
@across_clinics("whose register it is, is known by its number")
def advance_register(import_id: int) -> None:
    """Check or import a register for half a minute, whichever it is at, then ring again for the rest."""
    if advance_import(import_id=import_id, now=timezone.now(), seconds=SLICE_SECONDS):
        ring([import_id], REGISTER_TASK)


@shared_task(name="scheduling.release_holds")
@across_clinics("which holds have run out")
def release_holds() -> None:
    """Clear away slots that were held longer than they may be."""
    release_expired_holds(now=timezone.now())


@shared_task(name="scheduling.register_tick")
@across_clinics("which registers wait")
def register_tick() -> None:
    """Take up the register imports that nobody began or whose worker was killed."""
    ring(take_up_stalled(now=timezone.now()), REGISTER_TASK)


@shared_task(name="scheduling.report_tick")
@across_clinics("which paper lists are due")
def report_tick() -> None:
    """Ring for every paper list that is due; make up for calendars and residuals that are behind."""
    now = timezone.now()
    ring([due.clinic_id for due in paper_lists_due(now=now)], PAPER_TASK)
    renew_entries(now=now, seconds=SLICE_SECONDS)
    renew_stale_trends(now=now, seconds=SLICE_SECONDS)


@shared_task(name="scheduling.paper_list")
def paper_list(clinic_id: int) -> None:
    """Write the clinic's paper list when one is due."""
    with in_clinic(clinic_id):
        write_due_list(clinic_id=clinic_id, now=timezone.now())
