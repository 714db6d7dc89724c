"""A clinic whose calendar is half full and that closes for a fortnight with 200 visits in it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from clinic.audit import recording
from clinic.models import Clinic, Implant
from scheduling.models import (
    Forecast,
    Resource,
    ResourceHours,
    ResourceKind,
    Visit,
    VisitKind,
    VisitSeat,
)
from scheduling.models.forecasts import ForecastStatus

NURSES = 5
WEEKS_SHOWN = 8
BUSY_PART = 0.4
DAY = timedelta(days=1)


@dataclass(frozen=True)
class FullCalendar:
    """The clinic, and the fortnight that is to be closed."""

    clinic: Clinic
    first_on: date
    last_on: date
    zone: ZoneInfo


@dataclass(frozen=True)
class _Desk:
    clinic: Clinic
    nurses: list[Resource]
    rooms: list[Resource]
    kind: VisitKind
    zone: ZoneInfo
    user_id: int
    now: datetime


def fill_calendar(clinic: Clinic, *, displaced: int, user_id: int, now: datetime) -> FullCalendar:
    """Book ``displaced`` refills into a fortnight some weeks ahead, and others around it, of the clinic's pumps.

    Each refill in the fortnight must be done between a week after its beginning and three weeks after its end.
    """
    chance = random.Random(3)
    desk = _desk(clinic, user_id, now)
    first_on = _monday_after(now.astimezone(desk.zone).date() + 14 * DAY)
    last_on = first_on + 11 * DAY
    implants = list(Implant.objects.for_clinic(clinic.id).order_by("id"))
    within = list(_slots(desk, first_on, 12))[:displaced]
    around = [
        slot
        for start, days in ((first_on - 14 * DAY, 14), (last_on + 3 * DAY, (WEEKS_SHOWN - 3) * 7))
        for slot in _slots(desk, start, days)
        if slot[0] > now and chance.random() < BUSY_PART
    ]
    pumps, others = implants[:displaced], implants[displaced : displaced + len(around)]
    with recording(actor_id=user_id, reason="visit booked"):
        _write(desk, [*zip(within, pumps, strict=True), *zip(around, others, strict=False)])
    _forecast(desk, pumps, [first_on + chance.randint(7, 33) * DAY for _ in pumps])
    return FullCalendar(clinic, first_on, last_on, desk.zone)


def _desk(clinic: Clinic, user_id: int, now: datetime) -> _Desk:
    made: dict[ResourceKind, list[Resource]] = {ResourceKind.NURSE: [], ResourceKind.ROOM: []}
    for kind, rows in made.items():
        Resource.objects.for_clinic(clinic.id).filter(kind=kind).update(is_active=False)
        for number in range(NURSES):
            row = Resource.objects.create(clinic=clinic, kind=kind, name=f"{kind} {number}", position=number)
            ResourceHours.objects.bulk_create(
                ResourceHours(
                    clinic=clinic, resource=row, weekday=weekday, starts_at=time(9), ends_at=time(17)
                )
                for weekday in range(5)
            )
            rows.append(row)
    refill = VisitKind.objects.for_clinic(clinic.id).get(key="refill")
    zone = ZoneInfo(clinic.time_zone)
    return _Desk(clinic, made[ResourceKind.NURSE], made[ResourceKind.ROOM], refill, zone, user_id, now)


def _slots(desk: _Desk, first_on: date, days: int) -> Iterator[tuple[datetime, Resource, Resource]]:
    """Every second hour first and then those between, so that any part of them is spread over the days."""
    for parity in (0, 1):
        for number in range(days):
            day = first_on + number * DAY
            if day.weekday() < 5:
                for hour in range(9 + parity, 17, 2):
                    begin = datetime.combine(day, time(hour), desk.zone)
                    yield from (
                        (begin, nurse, room) for nurse, room in zip(desk.nurses, desk.rooms, strict=True)
                    )


def _write(desk: _Desk, booked: Sequence[tuple[tuple[datetime, Resource, Resource], Implant]]) -> None:
    visits = [
        Visit(
            clinic=desk.clinic,
            patient_id=implant.patient_id,
            implant=implant,
            kind=desk.kind,
            nurse=nurse,
            room=room,
            starts_at=begin,
            ends_at=begin + timedelta(hours=1),
            local_on=begin.date(),
            local_at=begin.time(),
            time_zone=desk.zone.key,
            status="booked",
            is_refill=True,
            booked_at=desk.now,
            booked_by_id=desk.user_id,
        )
        for (begin, nurse, room), implant in booked
    ]
    Visit.objects.bulk_create(visits)
    VisitSeat.objects.bulk_create(
        VisitSeat(clinic=desk.clinic, visit=visit, resource=resource, during=(visit.starts_at, visit.ends_at))
        for visit in visits
        for resource in (visit.nurse, visit.room)
        if resource is not None
    )


def _forecast(desk: _Desk, implants: Sequence[Implant], must_by: Sequence[date]) -> None:
    ids = [implant.pk for implant in implants]
    Forecast.objects.filter(implant_id__in=ids).delete()
    Forecast.objects.bulk_create(
        Forecast(
            clinic=desk.clinic,
            implant=implant,
            status=ForecastStatus.OK,
            must_refill_by=day,
            limited_by="low_reservoir",
            target_visit_on=day - 10 * DAY,
            latest_visit_on=day - 3 * DAY,
            hazard=3,
            limits={},
            findings=[],
            fingerprint="",
            engine_version="",
            computed_at=desk.now,
        )
        for implant, day in zip(implants, must_by, strict=True)
    )


def _monday_after(day: date) -> date:
    return day + (7 - day.weekday()) * DAY
