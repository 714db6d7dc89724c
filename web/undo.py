"""A note that something is done, with a button that takes it back, or with the way to what it is about."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Undo:
    """Where the button posts to, and what with: pairs of field and value. ``label`` says more than "Undo".

    With a label it may as well lead on instead of back.
    """

    url: str
    fields: Sequence[tuple[str, str]] = field(default_factory=tuple)
    label: str = ""


def say_done(request: HttpRequest, text: str, *, undo: Undo | None = None) -> None:
    """Tell on the next page that ``text`` is done; with ``undo`` a button stands beside it."""
    tags = ""
    if undo is not None:
        tags = json.dumps(
            {"url": undo.url, "fields": [list(pair) for pair in undo.fields], "label": undo.label}
        )
    messages.success(request, text, extra_tags=tags)


@dataclass(frozen=True, slots=True)
class Way:
    """A link that stands in a note: where it leads and what it says."""

    url: str
    label: str


def say_with_way(request: HttpRequest, level: int, text: str, *, way: Way | None) -> None:
    """Tell ``text`` on the next page at a level of ``django.contrib.messages``, with the way to what it is about."""
    tags = "" if way is None else json.dumps({"way": way.url, "label": way.label})
    messages.add_message(request, level, text, extra_tags=tags)


def undo_of(message: Any) -> Undo | None:
    """The button of a message; None where it has none."""
    stored = _stored(message)
    if "url" not in stored:
        return None
    return Undo(stored["url"], [(name, value) for name, value in stored["fields"]], stored["label"])


def way_of(message: Any) -> Way | None:
    """The link of a message; None where it has none."""
    stored = _stored(message)
    return Way(stored["way"], stored["label"]) if "way" in stored else None


def _stored(message: Any) -> dict[str, Any]:
    tags = getattr(message, "extra_tags", "") or ""
    return json.loads(tags) if tags.startswith("{") else {}
