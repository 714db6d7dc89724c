"""Texts that were kept, and whose process ended before it acted on them: nothing of them may be lost."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from clinic.selectors.numbers import owners_of
from notifications.domain.inbound import Meaning
from notifications.models import Escalation, InboundMessage, Message, PatientAnswer, StoppedAddress
from notifications.services.inbound.acts import hand_to_person
from notifications.services.inbound.take import act_or_ask

LEFT_AFTER = timedelta(minutes=5)
"""No request is at a text for so long."""
LOOKS_BACK = timedelta(days=7)


def take_up_left(now: datetime) -> int:
    """Act on the texts that left no trace; how many. Again, it finds none.

    Only a stop is carried out so late, and only where nothing came after it. The rest a person reads: what it was an
    answer to may have changed.
    """
    rows = list(_left(now))
    for row in rows:
        if row.meaning == Meaning.STOP and not row.is_overtaken:  # type: ignore[attr-defined]
            owners = owners_of(kind="phone", dialable=row.from_address)
            own = [owner for owner in owners if owner.clinic_id == row.clinic_id]
            act_or_ask(row, owners=own, is_certain=False, may_reply=False, now=now)
        else:
            hand_to_person(row, now=now)
    return len(rows)


def _left(now: datetime) -> QuerySet[InboundMessage]:
    this = OuterRef("pk")
    same_number = {"clinic_id": OuterRef("clinic_id"), "channel": OuterRef("channel")}
    was_stopped = StoppedAddress.objects.filter(
        Q(lifted_at=None) | Q(lifted_at__gt=OuterRef("received_at")),
        address=OuterRef("from_address"),
        **same_number,
    )
    later = InboundMessage.objects.filter(
        from_address=OuterRef("from_address"), received_at__gt=OuterRef("received_at"), **same_number
    )
    return (
        InboundMessage.objects.filter(
            ~Exists(Escalation.objects.filter(inbound=this)),
            ~Exists(Message.objects.filter(inbound=this)),
            ~Exists(PatientAnswer.objects.filter(inbound=this)),
            ~(Q(meaning=Meaning.STOP.value) & Exists(was_stopped)),
            clinic__isnull=False,
            handled_at=None,
            received_at__lt=now - LEFT_AFTER,
            received_at__gt=now - LOOKS_BACK,
        )
        .annotate(is_overtaken=Exists(later))
        .order_by("id")
    )
