"""Secret links: one purpose each, the token stored as its hash, nothing personal in the address."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from notifications.models.base import Scoped


class LinkPurpose(models.TextChoices):
    VISIT = "visit"
    """See one visit, confirm it, ask for another time, say that one cannot come."""
    BOOK = "book"
    """Choose a time for what is due and not booked."""
    CHECK_IN = "check_in"
    PREPARATION = "preparation"


class PatientLink(Scoped):
    """What one link opens. Expired, revoked and never made look alike from outside."""

    clinic = models.ForeignKey(
        "clinic.Clinic", on_delete=models.PROTECT, db_index=False, related_name="+", editable=False
    )
    patient = models.ForeignKey("clinic.Patient", on_delete=models.PROTECT, db_index=False, related_name="+")
    purpose = models.CharField(max_length=15, choices=LinkPurpose.choices)
    visit = models.ForeignKey(
        "scheduling.Visit", null=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    follow_up = models.ForeignKey(
        "scheduling.FollowUp", null=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    message = models.ForeignKey(
        "notifications.Message", null=True, on_delete=models.PROTECT, related_name="links"
    )
    token_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    """First seen; by a person or by a mail scanner, so it proves nothing."""
    used_at = models.DateTimeField(null=True)
    """First acted upon."""
    wrong_tries = models.PositiveSmallIntegerField(default=0)
    """How often the day of birth was given wrongly; after a few nothing can be done by this link any more."""

    class Meta:
        # Each text writes one. Its clinic leads the index that the wall between clinics needs (config/walls.py).
        indexes = [
            models.Index(fields=["visit"], condition=Q(visit__isnull=False), name="patient_link_of_visit"),
            models.Index(
                fields=["follow_up"], condition=Q(follow_up__isnull=False), name="patient_link_of_follow_up"
            ),
            models.Index(fields=["patient"], name="patient_link_of_patient"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(purpose__in=LinkPurpose.values), name="patient_link_purpose_known"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("created_at")), name="patient_link_expires_later"
            ),
        ]

    def __str__(self) -> str:
        return f"link {self.pk}"
