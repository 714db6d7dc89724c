"""Draws the states of a message into the reference again, from the table in notifications/domain/states.py."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from notifications.domain.states import state_diagram

PAGE = Path("docs") / "reference" / "messages.md"
_BLOCK = re.compile(r"```mermaid\n.*?```", re.DOTALL)


class Command(BaseCommand):
    help = "Writes the state diagram of docs/reference/messages.md anew."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        page = Path(settings.BASE_DIR) / PAGE
        text, number = _BLOCK.subn(lambda _: f"```mermaid\n{state_diagram()}```", page.read_text())
        if number != 1:
            raise CommandError(f"{PAGE} should hold one diagram, not {number}")
        page.write_text(text)
        self.stdout.write(f"{PAGE} holds the table as it is now.")
