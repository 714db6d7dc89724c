"""The button that takes back what a note says was done."""

from __future__ import annotations

from typing import Any

from django import template

from web.undo import Undo, undo_of

register = template.Library()


@register.filter
def undo(message: Any) -> Undo | None:
    """``{% with button=message|undo %}``."""
    return undo_of(message)
