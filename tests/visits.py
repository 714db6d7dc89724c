"""Visits for tests, made the way the product makes them: through the booking services.

    desk = make_desk(house)
    visit = desk.book(patient)
    desk.move(visit, at="11:00")

The desk stands in a clinic with one nurse and one room, on a Tuesday some weeks ahead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from clinic.domain.checks import RecordError
from clinic.models import Implant, Patient
from scheduling.domain.visit_entries import MoveEntry, VisitEntry
from scheduling.models import FollowUp, Resource, ResourceHours, Visit, VisitKind
from scheduling.services import booking
from tests.factories import House, make_patient

TUESDAY = 1


def a_coming_tuesday(house: House, *, weeks: int = 3) -> date:
    day = house.today + timedelta(weeks=weeks)
    return day + timedelta(days=(TUESDAY - day.weekday()) % 7)


@dataclass
class Desk:
    """Somebody who books visits. ``day`` is the day on which all of it happens unless a test says otherwise."""

    house: House
    nurse: Resource
    room: Resource
    day: date
    kinds: dict[str, VisitKind] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.house.clinic.time_zone)

    def at(self, wall: str, *, day: date | None = None) -> datetime:
        return datetime.combine(day or self.day, time.fromisoformat(wall), tzinfo=self.zone)

    def kind(self, key: str) -> VisitKind:
        if key not in self.kinds:
            self.kinds[key] = VisitKind.objects.for_clinic(self.house.clinic.id).get(key=key)
        return self.kinds[key]

    def entry(
        self,
        patient: Patient,
        *,
        at: str = "10:00",
        day: date | None = None,
        kind: str = "check_up",
        **values: Any,
    ) -> VisitEntry:
        return VisitEntry(
            **(
                {
                    "patient_ref": patient.ref,
                    "kind_ref": self.kind(kind).ref,
                    "local_on": day or self.day,
                    "local_at": time.fromisoformat(at),
                    "nurse_ref": self.nurse.ref,
                    "room_ref": self.room.ref,
                }
                | values
            )
        )

    def book(
        self,
        patient: Patient | None = None,
        *,
        now: datetime | None = None,
        key: str | None = None,
        hold: Visit | None = None,
        **values: Any,
    ) -> Visit:
        return booking.book_visit(
            clinic=self.house.clinic,
            entry=self.entry(patient or make_patient(self.house), **values),
            actor_id=self.house.nurse.id,
            now=now or self.house.now,
            idempotency_key=key,
            hold_ref=hold.ref if hold else None,
        )

    def hold(self, patient: Patient | None = None, *, now: datetime | None = None, **values: Any) -> Visit:
        return booking.hold_slot(
            clinic=self.house.clinic,
            entry=self.entry(patient or make_patient(self.house), **values),
            actor_id=self.house.nurse.id,
            now=now or self.house.now,
        )

    def move(
        self,
        visit: Visit,
        *,
        at: str = "11:00",
        day: date | None = None,
        sequence: int | None = None,
        **values: Any,
    ) -> Visit:
        return booking.move_visit(
            clinic=self.house.clinic,
            visit_ref=visit.ref,
            entry=MoveEntry(local_on=day or self.day, local_at=time.fromisoformat(at), **values),
            actor_id=self.house.nurse.id,
            now=self.house.now,
            expected_sequence=sequence,
        )

    def step(self, act: Any, visit: Visit, *, now: datetime | None = None, **values: Any) -> Visit:
        """`desk.step(booking.cancel_visit, visit, reason="ill")`; happens at the visit's start where it must."""
        done: Visit = act(
            clinic=self.house.clinic,
            visit_ref=visit.ref,
            actor_id=self.house.nurse.id,
            now=now or visit.starts_at,
            **values,
        )
        return done


def make_desk(house: House, *, seats: int = 1) -> Desk:
    rows = Resource.objects.for_clinic(house.clinic.id)
    desk = Desk(house, rows.get(kind="nurse"), rows.get(kind="room"), a_coming_tuesday(house))
    if seats > 1:
        rows.update(seats=seats)
        desk.nurse.refresh_from_db()
        desk.room.refresh_from_db()
    return desk


def make_resource(house: House, name: str, *, kind: str = "nurse", seats: int = 1) -> Resource:
    resource = Resource.objects.create(clinic=house.clinic, kind=kind, name=name, seats=seats, position=9)
    ResourceHours.objects.bulk_create(
        ResourceHours(
            clinic=house.clinic, resource=resource, weekday=weekday, starts_at=time(8), ends_at=time(18)
        )
        for weekday in range(5)
    )
    return resource


def item(patient: Patient, key: str = "wound_check_visit", **values: Any) -> FollowUp:
    """Something the patient is due for, put straight into the table."""
    return FollowUp.objects.create(
        **(
            {
                "clinic_id": patient.clinic_id,
                "patient": patient,
                "row_key": key,
                "anchor": "surgery",
                "anchor_key": "test",
                "title": key,
                "mode": "visit",
                "visit_kind_key": "check_up",
                "anchored_on": date(2026, 1, 1),
                "target_on": date(2026, 1, 10),
                "latest_on": date(2026, 1, 14),
                "owner": Resource.objects.filter(clinic_id=patient.clinic_id, kind="nurse").get().user,
                "created_at": patient.created_at,
            }
            | values
        )
    )


def refused(act: Callable[[], Any]) -> str:
    with pytest.raises(RecordError) as found:
        act()
    return str(found.value.reason)


def refill_item(implant: Implant) -> FollowUp:
    return FollowUp.objects.get(implant=implant, row_key="refill", state__in=["open", "postponed"])
