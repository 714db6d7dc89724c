"""The stored projection of each active implant: derived data, rewritten whenever its inputs change."""

from __future__ import annotations

from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.scope import ScopedQuerySet


class ForecastStatus(models.TextChoices):
    OK = "ok", _("projected")
    REVIEW = "review", _("needs review")


_LATER_NEEDS_TWO = pgtrigger.Trigger(
    name="later_needs_two",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update,
    condition=pgtrigger.Condition("NEW.must_refill_by IS NOT NULL"),
    declare=[("stood", "scheduling_standingdates%ROWTYPE")],
    func="""
        SELECT * INTO stood FROM scheduling_standingdates WHERE implant_id = NEW.implant_id;
        IF NOT FOUND OR stood.must_refill_by IS NULL OR NEW.must_refill_by <= stood.must_refill_by + 3 THEN
            RETURN NEW;
        END IF;
        IF EXISTS (
            SELECT 1 FROM scheduling_secondcheck AS running
            WHERE running.implant_id = NEW.implant_id AND running.state = 'emergency'
        ) OR EXISTS (
            SELECT 1 FROM scheduling_importedpump AS imported
                JOIN scheduling_importcheck AS whole ON whole.id = imported.import_check_id
            WHERE imported.implant_id = NEW.implant_id AND whole.state = 'emergency'
        ) OR NOT EXISTS (
            SELECT 1 FROM scheduling_importedpump AS imported
            WHERE imported.implant_id = NEW.implant_id AND imported.waits
        ) AND EXISTS (
            SELECT 1 FROM clinic_fill AS fill
            WHERE fill.implant_id = NEW.implant_id AND fill.filled_on > stood.filled_on AND NOT fill.is_void
        ) THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'a later date of a running cycle needs a second check'
            USING ERRCODE = 'check_violation';
    """,
)
"""Beside the dates that stand (``StandingDates``): they move later by a signed check or a new fill only."""


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
        triggers: ClassVar[list[Any]] = [_LATER_NEEDS_TWO]
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


class SettledPump(models.Model):
    """What a night found of a pump for which there was nothing to write: the rows it looked at, and how long that holds.

    Derived data that only means something beside the rows that it is about: where they are copied or restored, their
    versions are others, and the pump is looked at.
    """

    implant = models.OneToOneField(
        "clinic.Implant", on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    clinic = models.ForeignKey("clinic.Clinic", on_delete=models.CASCADE, related_name="+")
    versions = models.BigIntegerField()
    """Of all rows that the night's result rests on, of the code, and of the settings, before the night read them."""
    settled_at = models.DateTimeField()
    holds_until = models.DateTimeField()
    """From then on time alone may give the night something to write."""

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(holds_until__gt=F("settled_at")), name="settled_pump_holds_for_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"settled pump {self.implant_id}"
