"""Refills due per week and what the clinic can do, for the coming half year."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, DurationField, ExpressionWrapper, F, Sum

from clinic.selectors.facts import ClinicFacts, clinic_facts
from scheduling.domain.opening import Hours, HoursChange, Opening
from scheduling.domain.reports.refills import (
    DuePumps,
    OtherVisits,
    RefillNeeds,
    RefillWeek,
    Staffing,
    refill_weeks,
    refills_that_fit,
)
from scheduling.domain.reports.weeks import weeks_from
from scheduling.domain.seats import Resource, ResourceKind
from scheduling.domain.visit_conflicts import COUNTED
from scheduling.models import HoursException, ResourceHours, Visit, VisitKind
from scheduling.models import Resource as ResourceRow
from scheduling.models.forecasts import ForecastStatus
from scheduling.selectors.reports.pumps import doubtful_pumps, fill_in_pump, forecasts_in_place

WEEKS = 26
TAKES_PLACE = tuple(sorted(COUNTED))
"""The statuses of a visit that stands at its time, as everywhere."""


@dataclass(frozen=True, slots=True)
class RefillReport:
    """The weeks, and how many pumps are in none of them because no date is certain."""

    weeks: list[RefillWeek]
    uncertain: int
    minutes: int | None
    """How long a refill takes; None where the clinic has no kind of visit for it."""


def refill_report(*, clinic_id: int, now: datetime, weeks: int = WEEKS) -> RefillReport:
    """Refills due by the week of their target, expected repeats, visits booked, and what fits."""
    facts = clinic_facts(clinic_id=clinic_id)
    today = now.astimezone(ZoneInfo(facts.time_zone)).date()
    shown = weeks_from(today, weeks)
    kind = VisitKind.objects.for_clinic(clinic_id).filter(is_refill=True, is_active=True).first()
    last = shown[-1].ends_on
    capacity = None
    if kind is not None:
        staffing = _staffing(facts, kind, today, last)
        capacity = refills_that_fit([day for week in shown for day in week.days], staffing, now=now)
    return RefillReport(
        weeks=refill_weeks(
            _due(clinic_id),
            weeks=shown,
            today=today,
            booked=_booked(clinic_id, today, last),
            capacity=capacity,
        ),
        uncertain=doubtful_pumps(clinic_id).count(),
        minutes=kind.duration_minutes if kind else None,
    )


def _due(clinic_id: int) -> list[DuePumps]:
    rows = (
        forecasts_in_place(clinic_id)
        .filter(status=ForecastStatus.OK, target_visit_on__isnull=False)
        .annotate(filled_on=fill_in_pump(clinic_id, "filled_on"))
        .values_list("target_visit_on", "filled_on")
        .annotate(pumps=Count("pk"))
        .order_by()
    )
    return [
        DuePumps(target, (target - filled_on).days if filled_on else None, pumps)
        for target, filled_on, pumps in rows
        if target is not None
    ]


def _booked(clinic_id: int, first: date, last: date) -> dict[date, int]:
    visits = Visit.objects.for_clinic(clinic_id).filter(
        is_refill=True, status__in=TAKES_PLACE, local_on__range=(first, last)
    )
    return dict(visits.values_list("local_on").annotate(Count("pk")).order_by())


def _staffing(facts: ClinicFacts, kind: VisitKind, first: date, last: date) -> Staffing:
    clinic_id = facts.clinic_id
    opening = Opening(ZoneInfo(facts.time_zone), frozenset(facts.open_weekdays), facts.closed_on)
    return Staffing(
        opening=opening,
        resources=_resources(clinic_id, first, last),
        needs=RefillNeeds(kind.duration_minutes, kind.needs_nurse, kind.needs_room),
        other=_other_visits(clinic_id, first, last),
    )


def _resources(clinic_id: int, first: date, last: date) -> list[Resource]:
    """The nurses and rooms in use with their hours (three queries); what they are booked for is not in it."""
    rows = list(
        ResourceRow.objects.for_clinic(clinic_id)
        .filter(is_active=True, kind__in=[ResourceKind.NURSE, ResourceKind.ROOM])
        .values_list("id", "kind", "seats")
    )
    hours: dict[int, list[Hours]] = {row[0]: [] for row in rows}
    changes: dict[int, list[HoursChange]] = {row[0]: [] for row in rows}
    weekly: Iterable[tuple[Any, ...]] = (
        ResourceHours.objects.for_clinic(clinic_id)
        .filter(resource_id__in=hours)
        .values_list("resource_id", "weekday", "starts_at", "ends_at")
    )
    for resource_id, *each in weekly:
        hours[resource_id].append(Hours(*each))
    exceptions: Iterable[tuple[Any, ...]] = (
        HoursException.objects.for_clinic(clinic_id)
        .filter(resource_id__in=hours, last_on__gte=first, first_on__lte=last)
        .values_list("resource_id", "first_on", "last_on", "is_available", "starts_at", "ends_at")
    )
    for resource_id, *change in exceptions:
        changes[resource_id].append(HoursChange(*change))
    return [
        Resource(number, ResourceKind(kind), seats, tuple(hours[number]), tuple(changes[number]))
        for number, kind, seats in rows
    ]


def _other_visits(clinic_id: int, first: date, last: date) -> dict[date, OtherVisits]:
    """The minutes of visits that are no refills, by day."""
    lasts = ExpressionWrapper(F("ends_at") - F("starts_at"), output_field=DurationField())
    rows = (
        Visit.objects.for_clinic(clinic_id)
        .filter(is_refill=False, status__in=TAKES_PLACE, local_on__range=(first, last))
        .values_list("local_on", "nurse_id", "room_id")
        .annotate(total=Sum(lasts))
        .order_by()
    )
    found: dict[date, OtherVisits] = {}
    for day, nurse_id, room_id, total in rows:
        minutes = int(total.total_seconds()) // 60
        before = found.get(day, OtherVisits())
        found[day] = OtherVisits(
            before.nurse_minutes + (0 if nurse_id is None else minutes),
            before.room_minutes + (0 if room_id is None else minutes),
        )
    return found
