"""What the commands about backups have in common: how far they are, and how they fail."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import DatabaseError
from rich.console import Console

from config.backup.errors import BackupError

Say = Callable[[str], None]


@contextmanager
def progress(what: str) -> Iterator[tuple[Say, Callable[[int], None]]]:
    """``say`` changes what is done, ``advance`` adds octets to how much of it is; errors become the command's own."""
    console, words, octets = Console(file=sys.stderr, highlight=False), what, 0
    try:
        with console.status(f"{what} ...") as status:

            def say(text: str) -> None:
                nonlocal words, octets
                words, octets = text, 0
                status.update(f"{words} ...")
                if not console.is_terminal:
                    console.print(f"{words} ...")

            def advance(number: int) -> None:
                nonlocal octets
                octets += number
                status.update(f"{words} ... {octets / 1_000_000:,.0f} MB")

            yield say, advance
    except BackupError as error:
        raise CommandError(str(error)) from error
    except DatabaseError as error:
        raise CommandError(f"The database refused ({type(error).__name__}): {_first_line(error)}") from error


def _first_line(error: DatabaseError) -> str:
    """Of an error's text only this line is sure to name no values."""
    return str(error).partition("\n")[0]
