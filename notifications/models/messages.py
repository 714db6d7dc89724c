"""Messages, every attempt to send one, what providers report, and the mail that stays in this installation.

Patient data: that a message exists and to whom (Message), everything in InAppMail. A message row holds no
address and no text: both are read from the record when it is sent.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from clinic.scope import ScopedQuerySet
from notifications.domain.kinds import ChannelName, MessageKind
from notifications.domain.plan import WhyNot
from notifications.domain.states import LEASED, OPEN, Outcome, State

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

_KNOWN_REASONS = ["", *(reason.value for reason in WhyNot)]
_LEASED = sorted(state.value for state in LEASED)


class MessageQuerySet(ScopedQuerySet["Message"]):
    def open(self) -> MessageQuerySet:
        return self.filter(state__in=OPEN)


class Message(models.Model):
    """One thing to tell one person through one channel. The unique key is the promise not to tell it twice."""

    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    """Names the message to a provider as well: the same at every attempt."""
    clinic = models.ForeignKey("clinic.Clinic", on_delete=models.PROTECT, db_index=False, related_name="+")
    patient = models.ForeignKey(
        "clinic.Patient", null=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    """Whom it is about; None only for a word to staff that is about nobody."""
    recipient = models.ForeignKey(
        "clinic.ContactPoint", null=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    """The patient's, or a helper's, address or number; None for a message to ``user``."""
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    """The member of staff whom an escalation is told to."""
    kind = models.CharField(max_length=20)
    implant = models.ForeignKey(
        "clinic.Implant", null=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    visit = models.ForeignKey(
        "scheduling.Visit", null=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    follow_up = models.ForeignKey(
        "scheduling.FollowUp", null=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    escalation = models.ForeignKey(
        "notifications.Escalation",
        null=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="messages",
    )
    inbound = models.ForeignKey(
        "notifications.InboundMessage",
        null=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="replies",
    )
    occurrence = models.CharField(max_length=60)
    """What it is about, once: ``visit:55``, ``fill:12``, ``escalation:3``, ``emergency:4``, ``account:`` and anything."""
    step = models.CharField(max_length=20)
    channel = models.CharField(max_length=10)
    planned_version = models.CharField(max_length=20)
    """Moves with what the message says: a visit's sequence, a target day. Another version is another message."""
    wants_answer = models.BooleanField(default=False)
    is_critical = models.BooleanField(default=False)
    """A doubled one is a nuisance, a lost one is not to be borne: see docs/adr on ``unknown``."""
    carried_by = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, db_index=False, related_name="carries"
    )
    """The message that says this one's content too: one digest rather than three texts."""
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
    is_cancel_requested = models.BooleanField(default=False)
    """What it says was taken back while it was being sent: a correction follows once it is out."""
    provider = models.CharField(max_length=30, blank=True, default="")
    provider_message_id = models.CharField(max_length=150, null=True)
    look_again_at = models.DateTimeField(null=True)
    """When an unknown one is looked up, or sent again under the same key; None: nobody can tell, a person acts."""
    looks_made = models.PositiveSmallIntegerField(default=0)
    invite_method = models.CharField(max_length=10, blank=True, default="")
    """What the calendar that went with it asked; empty: there was none. Written when sending begins."""
    invite_uid = models.UUIDField(null=True)
    """The entry as the reader's calendar knows it: what comes later must name the same one."""
    invite_sequence = models.PositiveIntegerField(null=True)
    invite_ends_at = models.DateTimeField(null=True)
    """When the visit ends in that calendar; its words say when it begins only."""

    attempts: RelatedManager[Attempt]
    mails: RelatedManager[InAppMail]

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "kind", "occurrence", "step", "channel", "planned_version"],
                condition=Q(recipient__isnull=False),
                name="message_once",
            ),
            models.UniqueConstraint(
                fields=["user", "kind", "occurrence", "step", "channel", "planned_version"],
                condition=Q(user__isnull=False),
                name="message_to_staff_once",
            ),
            models.CheckConstraint(
                condition=Q(recipient__isnull=False, user__isnull=True, patient__isnull=False)
                | Q(recipient__isnull=True, user__isnull=False),
                name="message_to_one_person",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in MessageKind]), name="message_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(channel__in=[channel.value for channel in ChannelName]),
                name="message_channel_known",
            ),
            models.CheckConstraint(
                condition=Q(look_again_at__isnull=True) | Q(state="unknown"), name="message_looks_if_unknown"
            ),
            models.UniqueConstraint(
                fields=["provider", "provider_message_id"],
                condition=Q(provider_message_id__isnull=False),
                name="message_of_provider",
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
            models.CheckConstraint(
                condition=Q(invite_method="", invite_uid__isnull=True, invite_sequence__isnull=True)
                | Q(
                    invite_method__in=["REQUEST", "CANCEL"],
                    invite_uid__isnull=False,
                    invite_sequence__isnull=False,
                    recipient__isnull=False,
                ),
                name="message_invite_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(state="queued"), name="message_due"),
            models.Index(fields=["lease_until"], condition=Q(state__in=_LEASED), name="message_leased"),
            models.Index(fields=["clinic", "state", "due_at"], name="message_by_state"),
            models.Index(fields=["patient", "-due_at"], name="message_of_patient"),
            models.Index(fields=["look_again_at"], condition=Q(state="unknown"), name="message_to_look_up"),
            # A message is rewritten three times until it is accepted, with an entry in every index: of what it names,
            # those that it has, and none twice. Clinic, recipient and user lead an index above or that of their clinic.
            *(
                models.Index(
                    fields=[name], condition=Q((f"{name}__isnull", False)), name=f"message_of_{name}"
                )
                for name in ("implant", "visit", "follow_up", "escalation", "inbound", "carried_by")
            ),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"


class Correspondence(models.Model):
    """One row a patient, locked while that patient's messages are planned: after every other lock, by patient's id.

    Caps and digests look at all messages of a patient, so two pumps' changes must not plan side by side.
    """

    clinic = models.ForeignKey("clinic.Clinic", on_delete=models.PROTECT, related_name="+")
    patient = models.OneToOneField("clinic.Patient", on_delete=models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"correspondence of patient {self.patient_id}"


class Attempt(models.Model):
    """One try at sending. Written before it begins; without an end when the process died over it."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, db_index=False, related_name="attempts")
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
    """A letter or text that did not leave this installation, for a first try without a mail server."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="mails")
    to = models.TextField()
    subject = models.TextField(blank=True, default="")
    body = models.TextField()
    kept_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message"], name="in_app_mail_once")]

    def __str__(self) -> str:
        return f"mail {self.pk}"


class WebhookEvent(models.Model):
    """One report of a provider, taken once whatever the number of times it comes. Holds no number and no text."""

    provider = models.CharField(max_length=30)
    event_id = models.CharField(max_length=150)
    """The provider's own, or the digest of what came where it names none."""
    payload_sha256 = models.CharField(max_length=64)
    provider_message_id = models.CharField(max_length=150, blank=True, default="")
    message_ref = models.UUIDField(null=True)
    status = models.CharField(max_length=30, blank=True, default="")
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)
    """None while no message is known by that id: the report can come before our own commit."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "event_id"], name="webhook_event_once")]
        indexes = [
            models.Index(
                fields=["received_at"], condition=Q(applied_at__isnull=True), name="webhook_to_apply"
            )
        ]

    def __str__(self) -> str:
        return f"report {self.pk} of {self.provider}"


class WebhookRefusal(models.Model):
    """How many reports that claimed to be a provider's were refused on a day (UTC). Holds nothing of what came."""

    provider = models.CharField(max_length=30)
    day = models.DateField()
    number = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "day"], name="webhook_refusal_one_a_day")]

    def __str__(self) -> str:
        return f"refusals of {self.provider} on {self.day}"


class ReconcilerRun(models.Model):
    """One hourly comparison of a clinic: every pump accounted for, every message there that should be."""

    clinic = models.ForeignKey("clinic.Clinic", on_delete=models.PROTECT, related_name="+")
    hour = models.DateTimeField()
    """The full hour (UTC) it stands for: one run an hour and clinic."""
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    implants = models.PositiveIntegerField(default=0)
    unwatched = models.PositiveIntegerField(default=0)
    """Pumps with neither a visit in time nor open work: the lapse guard's."""
    planned = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)
    """Messages that should stand and did not; a defect."""
    surplus = models.PositiveIntegerField(default=0)
    """Messages that waited and should not; a defect."""
    overdue = models.PositiveIntegerField(default=0)
    """Messages past their time that nobody took."""
    ownerless = models.PositiveIntegerField(default=0)
    """Messages that need a person and have no escalation, open or acknowledged; a defect."""

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "hour"], name="reconciler_run_once")]

    def __str__(self) -> str:
        return f"reconciliation of clinic {self.clinic_id}"
