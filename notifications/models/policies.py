"""How a clinic tells people: hours and caps, rules per kind of message, its own words, its reading of check-ins."""

from __future__ import annotations

from datetime import time

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications.domain.kinds import RULED_KINDS, ChannelName, MessageKind
from notifications.models.base import Scoped, append_only

KIND_CHOICES = [(kind.value, kind.value) for kind in MessageKind]
CHANNEL_CHOICES = [(ChannelName.EMAIL.value, _("e-mail")), (ChannelName.SMS.value, _("text message"))]


class MessagingPolicy(Scoped):
    """One a clinic. Hours are on the recipient's clock."""

    quiet_from = models.TimeField(_("quiet from"), default=time(21))
    quiet_until = models.TimeField(_("quiet until"), default=time(8))
    most_texts_a_day = models.PositiveSmallIntegerField(_("texts a day at most"), default=1)
    most_texts_a_week = models.PositiveSmallIntegerField(_("texts a week at most"), default=3)
    unanswered_days = models.PositiveSmallIntegerField(
        _("an unanswered reminder becomes a call this many days before the visit"), default=3
    )
    place = models.CharField(_("place, as messages name it"), max_length=120, blank=True, default="")
    is_text_on = models.BooleanField(_("send text messages"), default=True)
    is_invitation_on = models.BooleanField(_("send visits to patients' own calendars"), default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic"], name="messaging_policy_one_a_clinic"),
            models.CheckConstraint(
                condition=Q(most_texts_a_day__gte=1, most_texts_a_week__gte=1),
                name="messaging_policy_caps_sane",
            ),
            models.CheckConstraint(
                condition=Q(unanswered_days__lte=30), name="messaging_policy_unanswered_sane"
            ),
            models.CheckConstraint(
                condition=~Q(quiet_from=models.F("quiet_until")), name="messaging_policy_quiet_sane"
            ),
        ]

    def __str__(self) -> str:
        return f"messaging policy of clinic {self.clinic_id}"


class ReminderRule(Scoped):
    """One step of one kind: so many days from what it is about, at a local time, through these channels in order."""

    kind = models.CharField(max_length=20, choices=KIND_CHOICES)
    step = models.SlugField(max_length=20)
    """Names the step in a message's key; stays when the days are changed."""
    days = models.SmallIntegerField(_("days before (−) or after"))
    at = models.TimeField(_("at"), default=time(9))
    channels = ArrayField(models.CharField(max_length=10, choices=CHANNEL_CHOICES), verbose_name=_("through"))
    wants_answer = models.BooleanField(_("asks for an answer"), default=False)
    is_critical = models.BooleanField(_("if it may be lost, tell by another channel too"), default=False)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["kind", "days", "id"]
        constraints = [
            models.UniqueConstraint(fields=["clinic", "kind", "step"], name="reminder_rule_once"),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in RULED_KINDS]), name="reminder_rule_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(days__gte=-120, days__lte=400), name="reminder_rule_days_sane"
            ),
            models.CheckConstraint(
                condition=Q(channels__len__gte=1)
                & Q(channels__contained_by=[channel.value for channel in ChannelName]),
                name="reminder_rule_channels_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.step} of clinic {self.clinic_id}"


class MessageTemplate(Scoped):
    """A clinic's own words for one purpose, channel and language; the newest row counts, an empty body: the shipped.

    ``purpose`` names the words (``visit``, ``book_visit``, ``check_in``, ``moved``, ``cancelled``, ``digest``, …).
    """

    purpose = models.SlugField(max_length=30)
    channel = models.CharField(max_length=10, choices=CHANNEL_CHOICES)
    language = models.CharField(max_length=5)
    subject = models.CharField(_("subject"), max_length=150, blank=True, default="")
    body = models.TextField(_("text"), max_length=4000, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        triggers = append_only()
        indexes = [
            models.Index(
                fields=["clinic", "purpose", "channel", "language", "-id"], name="message_template_newest"
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(channel__in=[channel.value for channel in ChannelName]),
                name="message_template_channel_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} by {self.channel} in {self.language}"


class CheckInRules(Scoped):
    """How a clinic reads the answers of a check-in, in versions; the highest is in force, none is ever changed."""

    version = models.PositiveIntegerField()
    rows = models.JSONField()
    """A list that ``notifications.domain.check_in`` reads and checks."""
    note = models.CharField(_("what changed"), max_length=200, blank=True, default="")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        triggers = append_only()
        constraints = [
            models.UniqueConstraint(fields=["clinic", "version"], name="check_in_rules_version_once")
        ]

    def __str__(self) -> str:
        return f"check-in rules {self.version} of clinic {self.clinic_id}"
