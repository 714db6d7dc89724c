"""The stored projection of each active implant: derived data, rewritten whenever its inputs change."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.scope import ScopedQuerySet


class ForecastStatus(models.TextChoices):
    OK = "ok", _("projected")
    REVIEW = "review", _("needs review")


class Forecast(models.Model):
    """When one implant must be refilled, which limit says so, and what stands in doubt.

    Patient data: every field. Not part of the record, so not in the history tables: it can always be
    worked out again.
    """

    implant = models.OneToOneField("clinic.Implant", on_delete=models.CASCADE, related_name="forecast")
    clinic = models.ForeignKey("clinic.Clinic", on_delete=models.CASCADE, related_name="+")
    status = models.CharField(max_length=10, choices=ForecastStatus.choices)
    must_refill_by = models.DateField(null=True)
    limited_by = models.CharField(max_length=20, blank=True, default="")
    low_reservoir_on = models.DateField(null=True)
    empty_on = models.DateField(null=True)
    empty_at = models.DateTimeField(null=True)
    target_visit_on = models.DateField(null=True)
    latest_visit_on = models.DateField(null=True)
    review_by = models.DateField(null=True)
    """In review: the earliest date that is still certain, or null where none is."""
    hazard = models.PositiveSmallIntegerField()
    """The mixture's: higher is worse; sorts patients who run dry on the same day."""
    limits = models.JSONField()
    findings = models.JSONField()
    high_flow = models.JSONField(null=True)
    fingerprint = models.CharField(max_length=64)
    engine_version = models.CharField(max_length=20)
    computed_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(status="ok", must_refill_by__isnull=False) & ~Q(limited_by="")
                    | Q(status="review", must_refill_by__isnull=True, limited_by="")
                ),
                name="forecast_ok_has_a_date",
            ),
            models.CheckConstraint(
                condition=Q(must_refill_by__isnull=True)
                | Q(latest_visit_on__lte=F("must_refill_by"), target_visit_on__lte=F("latest_visit_on")),
                name="forecast_visits_in_order",
            ),
            models.CheckConstraint(
                condition=Q(low_reservoir_on__isnull=True)
                | Q(empty_on__isnull=True)
                | Q(low_reservoir_on__lte=F("empty_on")),
                name="forecast_low_before_empty",
            ),
        ]
        indexes = [
            models.Index(fields=["clinic", "must_refill_by"], name="forecast_by_date"),
            models.Index(fields=["clinic", "empty_at", "-hazard"], name="forecast_by_empty"),
        ]

    def __str__(self) -> str:
        return f"forecast of implant {self.implant_id}"
