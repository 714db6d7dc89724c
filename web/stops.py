"""What the history keeps of stops that a person saw and confirmed."""

from __future__ import annotations

from collections.abc import Sequence

LONGEST_REASON = 500


def with_stops(why: str, stop_codes: Sequence[str]) -> str:
    """Why something was recorded, and which stops its person had confirmed."""
    if not stop_codes:
        return why
    return f"{why} (confirmed: {', '.join(stop_codes)})"[:LONGEST_REASON]
