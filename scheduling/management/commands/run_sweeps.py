"""Does once, here, what beat and the workers do for the sweeps: for a clinic without a broker."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from clinic.scope import across_clinics
from scheduling.services.sweeps import run_everything
from scheduling.services.without_broker import bring_in_registers, keep_clinics

REPORT_SECONDS = 240.0


class Command(BaseCommand):
    help = (
        "Begins the nightly checks that are due, works out all that is queued, brings in registers and writes the "
        "paper lists that are due, without Redis or Celery. "
        "Run it every ten minutes from cron; beside workers it does no harm."
    )

    @across_clinics("it does the work of every clinic")
    def handle(self, *args: Any, **options: Any) -> None:
        done, failed = run_everything(now=timezone.now())
        bring_in_registers(clock=timezone.now)
        lists, not_written = keep_clinics(now=timezone.now(), seconds=REPORT_SECONDS)
        if failed or not_written:
            raise CommandError(
                f"{done} parts done, {failed} failed; {lists} paper lists written, {not_written} failed. "
                "What failed stays due for the next run."
            )
        self.stdout.write(f"{done} parts done, {lists} paper lists written.")
