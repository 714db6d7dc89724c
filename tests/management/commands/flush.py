"""`flush` that brings back the rows of the fresh database, under the numbers that they had there.

A web process that lives through many tests may keep what it remembers of content types, permissions and catalogue.
"""

from typing import Any

from django.core.management.commands import flush
from django.db import connections

from tests import fresh, leaks


class Command(flush.Command):
    def handle(self, **options: Any) -> None:
        alias = options["database"]
        leaks.note_rows(alias)
        if found := fresh.remembered.get(alias):
            found.restore(connections[alias])
        else:
            super().handle(**(options | {"reset_sequences": True}))
