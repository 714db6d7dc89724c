"""Messages, every attempt to send one, and the mail that stays in this installation. Private to this package.

Patient data: that a message exists and to whom (Message), everything in InAppMail. A message row holds no
address and no text: both are read from the record when it is sent.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from notifications.domain.plan import WhyNot
from notifications.domain.states import LEASED, OPEN, Outcome, State

_KNOWN_REASONS = ["", *(reason.value for reason in WhyNot)]
_LEASED = sorted(state.value for state in LEASED)


class MessageQuerySet(models.QuerySet["Message"]):
    def for_clinic(self, clinic_id: int) -> MessageQuerySet:
        return self.filter(clinic_id=clinic_id)

    def open(self) -> MessageQuerySet:
        return self.filter(state__in=OPEN)


class Message(models.Model):
    """One thing to tell one person through one channel. The unique key is the promise not to tell it twice."""

    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    """Names the message to a provider as well: the same at every attempt."""
    clinic = models.ForeignKey("clinic.Clinic", on_delete=models.PROTECT, related_name="+")
    recipient = models.ForeignKey("clinic.ContactPoint", on_delete=models.PROTECT, related_name="+")
    implant = models.ForeignKey("clinic.Implant", on_delete=models.PROTECT, related_name="+")
    occurrence = models.CharField(max_length=40)
    step = models.CharField(max_length=20)
    channel = models.CharField(max_length=10)
    planned_version = models.CharField(max_length=20)
    state = models.CharField(max_length=10, default=State.QUEUED)
    reason = models.CharField(max_length=20, blank=True, default="")
    due_at = models.DateTimeField()
    not_after = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(default=0)
    """Counts the claims: a dispatcher that lost its lease finds another number and changes nothing."""
    attempts_made = models.PositiveIntegerField(default=0)
    planned_at = models.DateTimeField()
    first_sent_at = models.DateTimeField(null=True)
    """Since when the person has it or may have it; None as long as it certainly went nowhere."""
    settled_at = models.DateTimeField(null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "implant", "occurrence", "step", "channel", "planned_version"],
                name="message_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in State]), name="message_state_known"
            ),
            models.CheckConstraint(condition=Q(reason__in=_KNOWN_REASONS), name="message_reason_known"),
            models.CheckConstraint(
                condition=Q(state__in=["suppressed", "cancelled"]) & ~Q(reason="")
                | ~Q(state__in=["suppressed", "cancelled"]),
                name="message_not_sent_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(state__in=_LEASED, lease_until__isnull=False)
                | (~Q(state__in=_LEASED) & Q(lease_until__isnull=True)),
                name="message_leased_in_hand",
            ),
            models.CheckConstraint(condition=Q(not_after__gt=F("due_at")), name="message_due_before_end"),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(state="queued"), name="message_due"),
            models.Index(fields=["lease_until"], condition=Q(state__in=_LEASED), name="message_leased"),
            models.Index(fields=["clinic", "state", "due_at"], name="message_by_state"),
            models.Index(fields=["implant"], name="message_of_implant"),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"


class Attempt(models.Model):
    """One try at sending. Written before it begins; without an end when the process died over it."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="attempts")
    fence = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, blank=True, default="")
    error = models.CharField(max_length=80, blank=True, default="")
    """The class of what was raised and a reply code, never a text or an address."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "fence"], name="attempt_once_per_claim"),
            models.CheckConstraint(
                condition=Q(outcome__in=["", *(outcome.value for outcome in Outcome)]),
                name="attempt_outcome_known",
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.fence} at message {self.message_id}"


class InAppMail(models.Model):
    """A letter that did not leave this installation, for a first try without a mail server."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="mails")
    to = models.TextField()
    subject = models.TextField()
    body = models.TextField()
    kept_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"mail {self.pk}"
