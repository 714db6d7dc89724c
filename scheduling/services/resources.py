"""Nurses and rooms: who and what a visit can have, in which hours, and the days that differ.

A change of hours moves no visit. Visits that no longer fit are told by ``visits_outside`` and stand on the
work list as conflicts; days on which somebody is away with visits booked are closed by ``closing_days``.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from clinic.domain.roles import Role
from clinic.selectors.accounts import members
from clinic.selectors.rows import Clinic
from clinic.services.conflicts import refusing
from scheduling.domain.hours import ExceptionEntry, Week, check_exception, check_week
from scheduling.models import HoursException, Resource, ResourceHours, ResourceKind
from scheduling.selectors.resources import exception_entry
from scheduling.services.calendar_renewal import forget_room

MOST_SEATS = 50
LONGEST_NAME = 80
LONGEST_REASON = 120
KINDS = (ResourceKind.NURSE, ResourceKind.ROOM)
NAME_TAKEN = gettext_noop("another one has this name")
PERSON_TAKEN = gettext_noop("this person stands in the calendar already")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceEntry:
    """A nurse or a room as it is entered; ``seats`` is how many visits run with it at once."""

    name: str
    seats: int = 1
    user_id: int | None = None
    """The account of the nurse; None for somebody without one, and for a room."""


@transaction.atomic
def add_resource(*, clinic: Clinic, kind: str, entry: ResourceEntry, week: Week) -> Resource:
    """Add a nurse or a room with its weekly hours.

    Raises RecordError at ``name``, ``seats``, ``user`` or ``day_<weekday>`` for what cannot be.
    """
    if kind not in KINDS:
        raise RecordError("kind", gettext_noop("is not one of the choices"))
    checked = check_week(week)
    _check(clinic, kind, entry)
    last = Resource.objects.for_clinic(clinic.id).filter(kind=kind).aggregate(last=Max("position"))["last"]
    with _named_once(), _one_a_person():
        resource = Resource.objects.create(
            clinic=clinic,
            kind=kind,
            name=entry.name.strip(),
            seats=entry.seats,
            user_id=entry.user_id,
            position=(last or 0) + 1,
        )
    _write_week(resource, checked)
    return resource


@transaction.atomic
def update_resource(*, clinic: Clinic, resource_ref: UUID, entry: ResourceEntry, week: Week) -> Resource:
    """Change the name, the seats, the account and the whole week of a nurse or a room, together.

    Visits stay where they are; calendars have a room's new name a minute later. Resource.DoesNotExist for one of
    another clinic.
    """
    checked = check_week(week)
    resource = _lock(clinic, resource_ref)
    _check(clinic, resource.kind, entry, own_id=resource.id)
    _check_account(clinic, resource, entry)
    former_name = resource.name
    resource.name, resource.seats, resource.user_id = entry.name.strip(), entry.seats, entry.user_id
    with _named_once(), _one_a_person():
        resource.save(update_fields=["name", "seats", "user"])
    if resource.kind == ResourceKind.ROOM and resource.name != former_name:
        forget_room(clinic_id=clinic.id, room_id=resource.pk)
    _write_week(resource, checked)
    return resource


@transaction.atomic
def retire_resource(*, clinic: Clinic, resource_ref: UUID) -> Resource:
    """Put a nurse or a room out of use: no new visit is given to it, those it has stay and are conflicts."""
    return _set_active(_lock(clinic, resource_ref), is_active=False)


@transaction.atomic
def restore_resource(*, clinic: Clinic, resource_ref: UUID) -> Resource:
    """Put a nurse or a room back into use, with the hours it had."""
    return _set_active(_lock(clinic, resource_ref), is_active=True)


@transaction.atomic
def add_exception(
    *, clinic: Clinic, resource_ref: UUID, entry: ExceptionEntry, now: datetime
) -> HoursException:
    """Enter days on which a nurse or a room is away, or there beyond the usual hours.

    Raises RecordError at its field for what cannot be.
    """
    resource = _lock(clinic, resource_ref)
    _check_exception(clinic, resource, entry, now=now)
    return HoursException.objects.create(clinic=clinic, resource=resource, **_columns(entry))


@transaction.atomic
def update_exception(
    *, clinic: Clinic, exception_ref: UUID, entry: ExceptionEntry, now: datetime
) -> HoursException:
    """Change an exception. HoursException.DoesNotExist for one of another clinic.

    Raises RecordError for what cannot be, and for an absence that closed days wrote: that one is undone there.
    """
    resource, exception = _lock_exception(clinic, exception_ref)
    _check_exception(clinic, resource, entry, now=now, own_id=exception.id)
    for name, value in _columns(entry).items():
        setattr(exception, name, value)
    exception.save()
    return exception


@transaction.atomic
def remove_exception(*, clinic: Clinic, exception_ref: UUID) -> ExceptionEntry:
    """Take an exception away. Returns what it said, so that it can be entered again."""
    _resource, exception = _lock_exception(clinic, exception_ref)
    entry = exception_entry(exception)
    exception.delete()
    return entry


def _named_once() -> AbstractContextManager[None]:
    return refusing("resource_named_once", field="name", message=NAME_TAKEN)


def _one_a_person() -> AbstractContextManager[None]:
    return refusing("resource_one_a_person", field="user", message=PERSON_TAKEN)


def _lock(clinic: Clinic, resource_ref: UUID) -> Resource:
    """The nurse or room, under its lock, so that a booking sees the hours before or after, never half."""
    return (
        Resource.objects.for_clinic(clinic.id)
        .filter(kind__in=KINDS)
        .select_for_update(no_key=True)
        .get(ref=resource_ref)
    )


def _lock_exception(clinic: Clinic, exception_ref: UUID) -> tuple[Resource, HoursException]:
    found = HoursException.objects.for_clinic(clinic.id).select_related("resource").get(ref=exception_ref)
    resource = _lock(clinic, found.resource.ref)
    exception = HoursException.objects.for_clinic(clinic.id).get(pk=found.pk)
    if exception.closing_id is not None:
        raise RecordError("first_on", gettext_noop("these days were closed: undo the closing instead"))
    return resource, exception


def _check(clinic: Clinic, kind: str, entry: ResourceEntry, own_id: int = 0) -> None:
    name = entry.name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise RecordError("name", gettext_noop("1 to 80 characters"))
    if not 1 <= entry.seats <= MOST_SEATS:
        raise RecordError("seats", gettext_noop("must be between 1 and 50"))
    others = Resource.objects.for_clinic(clinic.id).exclude(pk=own_id)
    if others.filter(kind=kind, name__iexact=name).exists():
        raise RecordError("name", NAME_TAKEN)
    if entry.user_id is None:
        return
    if kind != ResourceKind.NURSE:
        raise RecordError("user", gettext_noop("only a nurse has an account"))
    kept = Resource.objects.filter(pk=own_id, user_id=entry.user_id).exists()
    if not kept and not members(clinic_id=clinic.id).filter(user_id=entry.user_id, is_active=True).exists():
        raise RecordError("user", gettext_noop("is no member of the clinic"))
    if others.filter(user_id=entry.user_id).exists():
        raise RecordError("user", PERSON_TAKEN)


def _check_account(clinic: Clinic, resource: Resource, entry: ResourceEntry) -> None:
    """A nurse who works here stands in the calendar under her account: without it she would be added again."""
    if resource.user_id is None or entry.user_id == resource.user_id:
        return
    works = members(clinic_id=clinic.id).filter(
        user_id=resource.user_id, is_active=True, role=Role.NURSE.value
    )
    if works.exists():
        raise RecordError(
            "user", gettext_noop("a nurse of the clinic keeps her account: put her out of use instead")
        )


def _check_exception(
    clinic: Clinic, resource: Resource, entry: ExceptionEntry, *, now: datetime, own_id: int = 0
) -> None:
    others: Iterable[HoursException] = resource.exceptions.filter(
        first_on__lte=entry.last_on, last_on__gte=entry.first_on
    ).exclude(pk=own_id)
    if len(entry.reason.strip()) > LONGEST_REASON:
        raise RecordError("reason", gettext_noop("at most 120 characters"))
    today = now.astimezone(ZoneInfo(clinic.time_zone)).date()
    check_exception(entry, today=today, others=[exception_entry(other) for other in others])


def _columns(entry: ExceptionEntry) -> dict[str, object]:
    return {
        "first_on": entry.first_on,
        "last_on": entry.last_on,
        "starts_at": entry.starts_at,
        "ends_at": entry.ends_at,
        "is_available": entry.is_available,
        "reason": entry.reason.strip(),
    }


def _write_week(resource: Resource, week: Week) -> None:
    resource.hours.all().delete()
    ResourceHours.objects.bulk_create(
        ResourceHours(
            clinic_id=resource.clinic_id,
            resource=resource,
            weekday=weekday,
            starts_at=span.starts_at,
            ends_at=span.ends_at,
        )
        for weekday, spans in week.items()
        for span in spans
    )


def _set_active(resource: Resource, *, is_active: bool) -> Resource:
    resource.is_active = is_active
    resource.save(update_fields=["is_active"])
    return resource
