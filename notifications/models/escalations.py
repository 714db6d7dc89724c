"""What must end in a person's acknowledgement, who is asked, and who is on call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications.domain.escalation.ladder import ENDS
from notifications.models.base import Addressed, Scoped, append_only

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class Cause(models.TextChoices):
    """Why somebody must act."""

    RUNNING_LATE = "running_late", _("refill running late")
    RED_FLAG = "red_flag", _("alarming answers of a check-in")
    CHECK_IN_MISSED = "check_in_missed", _("check-in not answered")
    UNANSWERED = "unanswered", _("visit not confirmed")
    MAY_BE_LOST = "may_be_lost", _("message may not have arrived")
    NOT_DELIVERED = "not_delivered", _("message could not be delivered")
    MISSED = "missed", _("message was not sent in time")
    UNREACHABLE = "unreachable", _("nobody to send to")
    STOPPED = "stopped", _("patient wants no more messages")
    CANNOT_COME = "cannot_come", _("patient cannot come")
    WANTS_OTHER_TIME = "wants_other_time", _("patient asks for another time")
    NOT_UNDERSTOOD = "not_understood", _("answer needs reading")
    NOT_ME = "not_me", _("reached somebody else")
    WEBHOOK_REFUSED = "webhook_refused", _("a report from a provider was refused")
    SECOND_CHECK = "second_check", _("second check is stuck")


class EscalationOutcome(models.TextChoices):
    SPOKE = "spoke", _("spoke with the patient")
    SPOKE_HELPER = "spoke_helper", _("spoke with a relative or helper")
    BOOKED = "booked", _("a visit is booked")
    SENT_IN = "sent_in", _("sent to the emergency department")
    NO_ANSWER = "no_answer", _("no answer; will be tried again")
    MENDED = "mended", _("address or number corrected")
    NOT_NEEDED = "not_needed", _("nothing to be done")


_TRIGGERS = [
    pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
    # What a person ended stays as it was ended; a new matter is another row.
    pgtrigger.Protect(
        name="ended_stays_ended",
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(old__acknowledged_at__isnull=False),
    ),
    pgtrigger.Protect(
        name="rung_never_sinks",
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(new__rung__lt=pgtrigger.F("old__rung")),
    ),
]


class Escalation(Scoped, Addressed):
    """One matter that climbs until a person acknowledges it with an outcome; nothing else ends it."""

    cause = models.CharField(max_length=20, choices=Cause.choices)
    key = models.CharField(max_length=80)
    """What it is about, so that the same matter is open once: ``message:12``, ``implant:7``, ``visit_key``."""
    patient = models.ForeignKey("clinic.Patient", null=True, on_delete=models.PROTECT, related_name="+")
    implant = models.ForeignKey("clinic.Implant", null=True, on_delete=models.PROTECT, related_name="+")
    visit = models.ForeignKey("scheduling.Visit", null=True, on_delete=models.PROTECT, related_name="+")
    message = models.ForeignKey(
        "notifications.Message", null=True, on_delete=models.PROTECT, related_name="+"
    )
    check_in = models.ForeignKey(
        "notifications.CheckIn", null=True, on_delete=models.PROTECT, related_name="+"
    )
    inbound = models.ForeignKey(
        "notifications.InboundMessage", null=True, on_delete=models.PROTECT, related_name="+"
    )
    rung = models.PositiveSmallIntegerField()
    """``scheduling.domain.care.rungs.Rung``: how grave; only ever raised while open."""
    level = models.PositiveSmallIntegerField(default=0)
    """How many times it went on to the next person because nobody acted in time."""
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    """Who is asked now; None: whoever is on call, for want of anybody by name."""
    opened_at = models.DateTimeField()
    respond_by = models.DateTimeField()
    """When it goes on to the next person."""
    again_at = models.DateTimeField(null=True)
    """Somebody tried and nobody answered: it is that person's again from then on, and not passed on before."""
    gone_at = models.DateTimeField(null=True)
    """Since when its cause no longer holds. It is passed on no further, and waits for a person to confirm."""
    gone_because = models.CharField(max_length=20, blank=True, default="")
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    outcome = models.CharField(max_length=15, choices=EscalationOutcome.choices, blank=True, default="")
    note = models.CharField(max_length=500, blank=True, default="")

    steps: RelatedManager[EscalationStep]

    class Meta:
        triggers = _TRIGGERS
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "cause", "key"],
                condition=Q(acknowledged_at__isnull=True),
                name="escalation_open_once",
            ),
            models.CheckConstraint(condition=Q(cause__in=Cause.values), name="escalation_cause_known"),
            models.CheckConstraint(condition=Q(rung__gte=1, rung__lte=5), name="escalation_rung_known"),
            models.CheckConstraint(
                condition=Q(acknowledged_at__isnull=True, acknowledged_by__isnull=True, outcome="")
                | Q(
                    acknowledged_at__isnull=False,
                    acknowledged_by__isnull=False,
                    outcome__in=[outcome.value for outcome in ENDS],
                ),
                name="escalation_ends_in_a_person",
            ),
        ]
        indexes = [
            models.Index(
                fields=["clinic", "-rung", "respond_by"],
                condition=Q(acknowledged_at__isnull=True),
                name="escalation_open",
            ),
            models.Index(
                fields=["respond_by"], condition=Q(acknowledged_at__isnull=True), name="escalation_to_raise"
            ),
            models.Index(
                fields=["clinic", "responsible", "rung"],
                condition=Q(acknowledged_at__isnull=True, gone_at__isnull=True),
                name="escalation_pressing",
            ),
            models.Index(fields=["patient", "-id"], name="escalation_of_patient"),
            models.Index(fields=["clinic", "cause", "key", "-id"], name="escalation_of_key"),
        ]

    def __str__(self) -> str:
        return f"escalation {self.pk}"


