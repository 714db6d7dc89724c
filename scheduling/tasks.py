"""What Celery runs. Tasks carry row numbers only, may run twice or never, and are safe to kill."""

from __future__ import annotations

import logging
import urllib.error
import urllib.request

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from scheduling.selectors.sweeps import are_all_accounted, queued_chunks
from scheduling.services.doorbell import REGISTER_TASK, ring
from scheduling.services.heartbeats import WORKER, record_heartbeat
from scheduling.services.register_import import check_slice, import_slice, take_up_stalled
from scheduling.services.sweeps import begin_due_nights, run_chunk

log = logging.getLogger(__name__)

MONITOR_SECONDS = 5
SLICE_SECONDS = 30.0


@shared_task(name="scheduling.tick")
def tick() -> None:
    """Begin the nights that are due, and ring again for every chunk that is still to be done."""
    now = timezone.now()
    begin_due_nights(now=now)
    ring(queued_chunks())
    if settings.MONITOR_URL and are_all_accounted(now=now):
        _ping_monitor(settings.MONITOR_URL)


@shared_task(name="scheduling.sweep_chunk")
def sweep_chunk(chunk_id: int) -> None:
    """Work out one part of a run."""
    run_chunk(chunk_id=chunk_id, now=timezone.now())


@shared_task(name="scheduling.heartbeat")
def heartbeat() -> None:
    """Show that a worker takes tasks from the broker and reaches the database."""
    record_heartbeat(name=WORKER, now=timezone.now())


@shared_task(name="scheduling.advance_register")
def advance_register(import_id: int) -> None:
    """Check or import a register for half a minute, whichever it is at, then ring again for the rest."""
    now = timezone.now()
    if check_slice(import_id=import_id, now=now, seconds=SLICE_SECONDS) or import_slice(
        import_id=import_id, now=now, seconds=SLICE_SECONDS
    ):
        ring([import_id], REGISTER_TASK)


@shared_task(name="scheduling.register_tick")
def register_tick() -> None:
    """Take up the register imports whose worker was killed or whose ring was lost."""
    ring(take_up_stalled(now=timezone.now()), REGISTER_TASK)


def _ping_monitor(url: str) -> None:
    """Tell the outside monitor that every clinic is accounted for; its silence is the alarm (dead man's switch)."""
    if not url.startswith(("https://", "http://")):
        log.error("MONITOR_URL is not a web address")
        return
    try:
        with urllib.request.urlopen(url, timeout=MONITOR_SECONDS):  # noqa: S310 - checked above
            pass
    except (OSError, urllib.error.URLError) as error:
        log.warning("the outside monitor cannot be reached (%s)", type(error).__name__)
