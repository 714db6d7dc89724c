"""When visits are wanted, for whoever tells people about them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from scheduling.models import Forecast
from scheduling.models.forecasts import ForecastStatus


@dataclass(frozen=True, slots=True)
class VisitDates:
    """The day the clinic aims for and the last one that is safe."""

    target_visit_on: date
    latest_visit_on: date


def visit_dates(*, clinic_id: int, implant_ids: Collection[int]) -> dict[int, VisitDates]:
    """The dates of those implants that have certain ones and no visit booked, by implant id."""
    rows = (
        Forecast.objects.for_clinic(clinic_id)
        .filter(implant_id__any_of=implant_ids, status=ForecastStatus.OK)
        .values_list("implant_id", "target_visit_on", "latest_visit_on")
    )
    return {
        implant_id: VisitDates(target, latest) for implant_id, target, latest in rows if target and latest
    }
