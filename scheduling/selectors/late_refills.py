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
from clinic.selectors.rows import Clinic, Implant
from clinic.together import Answers, ask_together
from scheduling.domain.care.rungs import Rung, rung
from scheduling.domain.late import RefillDays, is_booked_in_time, runs_late
from scheduling.domain.urgency import DUE_BEFORE_TARGET_DAYS
from scheduling.models import Forecast
from scheduling.models.forecasts import ForecastStatus
from scheduling.selectors.refill_visits import (
    NextVisit,
    before_every_today,
    first_of_each,
    refill_visits_by_pump,
)

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
    *, clinic_id: int, now: datetime, implant_ids: Collection[int] | None = None
) -> dict[int, RefillStanding]:
    """How the pumps stand, by implant id; one query, two without ``implant_ids``: then all that can run late."""
    if implant_ids is None:
        implant_ids = pumps_that_may_run_late(clinic_id=clinic_id, now=now)
    answers = ask_together(
        standing_questions,
        clinic_id=clinic_id,
        implant_ids=implant_ids,
        visits_since=before_every_today(now),
    )
    return standings_from(answers, now=now)


def pumps_that_may_run_late(*, clinic_id: int, now: datetime) -> set[int]:
    """Every pump of the clinic that runs late, and few others (one query)."""
    tomorrow = before_every_today(now) + timedelta(days=2)
    rows = Implant.objects.for_clinic(clinic_id).filter(_may_run_late(tomorrow))
    return set(rows.values_list("pk", flat=True))


def standing_questions(given: Any) -> dict[str, Any]:
    """What ``standings_from`` needs the answers to; asked of ``implant_ids``, with ``visits_since``."""
    return {
        "time_zone": Clinic.objects.filter(pk=given.clinic_id).values_list("time_zone", flat=True),
        "pumps": Implant.objects.for_clinic(given.clinic_id)
        .filter(id__any_of=given.implant_ids)
        .order_by("id")
        .values_list("id", "patient_id", "explanted_on", "patient__died_on"),
        "forecasts": Forecast.objects.for_clinic(given.clinic_id).filter(
            implant_id__any_of=given.implant_ids
        ),
        "refill_visits": refill_visits_by_pump(given.clinic_id, given.implant_ids, since=given.visits_since),
    }


def standings_from(answers: Answers, *, now: datetime) -> dict[int, RefillStanding]:
    """How the pumps stand, by implant id."""
    today = now.astimezone(ZoneInfo(*answers["time_zone"])).date()
    forecasts = {row.implant_id: row for row in answers["forecasts"]}
    visits = first_of_each(answers["refill_visits"], today=today)
    return {
        implant_id: refill_standing(
            implant_id=implant_id,
            patient_id=patient_id,
            has_ended=explanted_on is not None or died_on is not None,
            forecast=forecasts.get(implant_id),
            visit=visits.get(implant_id),
            today=today,
            now=now,
        )
        for implant_id, patient_id, explanted_on, died_on in answers["pumps"]
    }


def refill_standing(
    *,
    implant_id: int,
    patient_id: int,
    has_ended: bool,
    forecast: Forecast | None,
    visit: NextVisit | None,
    today: date,
    now: datetime,
) -> RefillStanding:
    """How one pump stands; ``visit`` is its first refill visit ahead, ``has_ended`` that it is out or its patient dead."""
    days = _days(forecast, visit)
    reached, not_late = None, None
    if has_ended:
        not_late = NotLate.ENDED
    elif runs_late(days, today=today, now=now):
        reached = _rung(forecast, today, now)
    else:
        not_late = NotLate.BOOKED if is_booked_in_time(days) else NotLate.LATER
    return RefillStanding(
        implant_id=implant_id,
        patient_id=patient_id,
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
