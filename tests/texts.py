"""Texts as they come in, and the patients who send them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.db.models import QuerySet

from clinic.models import ContactPoint, Patient
from clinic.services.patients import add_contact_point, record_consent
from notifications.models import InboundMessage, Message, StoppedAddress
from notifications.services.inbound import CameIn, take_text
from scheduling.models import Visit
from tests.factories import House, make_patient

NUMBER = "+13125550142"
_numbers = count(1)


def texter(house: House, *, number: str = NUMBER, **values: Any) -> Patient:
    """A patient who agreed to reminders by text and gave a number."""
    patient = make_patient(house, **values)
    by = {"clinic": house.clinic, "patient_ref": patient.ref, "actor_id": house.nurse.id, "now": house.now}
    record_consent(channel="sms", is_granted=True, wording="May we text you? Yes.", **by)
    add_contact_point(kind="phone", value=number, **by)
    return patient


def asked(house: House, visit: Visit, *, version: str = "", **values: Any) -> Message:
    """A text that is out and asks about the visit."""
    number = ContactPoint.objects.get(patient=visit.patient, kind="phone", proxy=None)
    whole = {
        "kind": "check_up",
        "step": f"asked{next(_numbers)}",
        "state": "delivered",
        "first_sent_at": house.now,
        "wants_answer": True,
    }
    return Message.objects.create(
        clinic=house.clinic,
        patient=visit.patient,
        recipient=number,
        visit=visit,
        occurrence=f"visit:{visit.pk}",
        channel="sms",
        planned_version=version or str(visit.sequence),
        due_at=house.now,
        not_after=visit.starts_at,
        planned_at=house.now,
        **(whole | values),
    )


def stops(house: House) -> QuerySet[StoppedAddress]:
    """The stops of this clinic. The others have theirs."""
    return StoppedAddress.objects.for_clinic(house.clinic.pk)


@dataclass
class Came:
    """What a text left behind."""

    texts: list[InboundMessage]
    replies: list[str]

    @property
    def one(self) -> InboundMessage:
        (only,) = self.texts
        return only


def text(house: House, body: str, *, number: str = NUMBER, at: datetime | None = None, **values: Any) -> Came:
    """Let a text come in."""
    now = at or house.now + timedelta(minutes=1)
    before = set(InboundMessage.objects.values_list("pk", flat=True))
    event_id = values.pop("event_id", f"SM{next(_numbers)}")
    came = CameIn(
        provider="twilio",
        event_id=event_id,
        payload_sha256="0" * 64,
        from_address=number,
        body=body,
        **values,
    )
    take_text(came, now=now)
    new = InboundMessage.objects.exclude(pk__in=before).order_by("id")
    steps = (
        Message.objects.filter(kind="reply", inbound__in=new).order_by("id").values_list("step", flat=True)
    )
    return Came(list(new), list(steps))
