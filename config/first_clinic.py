"""A clinic and its first administrator, from answers at a terminal."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import available_timezones

from clinic.domain.checks import RecordError
from clinic.domain.entries import ClinicEntry
from clinic.services.accounts import found_clinic

_QUESTIONS = {"name": "clinic", "time_zone": "zone", "admin_email": "email", "admin_password": "password"}


def found_by_answers(say: Callable[[str], None]) -> None:
    """Asks, and asks again what was refused; nothing is kept until all answers are good.

    Raises EOFError when nobody answers any more.
    """
    answers: dict[str, str] = {}
    while True:
        _ask(answers)
        try:
            found_clinic(
                entry=ClinicEntry(name=answers["clinic"], time_zone=answers["zone"]),
                admin_email=answers["email"],
                admin_password=answers["password"],
                admin_name=answers["person"],
                now=datetime.now(UTC),
            )
        except RecordError as error:
            say(f"[red]{error.reason}[/red]")
            answers.pop(_QUESTIONS.get(error.field, "password"), None)
            continue
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
