"""How a matter about a visit is named: by the start that the patient was told, whoever sees the patient and where."""

from __future__ import annotations

from datetime import UTC, datetime


def visit_key(visit_id: int, starts_at: datetime) -> str:
    """Moved, a visit is another to ask about; back at its old time it is the same again."""
    return f"visit:{visit_id}:{starts_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
