"""`migrate` as the owner role: the application's role may not change tables."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate
from django.db import connections

from config.rendering import what_changes_alone


class Command(migrate.Command):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> str | None:
        if options["database"] not in connections:
            raise CommandError(
                "Migrations run as the owner of the database: set DATABASE_OWNER_URL beside DATABASE_URL."
            )
        with what_changes_alone():
            return super().handle(*args, **options)
