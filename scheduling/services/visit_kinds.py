"""Kinds of visit: what they are called, how long they take, what they need, how many run at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.rows import Clinic
from scheduling.domain.visit_kinds import REFILL_KIND
from scheduling.models import BLOCKING, Resource, ResourceKind, Visit, VisitKind, VisitSeat
from scheduling.selectors.resources import rows_asking_for
from scheduling.services.calendar_renewal import forget_kind

SHORTEST_MINUTES, LONGEST_MINUTES = 5, 480
MOST_AT_ONCE = 50
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitKindEntry:
    """A kind of visit as it is entered. ``capacity`` None: as many at once as nurses and rooms allow."""

    name: str
    duration_minutes: int
    needs_nurse: bool = True
    needs_room: bool = True
    is_refill: bool = False
    capacity: int | None = None


@transaction.atomic
def add_visit_kind(*, clinic: Clinic, entry: VisitKindEntry) -> VisitKind:
    """Add a kind of visit. Its key, by which the care protocol knows it, is made from the name and stays.

    Raises RecordError at ``name``, ``duration_minutes``, ``needs_nurse`` or ``capacity`` for what cannot be.
    """
    _check(clinic, entry)
    kinds = VisitKind.objects.for_clinic(clinic.id)
    kind = VisitKind.objects.create(
        clinic=clinic,
        key=_free_key(clinic, entry.name),
        name=entry.name.strip(),
        duration_minutes=entry.duration_minutes,
        needs_nurse=entry.needs_nurse,
        needs_room=entry.needs_room,
        is_refill=entry.is_refill,
        position=(kinds.aggregate(last=Max("position"))["last"] or 0) + 1,
    )
    if entry.capacity is not None:
        _give_capacity(kind, entry.capacity)
    return kind


@transaction.atomic
def update_visit_kind(*, clinic: Clinic, kind_ref: UUID, entry: VisitKindEntry, now: datetime) -> VisitKind:
    """Change a kind of visit. Visits that are booked keep their length; VisitKind.DoesNotExist for a foreign one.

    Calendars have a new name a minute later. A capacity given for the first time counts the visits booked ahead too.
    The kind with the key ``refill`` stays one at which the pump is refilled: the refill dates ask for it.
    """
    kind = _lock(clinic, kind_ref)
    _check(clinic, entry, own_id=kind.id)
    if kind.key == REFILL_KIND and not entry.is_refill:
        raise RecordError(
            "is_refill", gettext_noop("the pump is refilled at this visit: the dates ask for it")
        )
    former_name = kind.name
    kind.name, kind.duration_minutes = entry.name.strip(), entry.duration_minutes
    kind.needs_nurse, kind.needs_room, kind.is_refill = entry.needs_nurse, entry.needs_room, entry.is_refill
    kind.save(update_fields=["name", "duration_minutes", "needs_nurse", "needs_room", "is_refill"])
    if kind.name != former_name:
        forget_kind(clinic_id=clinic.id, kind_id=kind.pk)
    _set_capacity(kind, entry.capacity, former_name=former_name, now=now)
    return kind


@transaction.atomic
def retire_visit_kind(*, clinic: Clinic, kind_ref: UUID) -> VisitKind:
    """Put a kind of visit out of use; what is booked of it stays.

    RecordError for the refill, and for a kind that the care protocol in force asks for.
    """
    kind = _lock(clinic, kind_ref)
    if kind.key == REFILL_KIND:
        raise RecordError("is_active", gettext_noop("the refill stays in use: the refill dates ask for it"))
    rows = rows_asking_for(clinic_id=clinic.id, kind_key=kind.key)
    if rows:
        raise RecordError(
            "is_active",
            gettext_noop("the care protocol asks for it (%(rows)s): change the protocol first"),
            rows=", ".join(row.title for row in rows[:3]),
        )
    return _set_active(kind, is_active=False)


@transaction.atomic
def restore_visit_kind(*, clinic: Clinic, kind_ref: UUID) -> VisitKind:
    """Put a kind of visit back into use."""
    return _set_active(_lock(clinic, kind_ref), is_active=True)


def _lock(clinic: Clinic, kind_ref: UUID) -> VisitKind:
    """The kind, under its lock and after that of its capacity: a booking waits for the one or the other."""
    found = VisitKind.objects.for_clinic(clinic.id).get(ref=kind_ref)
    if found.capacity_resource_id is not None:
        Resource.objects.select_for_update(no_key=True).get(pk=found.capacity_resource_id)
    return VisitKind.objects.for_clinic(clinic.id).select_for_update().get(pk=found.pk)


def _check(clinic: Clinic, entry: VisitKindEntry, own_id: int = 0) -> None:
    name = entry.name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise RecordError("name", gettext_noop("1 to 60 characters"))
    if VisitKind.objects.for_clinic(clinic.id).exclude(pk=own_id).filter(name__iexact=name).exists():
        raise RecordError("name", gettext_noop("another kind of visit has this name"))
    if not SHORTEST_MINUTES <= entry.duration_minutes <= LONGEST_MINUTES:
        raise RecordError("duration_minutes", gettext_noop("must be between 5 and 480 minutes"))
    if not (entry.needs_nurse or entry.needs_room or entry.capacity):
        raise RecordError(
            "needs_nurse", gettext_noop("a visit needs a nurse, a room or a number that may run at once")
        )
    if entry.capacity is not None and not 1 <= entry.capacity <= MOST_AT_ONCE:
        raise RecordError("capacity", gettext_noop("must be between 1 and 50"))


def _free_key(clinic: Clinic, name: str) -> str:
    stem = slugify(name).replace("-", "_")[:30].strip("_") or "visit"
    if not stem[0].isalpha():
        stem = f"visit_{stem}"
    taken = set(
        VisitKind.objects.for_clinic(clinic.id).filter(key__startswith=stem).values_list("key", flat=True)
    )
    return next(key for key in [stem, *(f"{stem}_{n}" for n in range(2, len(taken) + 3))] if key not in taken)


def _set_capacity(kind: VisitKind, capacity: int | None, *, former_name: str, now: datetime) -> None:
    """Bring the resource that holds the capacity to what was entered.

    The resource outlives a capacity that is taken away, since visits have seats on it, and is found again by
    the name of its kind.
    """
    resource = kind.capacity_resource or _former_capacity(kind, former_name)
    if resource is None:
        if capacity is not None:
            _seat_visits_ahead(kind, _give_capacity(kind, capacity), now=now)
        return
    resource.name = kind.name
    resource.is_active = capacity is not None
    resource.seats = resource.seats if capacity is None else capacity
    resource.save(update_fields=["name", "is_active", "seats"])
    was_given = kind.capacity_resource_id is not None
    kind.capacity_resource = None if capacity is None else resource
    kind.save(update_fields=["capacity_resource"])
    if capacity is not None and not was_given:
        _seat_visits_ahead(kind, resource, now=now)


def _former_capacity(kind: VisitKind, former_name: str) -> Resource | None:
    return (
        Resource.objects.for_clinic(kind.clinic_id)
        .filter(kind=ResourceKind.CAPACITY, name=former_name, is_active=False)
        .select_for_update(no_key=True)
        .first()
    )


def _give_capacity(kind: VisitKind, capacity: int) -> Resource:
    resource = Resource.objects.create(
        clinic_id=kind.clinic_id, kind=ResourceKind.CAPACITY, name=kind.name, seats=capacity
    )
    kind.capacity_resource = resource
    kind.save(update_fields=["capacity_resource"])
    return resource


def _seat_visits_ahead(kind: VisitKind, resource: Resource, *, now: datetime) -> None:
    """Give the visits booked before there was a capacity their seats on it, each the lowest that is free.

    More visits than seats at one time are an overbooking that somebody made before; they stay.
    """
    ahead = Visit.objects.for_clinic(kind.clinic_id).filter(kind=kind, status__in=BLOCKING, ends_at__gt=now)
    visits = ahead.exclude(seats__resource=resource).order_by("starts_at", "id")
    taken = [
        (seat.seat, seat.during.lower, seat.during.upper)
        for seat in VisitSeat.objects.filter(resource=resource, is_blocking=True)
    ]
    new: list[VisitSeat] = []
    for visit in visits:
        used = {seat for seat, begin, end in taken if begin < visit.ends_at and visit.starts_at < end}
        number = next(n for n in range(1, len(used) + 2) if n not in used)
        taken.append((number, visit.starts_at, visit.ends_at))
        new.append(
            VisitSeat(
                clinic_id=kind.clinic_id,
                visit=visit,
                resource=resource,
                seat=number,
                during=(visit.starts_at, visit.ends_at),
            )
        )
    VisitSeat.objects.bulk_create(new)


def _set_active(kind: VisitKind, *, is_active: bool) -> VisitKind:
    kind.is_active = is_active
    kind.save(update_fields=["is_active"])
    return kind
