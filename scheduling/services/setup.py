"""What a clinic's calendar begins with: a policy, kinds of visit, its nurses, a room. Asked for again, it adds nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time

from clinic.domain.roles import Role
from clinic.selectors.accounts import members
from clinic.selectors.facts import clinic_facts
from clinic.selectors.rows import Membership
from scheduling.domain.visit_kinds import DEFAULT_VISIT_KINDS
from scheduling.models import Resource, ResourceHours, ResourceKind, VisitKind, WorkPolicy

NURSE_HOURS = ((time(9), time(12)), (time(13), time(17)))
ROOM_HOURS = ((time(8), time(18)),)


def set_up_clinic(clinic_id: int, now: datetime) -> None:
    """Give the clinic what its calendar needs, in the caller's transaction; a reader of ``announce_members``.

    A nurse who joined stands in the calendar with the usual hours; one who left is put out of use and keeps
    the visits, which the work list then shows as without a nurse.
    """
    WorkPolicy.objects.bulk_create([WorkPolicy(clinic_id=clinic_id)], ignore_conflicts=True)
    if not VisitKind.objects.for_clinic(clinic_id).exists():
        _add_kinds(clinic_id)
    if not Resource.objects.for_clinic(clinic_id).filter(kind=ResourceKind.ROOM).exists():
        _add_resource(clinic_id, ROOM_HOURS, kind=ResourceKind.ROOM, name="Room 1")
    _bring_up_nurses(clinic_id, members(clinic_id=clinic_id))


def _add_kinds(clinic_id: int) -> None:
    VisitKind.objects.bulk_create(
        (
            VisitKind(
                clinic_id=clinic_id,
                key=seed.key,
                name=seed.name,
                duration_minutes=seed.minutes,
                needs_room=seed.needs_room,
                is_refill=seed.is_refill,
                position=position,
            )
            for position, seed in enumerate(DEFAULT_VISIT_KINDS)
        ),
        ignore_conflicts=True,
    )


def _bring_up_nurses(clinic_id: int, people: Iterable[Membership]) -> None:
    stored = {
        nurse.user_id: nurse
        for nurse in Resource.objects.for_clinic(clinic_id).filter(kind=ResourceKind.NURSE)
        if nurse.user_id is not None
    }
    for person in people:
        nurse = stored.get(person.user_id)
        works = person.is_active and person.role == Role.NURSE
        if nurse is None and works:
            name = _free_name(clinic_id, str(person.user))
            _add_resource(clinic_id, NURSE_HOURS, kind=ResourceKind.NURSE, name=name, user_id=person.user_id)
        elif nurse is not None and nurse.is_active and not person.is_active:
            nurse.is_active = False
            nurse.save(update_fields=["is_active"])


def _free_name(clinic_id: int, wanted: str) -> str:
    taken = set(
        Resource.objects.for_clinic(clinic_id)
        .filter(kind=ResourceKind.NURSE, name__startswith=wanted[:70])
        .values_list("name", flat=True)
    )
    names = [wanted[:80], *(f"{wanted[:70]} ({number})" for number in range(2, len(taken) + 2))]
    return next(name for name in names if name not in taken)


def _add_resource(
    clinic_id: int,
    hours: tuple[tuple[time, time], ...],
    *,
    kind: ResourceKind,
    name: str,
    user_id: int | None = None,
) -> None:
    resource = Resource.objects.create(clinic_id=clinic_id, kind=kind, name=name, user_id=user_id)
    weekdays = clinic_facts(clinic_id=clinic_id).open_weekdays
    ResourceHours.objects.bulk_create(
        ResourceHours(clinic_id=clinic_id, resource=resource, weekday=weekday, starts_at=begin, ends_at=end)
        for weekday in weekdays
        for begin, end in hours
    )
