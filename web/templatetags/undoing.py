"""What stands beside a note: the button that takes back what was done, the link to what it is about."""

from __future__ import annotations

from typing import Any

from django import template

from web.undo import Undo, Way, undo_of, way_of

register = template.Library()


@register.filter
def undo(message: Any) -> Undo | None:
    """``{% with button=message|undo %}``."""
    return undo_of(message)


@register.filter
def way(message: Any) -> Way | None:
    """``{% with link=message|way %}``."""
    return way_of(message)