class EscalationStep(Scoped):
    """What happened to an escalation, when, by or to whom. Written once."""

    class What(models.TextChoices):
        OPENED = "opened", _("opened")
        GRAVER = "graver", _("graver now")
        ADDED = "added", _("more answers")
        TOLD = "told", _("told")
        PASSED_ON = "passed_on", _("passed on")
        TRIED = "tried", _("tried")
        GONE = "gone", _("resolved by itself")
        BACK = "back", _("not resolved after all")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")

    escalation = models.ForeignKey(Escalation, on_delete=models.PROTECT, related_name="steps")
    what = models.CharField(max_length=15, choices=What.choices)
    at = models.DateTimeField()
    level = models.PositiveSmallIntegerField(default=0)
    rung = models.PositiveSmallIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    check_in = models.ForeignKey(
        "notifications.CheckIn", null=True, on_delete=models.PROTECT, related_name="+"
    )
    """The answers that joined the matter after those that opened it."""
    note = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        triggers = append_only()
        indexes = [models.Index(fields=["escalation", "id"], name="escalation_step_in_order")]

    def __str__(self) -> str:
        return f"{self.what} of escalation {self.escalation_id}"


class Duty(models.TextChoices):
    """In which order people are asked."""

    NURSE = "nurse", _("nurse on call")
    SECOND = "second", _("second nurse")
    PHYSICIAN = "physician", _("physician on call")


class RosterEntry(Scoped):
    """Who is on call on a weekday, clinic time; Monday is 0."""

    weekday = models.PositiveSmallIntegerField()
    duty = models.CharField(max_length=10, choices=Duty.choices)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "weekday", "duty"], name="roster_one_a_duty"),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="roster_weekday_known"),
            models.CheckConstraint(condition=Q(duty__in=Duty.values), name="roster_duty_known"),
        ]

    def __str__(self) -> str:
        return f"{self.duty} on weekday {self.weekday}"
