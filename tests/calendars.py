"""A clinic's calendar in a known state: its nurse Ann, a room, and visits put straight into the tables.

Booking has its own rules and its own tests; here visits only have to stand there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from clinic.audit import recording
from clinic.models import Implant, Patient
from scheduling.models import (
    BLOCKING,
    FollowUp,
    HoursException,
    Resource,
    ResourceHours,
    ResourceKind,
    Visit,
    VisitFollowUp,
    VisitKind,
    VisitSeat,
)
from scheduling.services.setup import set_up_clinic
from tests.factories import House, make_clinic, make_patient

MONDAY_NOON = datetime(2027, 3, 1, 18, tzinfo=ZoneInfo("UTC"))
"""In Chicago; the clocks go forward on Sunday 14 March 2027."""


@dataclass
class Diary:
    """A clinic whose only nurse works 9 to 12 and 13 to 17, Monday to Friday, with one room."""

    house: House
    nurse: Resource
    room: Resource
    zone: ZoneInfo

    @property
    def clinic_id(self) -> int:
        return self.house.clinic.id

    @property
    def now(self) -> datetime:
        return self.house.now

    def kind(self, key: str = "refill") -> VisitKind:
        return VisitKind.objects.for_clinic(self.clinic_id).get(key=key)

    def at(self, day: date, hour: int, minute: int = 0) -> datetime:
        return datetime.combine(day, time(hour, minute), self.zone)

    def add_nurse(self, name: str, *, hours: tuple[int, int] = (9, 17), seats: int = 1) -> Resource:
        position = Resource.objects.for_clinic(self.clinic_id).count()
        nurse = Resource.objects.create(
            clinic_id=self.clinic_id, kind=ResourceKind.NURSE, name=name, seats=seats, position=position
        )
        self.set_hours(nurse, hours)
        return nurse

    def add_room(self, name: str) -> Resource:
        position = Resource.objects.for_clinic(self.clinic_id).count()
        return Resource.objects.create(
            clinic_id=self.clinic_id, kind=ResourceKind.ROOM, name=name, position=position
        )

    def set_hours(self, resource: Resource, hours: tuple[int, int]) -> None:
        ResourceHours.objects.filter(resource=resource).delete()
        ResourceHours.objects.bulk_create(
            ResourceHours(
                clinic_id=self.clinic_id, resource=resource, weekday=weekday,
                starts_at=time(hours[0]), ends_at=time(hours[1]),
            )
            for weekday in range(5)
        )  # fmt: skip

    def away(self, resource: Resource, first_on: date, last_on: date | None = None) -> HoursException:
        return HoursException.objects.create(
            clinic_id=self.clinic_id, resource=resource, first_on=first_on, last_on=last_on or first_on
        )

    def visit(
        self,
        starts_at: datetime,
        *,
        patient: Patient | None = None,
        implant: Implant | None = None,
        kind: VisitKind | None = None,
        minutes: int | None = None,
        status: str = "booked",
        nurse: Resource | None = None,
        room: Resource | None = None,
        seat: int = 1,
        hold_expires_at: datetime | None = None,
        follow_ups: tuple[FollowUp, ...] = (),
    ) -> Visit:
        """A visit with the nurse and the room, in seats of the same number."""
        kind = kind or self.kind("refill" if implant else "check_up")
        nurse, room = nurse or self.nurse, room or self.room
        ends_at = starts_at + timedelta(minutes=minutes or kind.duration_minutes)
        local = starts_at.astimezone(self.zone)
        with recording(actor_id=self.house.nurse.id, reason="visit booked"):
            visit = Visit.objects.create(
                clinic_id=self.clinic_id,
                patient=implant.patient if implant else patient or make_patient(self.house),
                implant=implant,
                kind=kind,
                nurse=nurse,
                room=room,
                starts_at=starts_at,
                ends_at=ends_at,
                local_on=local.date(),
                local_at=local.time(),
                time_zone=str(self.zone),
                status=status,
                hold_expires_at=hold_expires_at,
                is_refill=kind.is_refill,
                booked_at=self.now,
                booked_by=self.house.nurse,
            )
            for resource in (nurse, room):
                VisitSeat.objects.create(
                    clinic_id=self.clinic_id, visit=visit, resource=resource, seat=seat,
                    during=(starts_at, ends_at), is_blocking=status in BLOCKING,
                )  # fmt: skip
            for follow_up in follow_ups:
                VisitFollowUp.objects.create(clinic_id=self.clinic_id, visit=visit, follow_up=follow_up)
        return visit


def make_diary(now: datetime = MONDAY_NOON) -> Diary:
    house = make_clinic(now=now)
    clinic_id = house.clinic.id
    set_up_clinic(clinic_id, now)
    return Diary(
        house=house,
        nurse=Resource.objects.for_clinic(clinic_id).get(kind=ResourceKind.NURSE, user=house.nurse),
        room=Resource.objects.for_clinic(clinic_id).get(kind=ResourceKind.ROOM),
        zone=ZoneInfo(house.clinic.time_zone),
    )
