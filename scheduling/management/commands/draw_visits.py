"""Draws the states of a visit into the reference again, from the table in scheduling/domain/visit_states.py."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from scheduling.domain.visit_states import state_diagram

PAGE = Path("docs") / "reference" / "visits.md"
_BLOCK = re.compile(r"```mermaid\n.*?```", re.DOTALL)


class Command(BaseCommand):
    help = "Writes the state diagram of docs/reference/visits.md anew."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        page = Path(settings.BASE_DIR) / PAGE
        text, number = _BLOCK.subn(lambda _: f"```mermaid\n{state_diagram()}```", page.read_text())
        if number != 1:
            raise CommandError(f"{PAGE} should hold one diagram, not {number}")
        page.write_text(text)
        self.stdout.write(f"{PAGE} holds the table as it is now.")
