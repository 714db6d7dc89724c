"""Which visits may be wrong, found by the database: every one that is, and few others.

``scheduling.selectors.conflicts`` reads these whole and has ``scheduling.domain.visit_conflicts`` judge them. All
visits ahead are passed by, so each is asked as little as can be: what holds for few (the dead, pumps taken out,
resources out of use, follow-ups past their day) is a set that is read once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
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
from clinic.together import ask_together
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


@dataclass(frozen=True, slots=True)
class Sought:
    """Which visits are asked about: all, some, or a patient's; and how many stretches of hours are tried.

    The form of the statement, of which one is kept for each (``clinic.together``).
    """

    are_some: bool = False
    are_of_patient: bool = False
    stretches: int = 0


def suspect_visits(given: Any, sought: Sought) -> QuerySet[Visit]:
    """The visits that may be wrong, asked with ``suspect_values``."""
    clinic_id = given.clinic_id
    visits = (
        Visit.objects.for_clinic(clinic_id)
        .filter(status__in=sorted(LIVE))
        .alias(local_ends_at=_local_end(F("local_at"), F("starts_at"), F("ends_at")))
    )
    late = _later_than_what_they_are_for(clinic_id, given.today)
    if sought.are_some:
        visits = visits.filter(pk__any_of=given.visit_ids)
        late = late.filter(visit_id__any_of=given.visit_ids)
    if sought.are_of_patient:
        visits = visits.filter(patient_id=given.patient_id)
        late = late.filter(visit__patient_id=given.patient_id)
    return visits.filter(
        Q(status=PENDING)
        | Q(local_on__lt=given.today)
        | Q(patient_id__in=patients_who_died(clinic_id=clinic_id).values("pk"))
        | Q(implant_id__in=pumps_taken_out(clinic_id=clinic_id).values("pk"))
        | _may_be_against_the_refill(clinic_id)
        | Q(pk__in=late.values("visit_id"))
        | Q(local_on__in=Closure.objects.for_clinic(clinic_id).in_force().values("closed_on"))
        | ~Q(local_on__iso_week_day__any_of=given.open_iso_weekdays)
        | _may_be_without(given, "nurse", sought.stretches)
        | _may_be_without(given, "room", sought.stretches)
    )


def suspect_values(opening: Opening, today: date, steady: Sequence[Steady]) -> dict[str, Any]:
    """The clinic's day, its open days and the ``steady_hours`` that are tried, as ``suspect_visits`` asks for them."""
    values: dict[str, Any] = {
        "today": today,
        "open_iso_weekdays": [weekday + 1 for weekday in sorted(opening.open_weekdays)],
        "clock_changes": _clock_changes(opening.zone, today),
        "clock_changes_until": today + _CLOCK_CHANGES_SOUGHT,
    }
    for number, each in enumerate(steady):
        values |= {
            f"steady_ids_{number}": each.resource_ids,
            f"steady_from_{number}": each.starts_at,
            f"steady_until_{number}": each.ends_at,
        }
    return values


def filled_since_booked(clinic_id: Any) -> QuerySet[Fill]:
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


def _later_than_what_they_are_for(clinic_id: Any, today: Any) -> QuerySet[VisitFollowUp]:
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


def _may_be_against_the_refill(clinic_id: Any) -> Q:
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


@dataclass(frozen=True, slots=True)
class Steady:
    """A stretch that weekly hours hold on every open weekday, with the nurses and rooms who have it."""

    starts_at: time
    ends_at: time
    resource_ids: tuple[int, ...]


def steady_hours(clinic_id: int, opening: Opening) -> list[Steady]:
    """Those that most nurses and rooms share (one query)."""
    stretches: defaultdict[int, dict[int, tuple[time, time]]] = defaultdict(dict)
    hours = ask_together(_weekly_hours, clinic_id=clinic_id)["hours"]
    for pk, weekday, starts_at, ends_at in hours:
        stretches[pk].setdefault(weekday, (starts_at, ends_at))
    steady: defaultdict[tuple[time, time], list[int]] = defaultdict(list)
    for pk, by_weekday in stretches.items():
        if opening.open_weekdays and opening.open_weekdays <= by_weekday.keys():
            open_days = [by_weekday[weekday] for weekday in opening.open_weekdays]
            steady[max(starts for starts, _ in open_days), min(ends for _, ends in open_days)].append(pk)
    most_first = sorted(steady.items(), key=lambda each: (-len(each[1]), each[0]))
    return [Steady(*stretch, tuple(ids)) for stretch, ids in most_first[:_STRETCHES_TRIED]]


def _weekly_hours(given: Any) -> dict[str, Any]:
    hours = ResourceHours.objects.for_clinic(given.clinic_id).order_by("starts_at")
    return {"hours": hours.values_list("resource_id", "weekday", "starts_at", "ends_at")}


def _may_be_without(given: Any, taken: str, stretches: int) -> Q:
    """The nurse or room is out of use, has days of other hours, or no one stretch of weekly hours holds the visit.

    Where the clocks change within the day a visit ends at another wall time than its length says: looked at.
    """
    clinic_id = given.clinic_id
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
    for number in range(stretches):
        is_steady |= Q(
            **{f"{taken}_id__any_of": getattr(given, f"steady_ids_{number}")},
            local_at__gte=getattr(given, f"steady_from_{number}"),
            local_ends_at__lte=getattr(given, f"steady_until_{number}"),
            local_ends_at__gt=F("local_at"),
        )
    return Q(**{f"{taken}__isnull": False}) & (
        Q(**{f"{taken}_id__in": out_of_use.values("pk")})
        | Q(Exists(changed))
        | ~is_steady & ~Q(Exists(holding))
        | Q(local_on__any_of=given.clock_changes)
        | Q(local_on__gt=given.clock_changes_until)
    )


def _local_end(local_at: Any, starts_at: Any, ends_at: Any) -> ExpressionWrapper[Any]:
    """When a visit ends on the clock, as its length says; before it begins where that is past midnight."""
    return ExpressionWrapper(local_at + (ends_at - starts_at), output_field=TimeField())


def _clock_changes(zone: ZoneInfo, today: date) -> list[date]:
    days = (today + timedelta(days=number) for number in range(_CLOCK_CHANGES_SOUGHT.days + 1))
    return [day for day in days if len(day_parts(day, zone)) != 1]
