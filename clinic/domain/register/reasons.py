"""Why a cell or a file was refused, in words that can be translated later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_LONGEST_QUOTE = 40


def gettext_noop(message: str) -> str:
    """Mark a text for translation where it is written; it is translated where somebody reads it."""
    return message


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence with its particulars: ``message`` is the text to translate, ``values`` fill it."""

    message: str
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message % self.values if self.values else self.message


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one column of one row."""

    column: str
    reason: Reason


class NotReadable(ValueError):
    """A cell does not say what its column must say."""

    def __init__(self, message: str, **values: str) -> None:
        self.reason = Reason(message, values)
        super().__init__(str(self.reason))


class RegisterUnusable(ValueError):
    """The file as a whole cannot be read as a register; nothing of it was read."""

    def __init__(self, message: str, **values: str) -> None:
        self.reason = Reason(message, values)
        super().__init__(str(self.reason))


def quoted(cell: str) -> str:
    """Show a cell inside a reason: in quotes, shortened, nothing in it that could upset a terminal."""
    shown = cell if len(cell) <= _LONGEST_QUOTE else cell[:_LONGEST_QUOTE] + "…"
    return "“" + "".join(c if c.isprintable() else "�" for c in shown) + "”"
