"""Stored forecasts, scoped to one clinic."""

from __future__ import annotations

from django.db.models import F, QuerySet

from scheduling.models import Forecast


def clinic_forecasts(*, clinic_id: int) -> QuerySet[Forecast]:
    """A clinic's forecasts with their implants, those in doubt first, then by date."""
    return (
        Forecast.objects.for_clinic(clinic_id)
        .select_related("implant")
        .order_by(F("must_refill_by").asc(nulls_first=True), "implant_id")
    )


def dated_forecasts(*, clinic_id: int) -> QuerySet[Forecast]:
    """A clinic's forecasts that have a date, with implants and patients, by date (one query)."""
    return (
        Forecast.objects.for_clinic(clinic_id)
        .filter(must_refill_by__isnull=False)
        .select_related("implant__patient")
        .order_by("must_refill_by", "implant_id")
    )
