"""An e-mail back end for an installation without a mail server: mail stays in the Messages page."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from notifications.models import InAppMail, Message
from notifications.services.letters import MESSAGE_HEADER


class InAppBackend(BaseEmailBackend):
    """Keeps each mail as a row. Set ``EMAIL_URL`` to send real ones."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for mail in email_messages:
            ref = mail.extra_headers.get(MESSAGE_HEADER)
            message_id = Message.objects.filter(ref=ref).values_list("id", flat=True).first() if ref else None
            InAppMail.objects.create(
                message_id=message_id,
                to=", ".join(mail.recipients()),
                subject=str(mail.subject),
                body=str(mail.body),
                kept_at=timezone.now(),
            )
        return len(email_messages)
