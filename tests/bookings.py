"""Visits made the way the product makes them: through the booking services.

visit = book(house, patient, on=open_day(house), at=time(10))
"""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

from clinic.models import Closure, Implant, Patient
from scheduling.domain.visit_entries import VisitEntry
from scheduling.models import Resource, ResourceHours, ResourceKind, Visit, VisitKind
from scheduling.services import booking
from tests.factories import House


def kind_of(house: House, key: str) -> VisitKind:
    """One of the kinds of visit that every clinic begins with."""
    return VisitKind.objects.get(clinic=house.clinic, key=key)


def nurse_of(house: House) -> Resource:
    """The nurse of the house as the calendar knows her."""
    return Resource.objects.get(clinic=house.clinic, kind=ResourceKind.NURSE, user=house.nurse)


def room_of(house: House) -> Resource:
    """The first room of the house."""
    return Resource.objects.filter(clinic=house.clinic, kind=ResourceKind.ROOM).order_by("id")[0]


def add_nurse(house: House, name: str, *, begin: time = time(9), end: time = time(17)) -> Resource:
    """Another nurse, at work every day from Monday to Friday, and a room for her."""
    for kind, called in ((ResourceKind.ROOM, f"Room of {name}"), (ResourceKind.NURSE, name)):
        made = Resource.objects.create(clinic=house.clinic, kind=kind, name=called)
        ResourceHours.objects.bulk_create(
            ResourceHours(clinic=house.clinic, resource=made, weekday=weekday, starts_at=begin, ends_at=end)
            for weekday in range(5)
        )
    return made


def open_day(house: House, days: int = 7) -> date:
    """The first day from Monday to Friday that is so many days ahead or more, and no public holiday."""
    closed = set(Closure.objects.filter(clinic=house.clinic).values_list("closed_on", flat=True))
    day = house.today + timedelta(days=days)
    while day.weekday() > 4 or day in closed:
        day += timedelta(days=1)
    return day


def entry(house: House, of: Implant | Patient, *, on: date, at: time = time(10), **values: Any) -> VisitEntry:
    """What is asked for: a check-up of a patient, or of the patient with a pump a refill of it."""
    is_pump = isinstance(of, Implant)
    kind = values.pop("kind", "refill" if is_pump else "check_up")
    asked: dict[str, Any] = {
        "patient_ref": of.patient.ref if isinstance(of, Implant) else of.ref,
        "implant_ref": of.ref if is_pump else None,
        "kind_ref": kind_of(house, kind).ref,
        "local_on": on,
        "local_at": at,
    }
    return VisitEntry(**(asked | values))


def book(house: House, of: Implant | Patient, *, on: date, at: time = time(10), **values: Any) -> Visit:
    """A booked visit; ``values`` are fields of VisitEntry, or ``kind`` by its key."""
    return booking.book_visit(
        clinic=house.clinic,
        entry=entry(house, of, on=on, at=at, **values),
        actor_id=house.nurse.id,
        now=house.now,
    )


def hold(house: House, of: Implant | Patient, *, on: date, at: time = time(10), **values: Any) -> Visit:
    """A slot held by the nurse of the house."""
    return booking.hold_slot(
        clinic=house.clinic,
        entry=entry(house, of, on=on, at=at, **values),
        actor_id=house.nurse.id,
        now=house.now,
    )
