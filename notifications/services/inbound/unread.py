"""Texts that a person has read."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from notifications.models import InboundMessage


def mark_handled(*, clinic_id: int, ref: UUID, is_handled: bool, now: datetime) -> bool:
    """Mark the clinic's text as dealt with, or as new again; False where the clinic has no such text."""
    texts = InboundMessage.objects.filter(clinic_id=clinic_id, ref=ref)
    texts.filter(handled_at__isnull=is_handled).update(handled_at=now if is_handled else None)
    return texts.exists()
