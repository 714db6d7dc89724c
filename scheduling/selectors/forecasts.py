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
