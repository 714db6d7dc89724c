"""`manage.py run`: the whole system with your own data; the first time it asks for the first administrator."""

import getpass
import os
import sys
from datetime import UTC, datetime
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from clinic.domain.checks import RecordError
from clinic.domain.entries import ClinicEntry
from clinic.selectors.operation import any_clinic_exists
from clinic.services.accounts import found_clinic
from config.management.commands.demo import supervise
from config.supervisor.screen import Screen
from config.supervisor.supervisor import CannotStartError

_QUESTIONS = {"name": "clinic", "time_zone": "zone", "admin_email": "email", "admin_password": "password"}


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
    answers: dict[str, str] = {}
    while True:
        try:
            _ask(answers)
        except EOFError:
            raise CannotStartError("Nothing was made: the questions were not answered.") from None
        try:
            found_clinic(
                entry=ClinicEntry(name=answers["clinic"], time_zone=answers["zone"]),
                admin_email=answers["email"],
                admin_password=answers["password"],
                admin_name=answers["person"],
                now=datetime.now(UTC),
            )
        except RecordError as error:
            screen.say(f"[red]{error.reason}[/red]")
            question = _QUESTIONS.get(error.field, "password")
            answers.pop(question, None)
            continue
        screen.say()
        return


def _ask(answers: dict[str, str]) -> None:
    """Asks what is not answered yet."""
    if "clinic" not in answers:
        answers["clinic"] = _text("Name of the clinic: ")
    while "zone" not in answers:
        zone = _text("Its time zone, for example Europe/Madrid or America/Chicago: ")
        if zone in available_timezones():
            answers["zone"] = zone
        else:
            sys.stdout.write("  No such time zone. They are written Continent/City.\n")
    if "person" not in answers:
        answers["person"] = _text("Your name: ")
    if "email" not in answers:
        answers["email"] = _text("Your e-mail address (you sign in with it): ")
    while "password" not in answers:
        password = getpass.getpass("A password of at least 12 characters: ")
        if password == getpass.getpass("Once more: "):
            answers["password"] = password
        else:
            sys.stdout.write("  The two are not the same.\n")


def _text(question: str) -> str:
    while not (answer := input(question).strip()):
        pass
    return answer


def welcome(screen: Screen, address: str) -> None:
    screen.say(f"\n[bold]Refillwise runs at {address}[/bold]\n")
    screen.say(f"[dim]Data and logs: {settings.VAR_DIR}. Ctrl-C stops everything; the data stays.[/dim]")
