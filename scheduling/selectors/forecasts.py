"""Stored forecasts, scoped to one clinic."""

from __future__ import annotations

from datetime import date

from django.db.models import F, Q, QuerySet

from scheduling.models import Forecast


def clinic_forecasts(
    *, clinic_id: int, status: str | None = None, due_by: date | None = None
) -> QuerySet[Forecast]:
    """A clinic's forecasts with their implants, those in doubt first, then by date.

    With ``due_by`` those to be refilled or looked at by that day, and those in doubt without any certain date.
    """
    rows = Forecast.objects.for_clinic(clinic_id).select_related("implant")
    if status is not None:
        rows = rows.filter(status=status)
    if due_by is not None:
        rows = rows.filter(
            Q(must_refill_by__lte=due_by)
            | Q(must_refill_by__isnull=True, review_by__lte=due_by)
            | Q(must_refill_by__isnull=True, review_by__isnull=True)
        )
    return rows.order_by(F("must_refill_by").asc(nulls_first=True), "implant_id")


def dated_forecasts(*, clinic_id: int) -> QuerySet[Forecast]:
    """A clinic's forecasts that have a date, with implants and patients, by date (one query)."""
    return (
        Forecast.objects.for_clinic(clinic_id)
        .filter(must_refill_by__isnull=False)
        .select_related("implant__patient")
        .order_by("must_refill_by", "implant_id")
    )
