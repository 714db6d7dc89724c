"""What reports keep: the residuals of every pump judged, and the paper lists that were written.

Patient data: ResidualTrend. A paper list's row names nobody; its file does.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from scheduling.models.base import Scoped


class ResidualTrend(Scoped):
    """Every refill of one pump at which a residual was found, against what was expected.

    Derived data, rewritten whenever the pump's record changes; not part of the record.
    """

    implant = models.OneToOneField("clinic.Implant", on_delete=models.CASCADE, related_name="residual_trend")
    checks = models.JSONField(default=list)
    """Oldest first; the columns of ``scheduling.domain.reports.discrepancy.Check``, figures as text."""
    judged = models.PositiveSmallIntegerField(default=0)
    flagged = models.PositiveSmallIntegerField(default=0)
    is_flagged_now = models.BooleanField(default=False)
    last_found_on = models.DateField(null=True)
    last_difference_ml = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    mean_rate_error = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    """Delivered/programmed - 1, the mean of the last three refills; signed."""
    engine_version = models.CharField(max_length=20)
    """Empty: to be worked out again."""
    computed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(flagged__lte=F("judged")), name="residual_trend_flags_judged"),
            models.CheckConstraint(
                condition=Q(judged=0, last_found_on__isnull=True)
                | Q(judged__gt=0, last_found_on__isnull=False),
                name="residual_trend_judged_has_day",
            ),
        ]
        indexes = [
            models.Index(fields=["clinic", "-is_flagged_now"], name="residual_trend_flagged"),
        ]

    def __str__(self) -> str:
        return f"residual trend of implant {self.implant_id}"


class PaperState(models.TextChoices):
    RUNNING = "running", _("being written")
    WRITTEN = "written", _("written")
    FAILED = "failed", _("failed")


class PaperList(Scoped):
    """The paper list of one clinic and night: whether its file was written, and when.

    The row, not beat's memory, decides whether a list is still to be written.
    """

    business_date = models.DateField()
    state = models.CharField(max_length=10, choices=PaperState.choices, default=PaperState.RUNNING)
    is_after_check = models.BooleanField(default=False)
    """Whether that night's check of all dates had finished when the list was made."""
    started_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)
    rows = models.PositiveIntegerField(default=0)
    file_name = models.CharField(max_length=80, blank=True, default="")
    """Without folder and ending: the same name stands for the page and the table."""
    patient_ids = ArrayField(models.BigIntegerField(), default=list)
    """Who stands on it, for the record of who read it."""
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=120, blank=True, default="")
    """The class of what was raised, never its text."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "business_date"], name="paper_list_once_a_night"),
            models.CheckConstraint(condition=Q(state__in=PaperState.values), name="paper_list_state_known"),
            models.CheckConstraint(
                condition=~Q(state="written") | Q(made_at__isnull=False) & ~Q(file_name=""),
                name="paper_list_written_has_file",
            ),
        ]
        indexes = [models.Index(fields=["clinic", "-business_date"], name="paper_list_newest")]

    def __str__(self) -> str:
        return f"paper list of clinic {self.clinic_id} for {self.business_date}"
