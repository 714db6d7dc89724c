"""The doorbells of a register import. The rows hold all progress: a lost ring costs a minute, no row."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from scheduling.services.register_import import check_slice, import_slice, standing_still

log = logging.getLogger(__name__)
SLICE_SECONDS = 30.0


def ring(import_id: int) -> None:
    """Ask a worker to go on with this import; when no broker answers, the tick will."""
    try:
        advance_register.delay(import_id)
    except (OperationalError, OSError):
        log.warning("no broker: register import %s waits for the tick", import_id)


@shared_task(name="scheduling.advance_register")
def advance_register(import_id: int) -> None:
    """Check or import for half a minute, whichever this import is at, then ring again for the rest."""
    now = timezone.now()
    has_more = check_slice(import_id=import_id, now=now, seconds=SLICE_SECONDS) or import_slice(
        import_id=import_id, now=now, seconds=SLICE_SECONDS
    )
    if has_more:
        ring(import_id)


@shared_task(name="scheduling.register_tick")
def register_tick() -> None:
    """Take up the imports whose worker was killed or whose ring was lost."""
    for import_id, _ in standing_still(now=timezone.now()):
        ring(import_id)
