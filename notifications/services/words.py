"""The text of a message, in the moment in which it is sent."""

from __future__ import annotations

from datetime import datetime

from clinic.selectors.recipients import addressee
from notifications.domain.kinds import ChannelName
from notifications.domain.transport import Outgoing
from notifications.models import Message
from notifications.services.letters import render


def compose(message: Message, *, now: datetime) -> Outgoing | None:
    """The message as it goes out; None: no such address any more."""
    to = message.recipient_id and addressee(clinic_id=message.clinic_id, contact_id=message.recipient_id)
    if not to:
        return None
    subject, text = render(step="book_visit", to=to)
    return Outgoing(
        key=str(message.ref),
        channel=ChannelName(message.channel),
        address=to.address,
        text=text,
        subject=subject,
        sender_name=to.clinic_name,
    )
