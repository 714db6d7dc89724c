"""`manage.py seen worker`: whether a process of this kind does its work, for the health check of its container."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from notifications.selectors.operation import DISPATCHER
from scheduling.services.heartbeats import BEAT, WORKER
from web.ops import NotReadyError, check_seen


class Command(BaseCommand):
    help = (
        "Ends with an error when no process of this kind gave a sign of life in the last three minutes. "
        "A sign is written where its work is done, so a process that only stands there is not seen."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=[WORKER, BEAT, DISPATCHER], help="the kind of process")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            check_seen(options["name"], timezone.now())
        except NotReadyError as error:
            raise CommandError(f"{options['name']}: {error}") from error
