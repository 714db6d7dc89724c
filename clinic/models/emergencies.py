"""Emergency access: somebody who may not, for one hour, with a reason that is reviewed."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.domain.roles import EMERGENCY_HOURS
from clinic.models.accounts import User
from clinic.models.base import ClinicOwned, Referenced, audited


@audited
class EmergencyAccess(ClinicOwned, Referenced):
    """One person's hour in one clinic. It ends by itself, and stays listed until an administrator has reviewed it."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("reason"), max_length=500)
    began_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    """Ended by its person, before its time."""
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    review_comment = models.CharField(_("comment"), max_length=500, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="emergency_has_a_reason"),
            models.CheckConstraint(
                condition=Q(
                    ends_at__gt=F("began_at"), ends_at__lte=F("began_at") + timedelta(hours=EMERGENCY_HOURS)
                ),
                name="emergency_lasts_an_hour",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_at__isnull=True, reviewed_by__isnull=True, review_comment="")
                | Q(reviewed_at__isnull=False, reviewed_by__isnull=False) & ~Q(review_comment=""),
                name="emergency_review_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=F("user")),
                name="emergency_reviewed_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.began_at}"
