"""`flush` that also starts the numbering again.

The rows made by post_migrate (content types, permissions, catalogue) then come back under the same numbers,
so a web process that lives through many tests may keep what it remembers of them.
"""

from typing import Any

from django.core.management.commands import flush


class Command(flush.Command):
    def handle(self, **options: Any) -> None:
        super().handle(**(options | {"reset_sequences": True}))
