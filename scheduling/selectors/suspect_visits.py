"""Which visits may be wrong, found by the database: every one that is, and few others.

``scheduling.selectors.conflicts`` reads these whole and has ``scheduling.domain.visit_conflicts`` judge them. All
visits ahead are passed by, so each is asked as little as can be: what holds for few (the dead, pumps taken out,
resources out of use, follow-ups past their day) is a set that is read once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import (
    DateField,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    TimeField,
)
from django.db.models.functions import Cast

from clinic.selectors.implants import pumps_taken_out
from clinic.selectors.patients import patients_who_died
from clinic.selectors.rows import Closure, Fill
from scheduling.domain.opening import Opening
from scheduling.domain.urgency import DUE_BEFORE_TARGET_DAYS
from scheduling.domain.visit_conflicts import LIVE, PENDING
from scheduling.domain.wall_time import day_parts
from scheduling.models import (
    UNFINISHED,
    Forecast,
    HoursException,
    Resource,
    ResourceHours,
    Visit,
    VisitFollowUp,
)
from scheduling.models.care import REFILL
from scheduling.models.forecasts import ForecastStatus

_CLOCK_CHANGES_SOUGHT = timedelta(days=800)
"""How far ahead days on which the clocks change are looked up; later visits are judged one by one."""
_STRETCHES_TRIED = 8
"""Most nurses and rooms of a clinic share a few; of the others each visit's hours are looked up."""


def suspect_visits(
    clinic_id: int,
    opening: Opening,
    today: date,
    *,
    visit_ids: Collection[int] | None = None,
    patient_id: int | None = None,
) -> list[int]:
    """Their numbers (two queries). ``visit_ids`` and ``patient_id`` ask about some visits only (one query)."""
    visits = (
        Visit.objects.for_clinic(clinic_id)
        .filter(status__in=sorted(LIVE))
        .alias(local_ends_at=_local_end(F("local_at"), F("starts_at"), F("ends_at")))
    )
    late = _later_than_what_they_are_for(clinic_id, today)
    if visit_ids is not None:
        visits, late = visits.filter(pk__any_of=visit_ids), late.filter(visit_id__any_of=visit_ids)
    if patient_id is not None:
        visits, late = visits.filter(patient_id=patient_id), late.filter(visit__patient_id=patient_id)
    is_all = visit_ids is None and patient_id is None
    steady = _steady_hours(clinic_id, opening) if is_all else {}
    may_be_wrong = (
        Q(status=PENDING)
        | Q(local_on__lt=today)
        | Q(patient_id__in=patients_who_died(clinic_id=clinic_id).values("pk"))
        | Q(implant_id__in=pumps_taken_out(clinic_id=clinic_id).values("pk"))
        | _may_be_against_the_refill(clinic_id)
        | Q(pk__in=late.values("visit_id"))
        | Q(local_on__in=Closure.objects.for_clinic(clinic_id).in_force().values("closed_on"))
        | ~Q(local_on__iso_week_day__in=[weekday + 1 for weekday in sorted(opening.open_weekdays)])
        | _may_be_without(clinic_id, "nurse", steady, opening.zone, today)
        | _may_be_without(clinic_id, "room", steady, opening.zone, today)
    )
    return list(visits.filter(may_be_wrong).values_list("pk", flat=True))


def filled_since_booked(clinic_id: int) -> QuerySet[Fill]:
    """The fills of a visit's pump that were recorded after it was booked, and not of days before that."""
    booked_on_the_clock = Func(
        OuterRef("time_zone"), OuterRef("booked_at"), function="timezone", output_field=DateTimeField()
    )
    return (
        Fill.objects.for_clinic(clinic_id)
        .current()
        .filter(
            implant_id=OuterRef("implant_id"),
            recorded_at__gt=OuterRef("booked_at"),
            # A correction is recorded later too; the refill that it corrects was before the booking.
            filled_on__gte=Cast(booked_on_the_clock, DateField()),
        )
    )


def _later_than_what_they_are_for(clinic_id: int, today: date) -> QuerySet[VisitFollowUp]:
    """Whether an earlier visit serves the same is asked when they are judged."""
    return (
        VisitFollowUp.objects.for_clinic(clinic_id)
        .filter(
            visit__clinic_id=clinic_id,
            visit__status__in=sorted(LIVE),
            visit__local_on__gte=today,
            follow_up__state__in=UNFINISHED,
            follow_up__latest_on__lt=F("visit__local_on"),
        )
        .exclude(follow_up__row_key=REFILL)
    )


