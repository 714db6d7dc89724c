"""Texts from numbers that no clinic knows: whoever runs the installation says whose they are."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from notifications.models import InboundMessage
from notifications.services.inbound.acts import hand_to_person


def give_to_clinic(*, ref: UUID, clinic_id: int, now: datetime) -> bool:
    """Put a text of nobody before the clinic, where a person is asked to read it; False where there is no such text."""
    with transaction.atomic():
        row = _waiting(ref)
        if row is None:
            return False
        row.clinic_id = clinic_id
        row.save(update_fields=["clinic"])
        hand_to_person(row, now=now)
    return True


def put_away(*, ref: UUID, now: datetime) -> bool:
    """Nobody here need read it; False where there is no such text."""
    with transaction.atomic():
        row = _waiting(ref)
        if row is None:
            return False
        row.handled_at = now
        row.save(update_fields=["handled_at"])
    return True


def _waiting(ref: UUID) -> InboundMessage | None:
    rows = InboundMessage.objects.select_for_update(of=("self",))
    return rows.filter(ref=ref, clinic=None, handled_at=None).first()
