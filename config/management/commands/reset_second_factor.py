"""`manage.py reset_second_factor`: for somebody who lost telephone, key and recovery codes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from web.second_factor import take_factors_away


class Command(BaseCommand):
    help = (
        "Removes every second factor of an account and ends its sessions; the password stays. "
        "Be sure who asks: whoever has the password then sets up a new factor."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the account's address")
        parser.add_argument("--reason", required=True, help="kept in the history of the account")

    def handle(self, *args: Any, **options: Any) -> None:
        if not take_factors_away(email=options["email"], reason=options["reason"]):
            raise CommandError("No account has this address.")
        self.stdout.write("Removed. At the next sign-in a new one is set up.")
