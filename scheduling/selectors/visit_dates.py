"""When visits are wanted, and whether one is booked, for whoever tells people about them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from scheduling.models import Forecast
from scheduling.models.forecasts import ForecastStatus
from scheduling.selectors.refill_visits import NextVisit, next_refill_visits


@dataclass(frozen=True, slots=True)
class VisitDates:
    """The day the clinic aims for and the last one that is safe; whether a refill visit stands by then.

    ``visit_on`` is the first refill visit ahead, in time or not: the day after it another one is.
    """

    target_visit_on: date
    latest_visit_on: date
    is_booked: bool = False
    visit_on: date | None = None


def visit_dates(*, clinic_id: int, implant_ids: Collection[int], today: date) -> dict[int, VisitDates]:
    """The dates of those implants that have certain ones, by implant id (two queries).

    A visit that was to be before ``today``, and one that is to be placed anew, is not booked.
    """
    visits = next_refill_visits(clinic_id=clinic_id, implant_ids=implant_ids, today=today)
    return visit_dates_from(certain_dates(clinic_id).filter(implant_id__any_of=implant_ids), visits)


def certain_dates(clinic_id: Any) -> QuerySet[Forecast, Any]:
    """What ``visit_dates_from`` takes of forecasts."""
    return (
        Forecast.objects.for_clinic(clinic_id)
        .filter(status=ForecastStatus.OK)
        .values_list("implant_id", "target_visit_on", "latest_visit_on")
    )


def visit_dates_from(
    rows: Iterable[tuple[int, date | None, date | None]], visits: Mapping[int, NextVisit]
) -> dict[int, VisitDates]:
    """The same from the rows, beside each pump's first refill visit ahead."""
    found = {}
    for implant_id, target, latest in rows:
        visit = visits.get(implant_id)
        visit_on = None if visit is None else visit.local_on
        if target and latest:
            is_booked = visit_on is not None and visit_on <= latest
            found[implant_id] = VisitDates(target, latest, is_booked=is_booked, visit_on=visit_on)
    return found
