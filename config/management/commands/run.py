"""`manage.py run`: the whole system with your own data; the first time it asks for the first administrator."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from clinic.selectors.operation import any_clinic_exists
from config.first_clinic import found_by_answers
from config.management.commands.demo import supervise
from config.supervisor.screen import Screen
from config.supervisor.supervisor import CannotStartError


class Command(BaseCommand):
    help = "Starts servers, web, worker and beat on your own data, and stops them with Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))

    def handle(self, *args: Any, **options: Any) -> None:
        supervise(port=options["port"], prepare=ask_for_first_administrator, welcome=welcome)


def ask_for_first_administrator(screen: Screen) -> None:
    """Founds the first clinic from answers at the terminal; nothing is kept until all of them are good."""
    if any_clinic_exists():
        return
    if not sys.stdin.isatty():
        raise CannotStartError(
            "There is no clinic yet, and nobody at a terminal to answer: run `make run` once in a terminal. "
            "(To look around without one: `make demo`.)"
        )
    screen.say("\n[bold]A new installation: who runs it?[/bold]\n")
    try:
        found_by_answers(screen.say)
    except EOFError:
        raise CannotStartError("Nothing was made: the questions were not answered.") from None
    screen.say()


def welcome(screen: Screen, address: str) -> None:
    screen.say(f"\n[bold]Refillwise runs at {address}[/bold]\n")
    screen.say(f"[dim]Data and logs: {settings.VAR_DIR}. Ctrl-C stops everything; the data stays.[/dim]")