def _may_be_against_the_refill(clinic_id: int) -> Q:
    """Without a certain day that it is in time for, or long before the pump that was filled meanwhile is due again."""
    in_time = (
        Forecast.objects.for_clinic(clinic_id)
        .filter(implant_id=OuterRef("implant_id"), status=ForecastStatus.OK)
        .exclude(latest_visit_on__lt=OuterRef("local_on"))
    )
    # One look settles nearly every visit; which of the two it was is asked of the rest.
    near = in_time.exclude(target_visit_on__gt=OuterRef("local_on") + timedelta(days=DUE_BEFORE_TARGET_DAYS))
    return (
        Q(is_refill=True)
        & ~Q(Exists(near))
        & (~Q(Exists(in_time)) | Q(Exists(filled_since_booked(clinic_id))))
    )


def _steady_hours(clinic_id: int, opening: Opening) -> dict[tuple[time, time], list[int]]:
    """The stretch that weekly hours hold on every open weekday, with the nurses and rooms who have it (one query)."""
    stretches: defaultdict[int, dict[int, tuple[time, time]]] = defaultdict(dict)
    hours = ResourceHours.objects.for_clinic(clinic_id).order_by("starts_at")
    for pk, weekday, starts_at, ends_at in hours.values_list(
        "resource_id", "weekday", "starts_at", "ends_at"
    ):
        stretches[pk].setdefault(weekday, (starts_at, ends_at))
    steady: defaultdict[tuple[time, time], list[int]] = defaultdict(list)
    for pk, by_weekday in stretches.items():
        if opening.open_weekdays and opening.open_weekdays <= by_weekday.keys():
            open_days = [by_weekday[weekday] for weekday in opening.open_weekdays]
            steady[max(starts for starts, _ in open_days), min(ends for _, ends in open_days)].append(pk)
    most_first = sorted(steady.items(), key=lambda each: (-len(each[1]), each[0]))
    return dict(most_first[:_STRETCHES_TRIED])


def _may_be_without(
    clinic_id: int, taken: str, steady: dict[tuple[time, time], list[int]], zone: ZoneInfo, today: date
) -> Q:
    """The nurse or room is out of use, has days of other hours, or no one stretch of weekly hours holds the visit.

    Where the clocks change within the day a visit ends at another wall time than its length says: looked at.
    """
    out_of_use = Resource.objects.for_clinic(clinic_id).filter(is_active=False)
    weekly = ResourceHours.objects.for_clinic(clinic_id).filter(resource_id=OuterRef(f"{taken}_id"))
    holding = weekly.annotate(
        visit_ends_at=_local_end(OuterRef("local_at"), OuterRef("starts_at"), OuterRef("ends_at"))
    ).filter(
        weekday=OuterRef("local_on__iso_week_day") - 1,
        starts_at__lte=OuterRef("local_at"),
        ends_at__gte=F("visit_ends_at"),
        visit_ends_at__gt=OuterRef("local_at"),
    )
    changed = HoursException.objects.for_clinic(clinic_id).filter(
        resource_id=OuterRef(f"{taken}_id"),
        first_on__lte=OuterRef("local_on"),
        last_on__gte=OuterRef("local_on"),
    )
    # What nearly all have spares looking their hours up for each visit.
    is_steady = Q(pk__in=[])
    for (starts_at, ends_at), ids in steady.items():
        is_steady |= Q(
            **{f"{taken}_id__any_of": ids},
            local_at__gte=starts_at,
            local_ends_at__lte=ends_at,
            local_ends_at__gt=F("local_at"),
        )
    return Q(**{f"{taken}__isnull": False}) & (
        Q(**{f"{taken}_id__in": out_of_use.values("pk")})
        | Q(Exists(changed))
        | ~is_steady & ~Q(Exists(holding))
        | Q(local_on__in=_clock_changes(zone, today))
        | Q(local_on__gt=today + _CLOCK_CHANGES_SOUGHT)
    )


def _local_end(local_at: Any, starts_at: Any, ends_at: Any) -> ExpressionWrapper[Any]:
    """When a visit ends on the clock, as its length says; before it begins where that is past midnight."""
    return ExpressionWrapper(local_at + (ends_at - starts_at), output_field=TimeField())


def _clock_changes(zone: ZoneInfo, today: date) -> list[date]:
    days = (today + timedelta(days=number) for number in range(_CLOCK_CHANGES_SOUGHT.days + 1))
    return [day for day in days if len(day_parts(day, zone)) != 1]
