"""Putting many visits at other times in few statements. All in the caller's transaction, under its locks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg.types.range import TimestamptzRange

from clinic.selectors.rows import Clinic, Implant
from scheduling import changes
from scheduling.models import DayClosing, Resource, Status, Visit, VisitSeat, VisitStatus

COLUMNS = (
    "starts_at",
    "ends_at",
    "local_on",
    "local_at",
    "time_zone",
    "nurse_id",
    "room_id",
    "status",
    "sequence",
    "override_reason",
    "override_by_id",
)


@dataclass(slots=True)
class Rewrite:
    """One visit, where it goes and the status it has there. ``seats`` are (resource id, seat number)."""

    visit: Visit
    starts_at: datetime
    ends_at: datetime
    nurse_id: int | None
    room_id: int | None
    status: str
    seats: list[tuple[int, int]] = field(default_factory=list)


def lock_closing(clinic: Clinic, closing_ref: UUID) -> DayClosing:
    """The closing as it is now. Whoever confirms or undoes one in this clinic comes after the other, from here on.

    One lock for all closings of a clinic: undoing one hands days over to the others, and those who each hold their
    own would wait for each other.
    """
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    return (
        DayClosing.objects.for_clinic(clinic.id)
        .select_for_update(of=("self",), no_key=True)
        .get(ref=closing_ref)
    )


def lock_all_resources(clinic: Clinic) -> None:
    """Lock every nurse, room and capacity of the clinic: nobody books while visits change places."""
    rows = Resource.objects.for_clinic(clinic.id).order_by("pk").select_for_update(no_key=True)
    list(rows.values_list("pk", flat=True))


def lock_visits(clinic: Clinic, visit_ids: Collection[int]) -> dict[int, Visit]:
    """Lock these visits in the order of their ids and read them as they are now."""
    rows = Visit.objects.for_clinic(clinic.id).filter(pk__any_of=list(visit_ids)).order_by("pk")
    found = rows.select_related("kind").select_for_update(of=("self",), no_key=True)
    return {visit.pk: visit for visit in found}


def rewrite(
    rewrites: Sequence[Rewrite], *, zone: ZoneInfo, reason: str, actor_id: int, now: datetime
) -> None:
    """Write the visits, their seats and a status row for each. A visit without seats takes nobody's time."""
    statuses, seats = [], []
    for each in rewrites:
        visit = each.visit
        moved_from = visit.starts_at if visit.starts_at != each.starts_at else None
        statuses.append(_status(visit, each, reason, moved_from, actor_id, now))
        _set(visit, each, zone)
        during = TimestamptzRange(each.starts_at, each.ends_at, "[)")
        seats += [
            VisitSeat(
                clinic_id=visit.clinic_id, visit=visit, resource_id=resource_id, seat=seat, during=during
            )
            for resource_id, seat in each.seats
        ]
    visits = [each.visit for each in rewrites]
    VisitSeat.objects.filter(visit_id__in=[visit.pk for visit in visits]).delete()
    Visit.objects.bulk_update(visits, [name.removesuffix("_id") for name in COLUMNS], batch_size=200)
    VisitSeat.objects.bulk_create(seats)
    VisitStatus.objects.bulk_create(statuses)


def tell(clinic: Clinic, visits: Iterable[Visit], now: datetime) -> None:
    """Announce that visits of these patients have changed."""
    patients = {visit.patient_id for visit in visits}
    implants = Implant.objects.for_clinic(clinic.id).filter(patient_id__any_of=list(patients))
    changes.announce(
        clinic_id=clinic.id,
        implant_ids=list(implants.order_by("pk").values_list("pk", flat=True)),
        patient_ids=patients,
        now=now,
    )


def _set(visit: Visit, each: Rewrite, zone: ZoneInfo) -> None:
    local = each.starts_at.astimezone(zone)
    visit.starts_at, visit.ends_at = each.starts_at, each.ends_at
    visit.local_on, visit.local_at, visit.time_zone = local.date(), local.time(), zone.key
    visit.nurse_id, visit.room_id = each.nurse_id, each.room_id
    visit.status = Status(each.status)
    visit.sequence += 1
    visit.override_reason, visit.override_by_id = "", None


def _status(
    visit: Visit, each: Rewrite, reason: str, moved_from: datetime | None, actor_id: int, now: datetime
) -> VisitStatus:
    return VisitStatus(
        clinic_id=visit.clinic_id,
        visit=visit,
        status=Status(each.status),
        since=now,
        by_id=actor_id,
        reason=reason,
        moved_from=moved_from,
    )
