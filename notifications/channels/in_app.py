"""Messages that stay in this installation: for a first try, the demo, and a channel without a provider."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models.functions import Now

from notifications.domain.states import Outcome
from notifications.domain.transport import Capability, Found, LookUp, Outgoing, Receipt
from notifications.models import InAppMail, Message


class InAppCarrier:
    """Keeps each message as a row of the Messages page, once per key whatever the number of times it is sent."""

    name = "in_app"
    capability = Capability(idempotent_for=timedelta(days=36_500), settle=timedelta(0))
    longest = timedelta(seconds=5)

    def send(self, outgoing: Outgoing) -> Receipt:
        message_id = Message.objects.values_list("id", flat=True).filter(ref=outgoing.key).first()
        if message_id is None:
            return Receipt(Outcome.REFUSED, error="no such message")
        InAppMail.objects.bulk_create(
            [
                InAppMail(
                    message_id=message_id,
                    to=outgoing.address,
                    subject=outgoing.subject,
                    body=outgoing.text,
                    kept_at=Now(),
                )
            ],
            ignore_conflicts=True,
        )
        return Receipt(Outcome.ACCEPTED, provider_message_id=outgoing.key)

    def look_up(self, *, key: str, address: str, since: datetime) -> LookUp:
        if InAppMail.objects.filter(message__ref=key).exists():
            return LookUp(Found.ACCEPTED, key)
        return LookUp(Found.ABSENT)
