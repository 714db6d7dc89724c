"""E-mail back ends: SMTP that ends in time, and none at all, where mail stays in the Messages page."""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend
from django.utils import timezone

from notifications.channels.deadline import WatchedSmtp, WatchedSmtpSsl
from notifications.channels.email import MESSAGE_HEADER
from notifications.models import InAppMail, Message

log = logging.getLogger(__name__)


class InAppBackend(BaseEmailBackend):
    """Keeps each letter as a row. Set ``EMAIL_URL`` to send real ones.

    Other mail (a password reset) is not kept: its link would lie open in a table, for somebody who asked for it
    at an address. ``manage.py changepassword`` helps instead.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for mail in email_messages:
            ref = mail.extra_headers.get(MESSAGE_HEADER)
            message_id = Message.objects.values_list("id", flat=True).get(ref=ref) if ref else None
            if message_id is None:
                log.warning("a mail about an account went nowhere: no mail server is set up")
                continue
            kept = InAppMail(
                message_id=message_id,
                to=", ".join(mail.recipients()),
                subject=str(mail.subject),
                body=str(mail.body),
                kept_at=timezone.now(),
            )
            InAppMail.objects.bulk_create([kept], ignore_conflicts=True)
        return len(email_messages)


class SmtpBackend(EmailBackend):
    """Django's, with connections that are shut when their whole time is up (``channels.deadline``)."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return WatchedSmtpSsl if self.use_ssl else WatchedSmtp

    def open(self) -> bool | None:
        """Connected and greeted: what fails until here was certainly not sent."""
        is_new = super().open()
        if is_new and self.connection is not None:
            self.connection.ehlo_or_helo_if_needed()
        return is_new
