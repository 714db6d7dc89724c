"""Operations that are planned: a patient has one before there is a pump.

Patient data: every field of these tables.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.models.base import ClinicOwned, Referenced, audited
from clinic.models.implants import Implant
from clinic.models.patients import Patient
from clinic.seeing import tells


class SurgeryPurpose(models.TextChoices):
    IMPLANT = "implant", _("first implant")
    REPLACEMENT = "replacement", _("replacement")
    REVISION = "revision", _("revision")


@tells("ref")
@audited
class Surgery(ClinicOwned, Referenced):
    """One planned operation: open until the pump that was put in is recorded, or until it is called off."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="surgeries")
    planned_on = models.DateField(_("planned for"))
    purpose = models.CharField(
        _("purpose"), max_length=12, choices=SurgeryPurpose.choices, default=SurgeryPurpose.IMPLANT
    )
    note = models.TextField(_("note"), blank=True, max_length=2000)
    implant = models.OneToOneField(
        Implant, null=True, blank=True, on_delete=models.PROTECT, related_name="surgery"
    )
    """The pump that was put in; set when the operation has been done."""
    cancelled_on = models.DateField(_("called off on"), null=True, blank=True)
    cancel_reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = _("surgeries")
        ordering = ["planned_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["patient"],
                condition=Q(implant__isnull=True, cancelled_on__isnull=True),
                name="surgery_one_open_a_patient",
            ),
            models.CheckConstraint(
                condition=Q(purpose__in=SurgeryPurpose.values), name="surgery_purpose_known"
            ),
            models.CheckConstraint(
                condition=Q(cancelled_on__isnull=True, cancel_reason="")
                | Q(cancelled_on__isnull=False, implant__isnull=True) & ~Q(cancel_reason=""),
                name="surgery_called_off_has_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["clinic", "planned_on"],
                condition=Q(implant__isnull=True, cancelled_on__isnull=True),
                name="surgery_open",
            )
        ]

    def __str__(self) -> str:
        return f"surgery {self.pk}"
