"""Sends what is due, once, here: for an installation without a broker."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from notifications.services.check_ins import open_missed_check_ins
from notifications.services.deliver import deliver_batch


class Command(BaseCommand):
    help = (
        "Sends the messages that are due, without Redis or Celery. "
        "Run it every minute from cron; beside workers it does no harm."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        open_missed_check_ins(timezone.now())
        handled = 0
        while count := deliver_batch(now=timezone.now()):
            handled += count
        self.stdout.write(f"{handled} messages handled.")
