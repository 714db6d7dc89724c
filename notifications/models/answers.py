"""What comes back: answers by link or text, check-ins, texts as they came, and numbers that said stop."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.scope import ScopedQuerySet
from notifications.models.base import Addressed, Scoped, append_only
from notifications.models.policies import CHANNEL_CHOICES


class Answer(models.TextChoices):
    CONFIRMED = "confirmed", _("is coming")
    WANTS_OTHER_TIME = "wants_other_time", _("asks for another time")
    MOVED = "moved", _("chose another time")
    CANNOT_COME = "cannot_come", _("cannot come")
    BOOKED = "booked", _("chose a time")
    NOT_ME = "not_me", _("is somebody else")
    STOPPED = "stopped", _("wants no more messages")


class PatientAnswer(Scoped):
    """What a patient, or somebody with the patient's link or telephone, said. Written once."""

    patient = models.ForeignKey("clinic.Patient", on_delete=models.PROTECT, related_name="+")
    visit = models.ForeignKey("scheduling.Visit", null=True, on_delete=models.PROTECT, related_name="+")
    visit_sequence = models.PositiveIntegerField(null=True)
    visit_starts_at = models.DateTimeField(null=True)
    """When the visit stood: a confirmation of an earlier time is none of a later one."""
    link = models.ForeignKey(
        "notifications.PatientLink", null=True, on_delete=models.PROTECT, related_name="+"
    )
    inbound = models.ForeignKey(
        "notifications.InboundMessage", null=True, on_delete=models.PROTECT, related_name="+"
    )
    answer = models.CharField(max_length=20, choices=Answer.choices)
    note = models.CharField(max_length=500, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        triggers = append_only()
        indexes = [
            models.Index(fields=["visit", "-id"], name="patient_answer_of_visit"),
            models.Index(fields=["patient", "-id"], name="patient_answer_of_patient"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(answer__in=Answer.values), name="patient_answer_known")
        ]

    def __str__(self) -> str:
        return f"answer {self.pk}"


class InboundMessage(Addressed, models.Model):
    """A text that came in. Without a clinic or a patient where the number is nobody's or several people's."""

    clinic = models.ForeignKey("clinic.Clinic", null=True, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey("clinic.Patient", null=True, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=10, choices=CHANNEL_CHOICES)
    from_address = models.CharField(max_length=254)
    body = models.TextField(max_length=2000)
    received_at = models.DateTimeField()
    meaning = models.CharField(max_length=20, blank=True, default="")
    """``stop``, ``start``, ``help``, ``confirm``, ``reschedule``, ``decline``; empty: not understood, a person reads it."""
    handled_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["clinic", "-received_at"], name="inbound_of_clinic")]

    def __str__(self) -> str:
        return f"inbound {self.pk}"


class StoppedAddress(Scoped):
    """A number or address that said stop: nothing goes there until the stop is lifted, whoever it belongs to."""

    channel = models.CharField(max_length=10, choices=CHANNEL_CHOICES)
    address = models.CharField(max_length=254)
    """As ``ContactPoint.dialable`` writes it: E.164, or the address in lower case."""
    words = models.CharField(max_length=160)
    """What was said, as it came."""
    stopped_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    lifted_because = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "channel", "address"],
                condition=Q(lifted_at__isnull=True),
                name="stopped_address_once",
            )
        ]

    def __str__(self) -> str:
        return f"stop {self.pk}"


class Grade(models.TextChoices):
    """How soon somebody must act on a check-in; docs/reference/check-in.md."""

    EMERGENCY = "emergency", _("emergency now")
    SAME_DAY = "same_day", _("same day")
    WORKING_DAY = "working_day", _("within one working day")
    FINE = "fine", _("as expected")


class CheckIn(Scoped, Addressed):
    """The answers of one check-in and how they were read. Written once; answering again is another row."""

    patient = models.ForeignKey("clinic.Patient", on_delete=models.PROTECT, related_name="+")
    follow_up = models.ForeignKey(
        "scheduling.FollowUp", null=True, on_delete=models.PROTECT, related_name="+"
    )
    link = models.ForeignKey(
        "notifications.PatientLink", null=True, on_delete=models.PROTECT, related_name="+"
    )
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    """The member who asked by telephone; None: the patient answered."""
    answers = models.JSONField()
    grade = models.CharField(max_length=12, choices=Grade.choices)
    matched = models.JSONField(default=list)
    """The keys of the rules that gave the grade."""
    rules_version = models.PositiveIntegerField()
    answered_at = models.DateTimeField()

    class Meta:
        triggers = append_only()
        indexes = [models.Index(fields=["patient", "-answered_at"], name="check_in_of_patient")]
        constraints = [
            models.CheckConstraint(condition=Q(grade__in=Grade.values), name="check_in_grade_known")
        ]

    def __str__(self) -> str:
        return f"check-in {self.pk}"
