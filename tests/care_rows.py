"""Follow-ups and visits put straight into the tables, for tests of reading them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from clinic.audit import recording
from clinic.models import Implant, Patient
from scheduling.models import (
    Anchor,
    FollowUp,
    FollowUpAct,
    Mode,
    Resource,
    ResourceKind,
    Visit,
    VisitKind,
    VisitStatus,
)
from tests.factories import House

_numbers = count(1)


def make_follow_up(
    house: House,
    patient: Patient,
    title: str = "Wound check",
    *,
    target_in: int = -2,
    latest_in: int = 2,
    act: bool = True,
    **values: Any,
) -> FollowUp:
    """Something of a visit, due between two days from today; ``values`` are further columns."""
    columns: dict[str, Any] = {
        "row_key": f"row_{next(_numbers)}",
        "anchor": Anchor.SURGERY,
        "anchor_key": "surgery:1",
        "title": title,
        "mode": Mode.VISIT,
        "visit_kind_key": "wound_check",
        "anchored_on": house.today - timedelta(days=12),
        "target_on": house.today + timedelta(days=target_in),
        "latest_on": house.today + timedelta(days=latest_in),
        "owner": house.nurse,
        "created_at": house.now,
    }
    made = FollowUp.objects.create(clinic=house.clinic, patient=patient, **(columns | values))
    if act:
        FollowUpAct.objects.create(clinic=house.clinic, follow_up=made, act="created", at=house.now)
    return made


def make_visit(
    house: House,
    patient: Patient,
    *,
    on: date,
    at: time = time(10),
    kind: str = "check_up",
    status: str = "booked",
    implant: Implant | None = None,
    statuses: tuple[tuple[str, datetime, str], ...] = (),
    **values: Any,
) -> Visit:
    """A visit as it stands after ``statuses`` (word, since, reason); one booked now where none are given."""
    zone = ZoneInfo(house.clinic.time_zone)
    starts_at = datetime.combine(on, at, zone)
    found = VisitKind.objects.get(clinic=house.clinic, key=kind)
    nurse = Resource.objects.filter(clinic=house.clinic, kind=ResourceKind.NURSE).first()
    with recording(actor_id=house.nurse.id, reason="booked"):
        visit = Visit.objects.create(
            clinic=house.clinic,
            patient=patient,
            implant=implant,
            kind=found,
            nurse=nurse,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=found.duration_minutes),
            local_on=on,
            local_at=at,
            time_zone=house.clinic.time_zone,
            status=status,
            is_refill=found.is_refill,
            booked_at=house.now,
            booked_by=house.nurse,
            **values,
        )
    for word, since, reason in statuses or ((status, house.now, ""),):
        VisitStatus.objects.create(
            clinic=house.clinic, visit=visit, status=word, since=since, by=house.nurse, reason=reason
        )
    return visit
