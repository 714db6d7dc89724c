"""What several reports ask of pumps: those in place, and the fill that is in each."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery

from clinic.selectors.rows import Fill, Implant
from scheduling.models import Forecast
from scheduling.models.forecasts import ForecastStatus

NEWEST_FIRST = ("-filled_on", F("filled_at").desc(nulls_last=True), "-id")


def forecasts_in_place(clinic_id: int) -> QuerySet[Forecast]:
    """The clinic's forecasts of pumps that stand in living patients."""
    return Forecast.objects.for_clinic(clinic_id).filter(
        implant__explanted_on__isnull=True, implant__patient__died_on__isnull=True
    )


def doubtful_pumps(clinic_id: int) -> QuerySet[Implant]:
    """The pumps in living patients that have no certain date: in review, or never worked out."""
    return (
        Implant.objects.for_clinic(clinic_id)
        .filter(explanted_on__isnull=True, patient__died_on__isnull=True)
        .exclude(forecast__status=ForecastStatus.OK, forecast__target_visit_on__isnull=False)
    )


def fill_in_pump(clinic_id: int, column: str) -> Subquery:
    """A column of the newest fill of a forecast's implant."""
    newest = (
        Fill.objects.for_clinic(clinic_id)
        .current()
        .filter(implant_id=OuterRef("implant_id"))
        .order_by(*NEWEST_FIRST)
    )
    return Subquery(newest.values(column)[:1])


def fills_in_pumps(clinic_id: int, implant_ids: Collection[int]) -> dict[int, Any]:
    """The newest fill of each implant with its mixture, by implant id (two queries)."""
    newest = (
        Fill.objects.for_clinic(clinic_id)
        .current()
        .filter(implant_id__any_of=implant_ids)
        .order_by("implant_id", *NEWEST_FIRST)
        .distinct("implant_id")
        .prefetch_related("drugs__drug")
    )
    return {fill.implant_id: fill for fill in newest}
