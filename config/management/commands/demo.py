"""`manage.py demo`: the whole system with a demo clinic, in one terminal."""

import os
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic.selectors.operation import any_clinic_exists
from config.embedded.installation import FolderUnusableError
from config.embedded.postgres import ServerFailedError
from config.supervisor.screen import Screen
from config.supervisor.supervisor import CannotStartError, Supervisor

LOGINS = "logins.txt"


class Command(BaseCommand):
    help = "Starts servers, web, worker and beat with a demo clinic, and stops them with Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))

    def handle(self, *args: Any, **options: Any) -> None:
        supervise(port=options["port"], prepare=make_demo_clinic, welcome=welcome)


def make_demo_clinic(screen: Screen) -> None:
    if any_clinic_exists():
        return
    with screen.step("Making a demo clinic", "Demo clinic is made"):
        call_command("demo_clinic", verbosity=0)


def welcome(screen: Screen, address: str) -> None:
    screen.say(f"\n[bold]Refillwise runs at {address}[/bold]\n")
    logins = settings.VAR_DIR / LOGINS
    if logins.exists():
        screen.say(logins.read_text())
    screen.say(f"[dim]Logs: {settings.VAR_DIR / 'log'}. Ctrl-C stops everything; the data stays.[/dim]")


def supervise(*, port: int, **what: Any) -> None:
    """Runs a supervisor; what a person must settle becomes an error text without a traceback."""
    if not settings.EMBEDDED:
        raise CommandError("DATABASE_URL is set: start gunicorn, celery worker and celery beat yourself.")
    try:
        Supervisor(var=settings.VAR_DIR, port=port, prepare=what["prepare"]).run(welcome=what["welcome"])
    except (CannotStartError, ServerFailedError, FolderUnusableError) as error:
        raise CommandError(str(error)) from error
