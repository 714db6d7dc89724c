"""Refills that run late: for each pump its rung on the ladder, and what has become of those that once ran late."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from clinic.domain.catalogue import Hazard
from clinic.selectors.operation import clinic_zones
from clinic.selectors.rows import Implant
from scheduling.domain.care.rungs import Rung, rung
from scheduling.domain.late import RefillDays, is_booked_in_time, runs_late
from scheduling.domain.urgency import DUE_BEFORE_TARGET_DAYS
from scheduling.models import Forecast
from scheduling.models.forecasts import ForecastStatus
from scheduling.selectors.refill_visits import NextVisit, next_refill_visits

_DAY_SECONDS = 86_400


class NotLate(StrEnum):
    """Why a refill does not run late (any more)."""

    BOOKED = "booked"
    """A visit stands in time."""
    ENDED = "ended"
    """The pump is out, or the patient has died."""
    LATER = "later"
    """Refilled, or its date has moved: there is time again."""
    ANSWERED = "answered"
    """What was asked has been answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefillStanding:
    """One pump: ``rung`` where its refill runs late, else ``not_late`` says why it does not.

    ``hazard`` is the gravest while nothing is known of what is in it.
    """

    implant_id: int
    patient_id: int
    hazard: Hazard
    rung: Rung | None
    not_late: NotLate | None
    visit: NextVisit | None


def refill_standings(
    *, clinic_id: int, now: datetime, implant_ids: Collection[int] | None = None, also: Collection[int] = ()
) -> dict[int, RefillStanding]:
    """How the pumps stand, by implant id; three queries.

    Without ``implant_ids`` these are all of the clinic's that can run late, and ``also`` whatever their state.
    """
    today = now.astimezone(ZoneInfo(clinic_zones(clinic_id=clinic_id)[clinic_id])).date()
    implants = Implant.objects.for_clinic(clinic_id)
    if implant_ids is None:
        implants = implants.filter(_may_run_late(today) | Q(pk__any_of=list(also)))
    else:
        implants = implants.filter(pk__any_of=list(implant_ids))
    rows = list(implants.select_related("forecast", "patient").order_by("pk"))
    visits = next_refill_visits(clinic_id=clinic_id, implant_ids=[row.pk for row in rows], today=today)
    return {row.pk: refill_standing(row, visits.get(row.pk), today=today, now=now) for row in rows}


def refill_standing(implant: Any, visit: NextVisit | None, *, today: date, now: datetime) -> RefillStanding:
    """How one pump stands, read with its patient and forecast; ``visit`` is its first refill visit ahead."""
    forecast: Forecast | None = getattr(implant, "forecast", None)
    days = _days(forecast, visit)
    reached, not_late = None, None
    if implant.explanted_on is not None or implant.patient.died_on is not None:
        not_late = NotLate.ENDED
    elif runs_late(days, today=today, now=now):
        reached = _rung(forecast, today, now)
    else:
        not_late = NotLate.BOOKED if is_booked_in_time(days) else NotLate.LATER
    return RefillStanding(
        implant_id=implant.pk,
        patient_id=implant.patient_id,
        hazard=_hazard(forecast),
        rung=reached,
        not_late=not_late,
        visit=visit,
    )


def _may_run_late(today: date) -> Q:
    """Holds for every pump that runs late, and for few others."""
    soon = today + timedelta(days=DUE_BEFORE_TARGET_DAYS)
    return Q(explanted_on__isnull=True, patient__died_on__isnull=True) & (
        Q(forecast__isnull=True)
        | Q(forecast__status=ForecastStatus.REVIEW)
        | Q(forecast__target_visit_on__lte=soon)
    )


def _days(forecast: Forecast | None, visit: NextVisit | None) -> RefillDays:
    visit_on = visit.local_on if visit else None
    if forecast is None:
        return RefillDays(visit_on=visit_on)
    return RefillDays(
        target_visit_on=forecast.target_visit_on,
        latest_visit_on=forecast.latest_visit_on,
        certain_by=forecast.review_by,
        empty_on=forecast.empty_on,
        visit_on=visit_on,
        known_since=forecast.computed_at,
    )


def _rung(forecast: Forecast | None, today: date, now: datetime) -> Rung:
    """By the forecast's dates; in review by the earliest that is certain."""
    if forecast is None:
        return rung(days_to_empty=None, days_to_refill_date=None, hazard=_hazard(forecast))
    refill_by = forecast.must_refill_by or forecast.review_by
    to_empty = None if forecast.empty_at is None else _days_between(now, forecast.empty_at)
    return rung(
        days_to_empty=to_empty,
        days_to_refill_date=None if refill_by is None else (refill_by - today).days,
        hazard=_hazard(forecast),
    )


def _hazard(forecast: Forecast | None) -> Hazard:
    return Hazard.EMERGENCY if forecast is None else Hazard(forecast.hazard)


def _days_between(now: datetime, then: datetime) -> Fraction:
    return Fraction((then - now) // timedelta(seconds=1), _DAY_SECONDS)
