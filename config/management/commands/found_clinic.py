"""`manage.py found_clinic`: a clinic and its administrator, on an installation of one's own servers."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.first_clinic import found_by_answers
from config.supervisor.screen import Screen


class Command(BaseCommand):
    help = (
        "Asks for a clinic's name and time zone and for its first administrator, and makes them. "
        "The administrator may also enter the catalogue and the admin pages."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        screen = Screen()
        try:
            found_by_answers(screen.say)
        except EOFError:
            raise CommandError("Nothing was made: the questions were not answered.") from None
        screen.say("[green]✓[/green] The clinic is there. Sign in with the address and the password.")
