"""A language that is no language: every text that passes the translation stands in ⟦brackets⟧, so that what does not shows.

`with marked():` translates so. `unmarked(html, data)` gives the words that a reader would see outside the brackets and that
are no data: names, numbers, units.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any

from django.utils import translation

from clinic import writing

BEGIN, END = "⟦", "⟧"
READ = (
    *("title", "label", "aria-label", "aria-description", "placeholder", "alt"),
    *("data-label", "data-words", "data-over", "data-confirm", "data-said", "data-empty", "data-failed"),
)
"""Attributes that a person reads or hears."""
_WORD = re.compile(r"[^\W\d_]{2,}")
_NOT_READ = frozenset({"script", "style", "code"})


@contextmanager
def marked() -> Iterator[None]:
    """Every text that is translated inside comes back as it is in English, in brackets."""
    trans: Any = translation._trans  # type: ignore[attr-defined]
    names = ("gettext", "ngettext", "pgettext", "npgettext")
    real: dict[str, Callable[..., str]] = {name: getattr(trans, name) for name in names}

    def framed(name: str) -> Callable[..., str]:
        def translate(*said: Any) -> str:
            found = str(real[name](*said))
            return f"{BEGIN}{found}{END}" if found.strip() and said[0] else found

        return translate

    for name in names:
        setattr(trans, name, framed(name))
    writing._of_day.cache_clear()
    try:
        yield
    finally:
        for name in names:
            setattr(trans, name, real[name])
        writing._of_day.cache_clear()


def unmarked(page: str, data: Iterable[str]) -> list[str]:
    """What stands outside the brackets, piece by piece, without what is data."""
    return left_over(pieces_of(page), data)


def pieces_of(page: str) -> list[str]:
    """Every text of a page, and every attribute that a person reads."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.pieces


def left_over(pieces: Iterable[str], data: Iterable[str]) -> list[str]:
    """The pieces in which a word stands outside the brackets."""
    known = sorted({each for each in data if each.strip()}, key=len, reverse=True)
    found = []
    for piece in pieces:
        outside = _outside(html.unescape(piece))
        for each in known:
            outside = outside.replace(each, " ")
        if _WORD.search(outside):
            found.append(" ".join(outside.split()))
    return found


def _outside(text: str) -> str:
    kept, depth = [], 0
    for char in text:
        depth += (char == BEGIN) - (char == END)
        if depth == 0 and char != END:
            kept.append(char)
        elif depth == 1 and char == BEGIN:
            kept.append(" ")
    return "".join(kept)


class _Reader(HTMLParser):
    """The texts and the read attributes of a page, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._inside: list[str] = []
        self._buffer = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._flush_at(tag)
        if tag in _NOT_READ:
            self._inside.append(tag)
        self.pieces += [
            value for name, value in given.items() if name in READ or name.startswith("data-word")
        ]
        if tag == "input" and given.get("type", "text") in ("submit", "button"):
            self.pieces.append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        self._flush_at(tag)
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self._buffer += data

    def close(self) -> None:
        super().close()
        self._flush_at("html")

    def _flush_at(self, tag: str) -> None:
        """A sentence goes on through marks of emphasis, which may stand inside a translated one."""
        if tag not in ("strong", "em", "a", "abbr", "span", "b", "i", "br", "code", "time", "kbd"):
            self.pieces.append(self._buffer)
            self._buffer = ""
