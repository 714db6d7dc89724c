"""What the person at the terminal sees: each step with its time, what is wrong in words."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console


class Screen:
    """Prints steps; a moving sign while one lasts, where the output is a terminal."""

    def __init__(self) -> None:
        self.console = Console(highlight=False)

    @contextmanager
    def step(self, doing: str, done: str) -> Iterator[None]:
        begun = time.monotonic()
        if not self.console.is_terminal:
            self.say(f"  {doing} ...")
        with self.console.status(f"{doing} ..."):
            yield
        self.say(f"[green]✓[/green] {done} [dim]({time.monotonic() - begun:.1f} s)[/dim]")

    def say(self, text: str = "") -> None:
        self.console.print(text, soft_wrap=True)
