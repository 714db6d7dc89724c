"""Cells that a spreadsheet shows and never runs (OWASP, CSV injection)."""

from __future__ import annotations

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""The wide forms too: some spreadsheets take them for the narrow ones."""


def harmless(cell: object) -> str:
    """The cell's text; one that a spreadsheet would take for a formula gets an apostrophe before it."""
    text = "" if cell is None else str(cell)
    # Some leave out what is blank before they look; tabs and breaks are starts of their own.
    return "'" + text if text.lstrip(" \u00a0").startswith(_FORMULA_STARTS) else text
