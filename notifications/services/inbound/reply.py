"""The answer to a text: a message like any other, through the outbox, once a text."""

from __future__ import annotations

from datetime import datetime, timedelta

from clinic.selectors.numbers import NumberOwner
from notifications.domain.kinds import ChannelName, MessageKind
from notifications.models import InboundMessage, Message
from scheduling.selectors.rows import Visit

USEFUL_FOR = timedelta(hours=12)


def reply(
    row: InboundMessage, owner: NumberOwner, *, step: str, now: datetime, visit: Visit | None = None
) -> None:
    """Have the text answered, at once and whatever the hour: who writes is awake. Asked again, it is one message."""
    message = Message(
        clinic_id=owner.clinic_id,
        patient_id=owner.patient_id,
        recipient_id=owner.contact_id,
        kind=MessageKind.REPLY,
        visit=visit,
        inbound=row,
        occurrence=f"inbound:{row.pk}",
        step=step,
        channel=ChannelName.SMS,
        planned_version=str(visit.sequence) if visit else "1",
        due_at=now,
        not_after=now + USEFUL_FOR,
        planned_at=now,
    )
    Message.objects.bulk_create([message], ignore_conflicts=True)


def was_told(owner: NumberOwner, *, step: str, now: datetime) -> bool:
    """Whether the number was given this answer in the last hours, or is about to be."""
    told = Message.objects.filter(recipient_id=owner.contact_id, kind=MessageKind.REPLY, step=step)
    return told.filter(planned_at__gt=now - USEFUL_FOR).exists()
