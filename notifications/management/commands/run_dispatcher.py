"""Does all that beat and the workers do, without Redis or Celery, until it is told to stop."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from clinic.scope import across_clinics
from notifications.services.delivery import deliver_batch
from notifications.services.dispatcher import Loop, keep_house
from notifications.services.inbound import take_up_left
from notifications.services.raising import raise_due
from notifications.tasks import clocks_agree


class Command(BaseCommand):
    help = (
        "Does all that beat and the workers do, without Redis or Celery, until it is stopped (SIGTERM, Ctrl-C): "
        "sends the messages that are due, takes back what dead processes held, passes on what nobody acted on, "
        "works out the clinics' nights, brings in registers, writes the paper lists. Beside workers, or a second one, "
        "it does no harm. With --once it does what is due for messages and ends: for cron, beside run_sweeps."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due for messages, then end")
        parser.add_argument(
            "--pause", type=float, default=2.0, help="seconds between two looks when nothing is due"
        )

    @across_clinics("it does the work of every clinic")
    def handle(self, *args: Any, **options: Any) -> None:
        if not options["once"]:
            self.stdout.write("Dispatching. Stop with Ctrl-C.")
            Loop(pause_seconds=options["pause"], sweep_seconds=settings.MESSAGE_TICK_SECONDS).run()
            return
        if not clocks_agree():
            return
        keep_house(now=timezone.now())
        raise_due(timezone.now())
        take_up_left(timezone.now())
        handled = 0
        while count := deliver_batch(now=timezone.now()):
            handled += count
        self.stdout.write(f"{handled} messages handled.")
