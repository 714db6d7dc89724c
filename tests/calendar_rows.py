"""Rows of the calendar put straight into the tables, for tests of what is read from them.

    visit = make_visit(house, implant, on=house.today + timedelta(days=3))

Tests of how visits come about use the services.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from clinic.audit import recording
from clinic.models import Implant, Patient
from scheduling.domain.case import ClinicRules
from scheduling.domain.visits import is_open
from scheduling.models import (
    FollowUp,
    HoursException,
    Resource,
    ResourceKind,
    Visit,
    VisitFollowUp,
    VisitKind,
    VisitSeat,
)
from scheduling.models.visits import BLOCKING
from tests.factories import House


def nurse_of(house: House) -> Resource:
    """The nurse of the house as the calendar knows her."""
    return Resource.objects.get(clinic=house.clinic, kind=ResourceKind.NURSE, user=house.nurse)


def room_of(house: House) -> Resource:
    return Resource.objects.filter(clinic=house.clinic, kind=ResourceKind.ROOM).order_by("id")[0]


def open_day(house: House, days: int = 7) -> date:
    """The first day from so many days ahead on which the clinic is open."""
    rules = ClinicRules()
    day = house.today + timedelta(days=days)
    while not is_open(day, rules):
        day += timedelta(days=1)
    return day


def make_visit(
    house: House,
    of: Implant | Patient,
    *,
    on: date,
    at: time = time(10),
    minutes: int = 30,
    kind: str = "refill",
    status: str = "booked",
    serves: tuple[FollowUp, ...] = (),
    **values: Any,
) -> Visit:
    """A visit with the house's nurse in its first room; ``values`` are further fields."""
    implant = of if isinstance(of, Implant) else None
    zone = ZoneInfo(house.clinic.time_zone)
    starts_at = datetime.combine(on, at, zone).astimezone(UTC)
    found = VisitKind.objects.get(clinic=house.clinic, key=kind)
    fields = {
        "patient": of.patient if isinstance(of, Implant) else of,
        "implant": implant,
        "kind": found,
        "nurse": nurse_of(house),
        "room": room_of(house) if found.needs_room else None,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=minutes),
        "local_on": on,
        "local_at": at,
        "time_zone": house.clinic.time_zone,
        "is_refill": found.is_refill,
        "booked_at": house.now,
        "booked_by": house.nurse,
    }
    with recording(actor_id=house.nurse.id, reason="made by a test"):
        visit = Visit.objects.create(clinic=house.clinic, status=status, **(fields | values))
    for resource in (visit.nurse, visit.room):
        if resource is not None:
            VisitSeat.objects.create(
                clinic=house.clinic,
                visit=visit,
                resource=resource,
                during=(visit.starts_at, visit.ends_at),
                is_blocking=status in BLOCKING,
            )
    for follow_up in serves:
        VisitFollowUp.objects.create(clinic=house.clinic, visit=visit, follow_up=follow_up)
    return visit


def make_follow_up(
    house: House, of: Implant | Patient, *, target: int, latest: int, row_key: str = "wound", **values: Any
) -> FollowUp:
    """An open follow-up with its days counted from today; ``values`` are further fields."""
    fields = {
        "patient": of.patient if isinstance(of, Implant) else of,
        "implant": of if isinstance(of, Implant) else None,
        "row_key": row_key,
        "anchor": "surgery",
        "anchor_key": "made-by-a-test",
        "title": row_key.capitalize(),
        "mode": "visit",
        "anchored_on": house.today,
        "target_on": house.today + timedelta(days=target),
        "latest_on": house.today + timedelta(days=latest),
        "owner": house.nurse,
        "created_at": house.now,
    }
    return FollowUp.objects.create(clinic=house.clinic, **(fields | values))


def be_away(house: House, resource: Resource, on: date, until: date | None = None) -> HoursException:
    return HoursException.objects.create(
        clinic=house.clinic, resource=resource, first_on=on, last_on=until or on, reason="leave"
    )
