"""Nurses, rooms, kinds of visit and how work is shared out, as pages need them. Every read names the clinic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Prefetch, Q, QuerySet

from clinic.selectors.accounts import closures
from clinic.selectors.rows import Clinic
from scheduling.domain.hours import DaySpan, ExceptionEntry
from scheduling.domain.intervals import seconds_of, subtract
from scheduling.domain.opening import Hours, HoursChange, Opening, spans_at_work
from scheduling.models import (
    STANDING,
    FeedScope,
    HoursException,
    Protocol,
    ProtocolRow,
    Resource,
    ResourceHours,
    ResourceKind,
    Visit,
    VisitKind,
    WorkPolicy,
)


@dataclass(frozen=True, slots=True)
class VisitsAhead:
    """How many visits of one nurse or room are still to come, and how many of them its hours do not hold."""

    coming: int = 0
    outside: int = 0


def resources(*, clinic_id: int, today: date) -> list[Resource]:
    """The clinic's nurses and rooms, those in use first, each with its week and the exceptions not yet over."""
    return list(_with_hours(clinic_id, today).order_by("kind", "-is_active", "position", "name", "id"))


def get_resource(*, clinic_id: int, resource_ref: UUID, today: date) -> Resource | None:
    """The clinic's nurse or room with this reference, with its week and coming exceptions; None for any other."""
    return _with_hours(clinic_id, today).filter(ref=resource_ref).first()


def id_of(*, clinic_id: int, scope: FeedScope, ref: UUID) -> int | None:
    """The number of the clinic's nurse, room or kind of visit with this reference; None for any other."""
    if scope == FeedScope.KIND:
        return VisitKind.objects.for_clinic(clinic_id).filter(ref=ref).values_list("pk", flat=True).first()
    rows = Resource.objects.for_clinic(clinic_id).filter(ref=ref, kind=scope.value)
    return rows.values_list("pk", flat=True).first()


def get_exception(*, clinic_id: int, exception_ref: UUID) -> HoursException | None:
    """The clinic's exception with this reference, with its nurse or room; None for any other."""
    return (
        HoursException.objects.for_clinic(clinic_id)
        .select_related("resource")
        .filter(ref=exception_ref)
        .first()
    )


def exception_entry(exception: HoursException) -> ExceptionEntry:
    """The exception as it was entered."""
    return ExceptionEntry(
        first_on=exception.first_on,
        last_on=exception.last_on,
        starts_at=exception.starts_at,
        ends_at=exception.ends_at,
        is_available=exception.is_available,
        reason=exception.reason,
    )


def week_of(resource: Resource) -> dict[int, tuple[DaySpan, ...]]:
    """The spans of each weekday on which there are any."""
    week: defaultdict[int, list[DaySpan]] = defaultdict(list)
    for hours in resource.hours.all():
        week[hours.weekday].append(DaySpan(hours.starts_at, hours.ends_at))
    return {weekday: tuple(sorted(spans)) for weekday, spans in sorted(week.items())}


def visits_ahead(*, clinic: Clinic, resource: Resource, now: datetime) -> VisitsAhead:
    """The visits still to come of one nurse or room, and those that its hours and absences do not hold.

    ``resource`` comes from this module with its hours. Three queries, however many visits.
    """
    asked = Q(nurse=resource) | Q(room=resource)
    visits = (
        Visit.objects.for_clinic(clinic.id)
        .filter(asked, status__in=STANDING, ends_at__gt=now)
        .values_list("local_on", "starts_at", "ends_at")
    )
    by_day: defaultdict[date, list[tuple[datetime, datetime]]] = defaultdict(list)
    for local_on, starts_at, ends_at in visits:
        by_day[local_on].append((starts_at, ends_at))
    outside = _outside(clinic, resource, by_day) if by_day else 0
    return VisitsAhead(sum(map(len, by_day.values())), outside)


def visit_kinds(*, clinic_id: int) -> list[VisitKind]:
    """The clinic's kinds of visit, those in use first, each with its capacity."""
    return list(
        VisitKind.objects.for_clinic(clinic_id)
        .select_related("capacity_resource")
        .order_by("-is_active", "position", "name", "id")
    )


def get_visit_kind(*, clinic_id: int, kind_ref: UUID) -> VisitKind | None:
    """The clinic's kind of visit with this reference, or None."""
    return (
        VisitKind.objects.for_clinic(clinic_id)
        .select_related("capacity_resource")
        .filter(ref=kind_ref)
        .first()
    )


def rows_asking_for(*, clinic_id: int, kind_key: str) -> list[ProtocolRow]:
    """The rows in use of the protocol in force that ask for this kind of visit."""
    newest = Protocol.objects.for_clinic(clinic_id).order_by("-version").values("pk")[:1]
    return list(
        ProtocolRow.objects.for_clinic(clinic_id)
        .filter(protocol__in=newest, visit_kind_key=kind_key, is_active=True)
        .order_by("position")
    )


def coming_visits_by_kind(*, clinic_id: int, now: datetime) -> dict[int, int]:
    """How many visits of each kind are still to come, by the id of the kind."""
    rows = (
        Visit.objects.for_clinic(clinic_id)
        .filter(status__in=STANDING, ends_at__gt=now)
        .values_list("kind_id")
        .annotate(number=Count("id"))
    )
    return dict(rows)


def work_policy(*, clinic_id: int) -> WorkPolicy:
    """How the clinic shares its work out; the defaults where nothing was chosen yet."""
    found = WorkPolicy.objects.for_clinic(clinic_id).select_related("default_owner").first()
    return found or WorkPolicy(clinic_id=clinic_id)


def _with_hours(clinic_id: int, today: date) -> QuerySet[Resource]:
    coming = HoursException.objects.filter(last_on__gte=today).order_by("first_on", "starts_at", "id")
    weekly = ResourceHours.objects.order_by("weekday", "starts_at")
    return (
        Resource.objects.for_clinic(clinic_id)
        .filter(kind__in=[ResourceKind.NURSE, ResourceKind.ROOM])
        .select_related("user")
        .prefetch_related(Prefetch("hours", queryset=weekly))
        .prefetch_related(Prefetch("exceptions", queryset=coming.select_related("closing")))
    )


def _outside(clinic: Clinic, resource: Resource, by_day: dict[date, list[tuple[datetime, datetime]]]) -> int:
    if not resource.is_active:
        return sum(map(len, by_day.values()))
    closed = closures(clinic_id=clinic.id).filter(closed_on__in=by_day)
    opening = Opening(
        zone=ZoneInfo(clinic.time_zone),
        open_weekdays=frozenset(clinic.open_weekdays),
        closed_on=frozenset(closed.values_list("closed_on", flat=True)),
    )
    hours = [Hours(each.weekday, each.starts_at, each.ends_at) for each in resource.hours.all()]
    changes = _changes(resource.exceptions.all())
    is_room = resource.kind == ResourceKind.ROOM
    outside = 0
    for day, visits in by_day.items():
        there = spans_at_work(day, hours=hours, changes=changes, opening=opening, is_always_there=is_room)
        spans = [(seconds_of(starts_at), seconds_of(ends_at)) for starts_at, ends_at in visits]
        outside += sum(1 for span in spans if subtract([span], there))
    return outside


def _changes(exceptions: Iterable[HoursException]) -> list[HoursChange]:
    return [
        HoursChange(each.first_on, each.last_on, each.is_available, each.starts_at, each.ends_at)
        for each in exceptions
    ]
