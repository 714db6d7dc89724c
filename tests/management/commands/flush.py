"""`flush` that brings back the rows of the fresh database, under the numbers that they had there.

A web process that lives through many tests may keep what it remembers of content types, permissions and catalogue.
Whoever is at work on the compose file's processes waits meanwhile: emptying every table and a tick would wait for each
other's locks.
"""

from contextlib import nullcontext
from typing import Any

from django.core.management.commands import flush
from django.db import connections

from tests import fresh, leaks
from tests.deploy import stack


class Command(flush.Command):
    def handle(self, **options: Any) -> None:
        alias = options["database"]
        leaks.note_rows(alias)
        at_work = stack.found.paused("web", "worker", "beat", "dispatcher") if stack.found else nullcontext()
        with at_work:
            if found := fresh.remembered.get(alias):
                found.restore(connections[alias])
            else:
                super().handle(**(options | {"reset_sequences": True}))
