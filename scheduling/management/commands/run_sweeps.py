"""Does once, here, what beat and the workers do for the sweeps: for a clinic without a broker."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from scheduling.services.sweeps import run_everything


class Command(BaseCommand):
    help = (
        "Begins the nightly checks that are due and works out all that is queued, without Redis or Celery. "
        "Run it every ten minutes from cron; beside workers it does no harm."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        done, failed = run_everything(now=timezone.now())
        if failed:
            raise CommandError(f"{done} parts done, {failed} failed; they stay queued for the next run.")
        self.stdout.write(f"{done} parts done.")
