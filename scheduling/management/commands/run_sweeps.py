"""Does once, here, what beat and the workers do for the sweeps: for a clinic without a broker."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from scheduling.services.booking import release_expired_holds
from scheduling.services.paper_lists import write_due_lists
from scheduling.services.residual_trends import renew_stale_trends
from scheduling.services.sweeps import run_everything

REPORT_SECONDS = 240.0


class Command(BaseCommand):
    help = (
        "Begins the nightly checks that are due, works out all that is queued and writes the paper lists that "
        "are due, without Redis or Celery. "
        "Run it every ten minutes from cron; beside workers it does no harm."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        done, failed = run_everything(now=timezone.now())
        lists, not_written = write_due_lists(now=timezone.now())
        release_expired_holds(now=timezone.now())
        renew_stale_trends(now=timezone.now(), seconds=REPORT_SECONDS)
        if failed or not_written:
            raise CommandError(
                f"{done} parts done, {failed} failed; {lists} paper lists written, {not_written} failed. "
                "What failed stays due for the next run."
            )
        self.stdout.write(f"{done} parts done, {lists} paper lists written.")
