"""What Celery runs for messages. It carries nothing: the rows say what is due."""

from __future__ import annotations

import time

from celery import shared_task
from django.utils import timezone

from notifications.services.check_ins import open_missed_check_ins
from notifications.services.deliver import deliver_batch

LONGEST_SECONDS = 45


@shared_task(name="notifications.tick")
def tick() -> None:
    """Send what is due; what is left after three quarters of a minute waits for the next tick."""
    until = time.monotonic() + LONGEST_SECONDS
    while deliver_batch(now=timezone.now()) and time.monotonic() < until:
        pass


@shared_task(name="notifications.check_in_tick")
def check_in_tick() -> None:
    """Ask for a call where a check-in was let pass."""
    open_missed_check_ins(timezone.now())
