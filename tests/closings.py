"""Closing days of a diary, and what must be the same before and after."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from clinic.models import Closure, Implant
from scheduling.models import DayClosing, Forecast, HoursException, Visit, VisitSeat
from scheduling.services.closing_days import (
    Confirmation,
    Undone,
    confirm_closing,
    propose_closing,
    undo_closing,
)
from tests.calendars import Diary
from tests.factories import make_running_pump

DAY = timedelta(days=1)
MONDAY = date(2027, 3, 1)
FRIDAY = MONDAY + 4 * DAY
NEXT_MONDAY = MONDAY + 7 * DAY


def propose(diary: Diary, first_on: date = MONDAY, last_on: date = FRIDAY, **values: Any) -> DayClosing:
    given = {"reason": "Painters", "actor_id": diary.house.administrator.id, "now": diary.now} | values
    return propose_closing(clinic=diary.house.clinic, first_on=first_on, last_on=last_on, **given)


def confirm(diary: Diary, closing: DayClosing, *, now: datetime | None = None) -> Confirmation:
    return confirm_closing(
        clinic=diary.house.clinic,
        closing_ref=closing.ref,
        actor_id=diary.house.administrator.id,
        now=now or diary.now,
    )


def undo(diary: Diary, closing: DayClosing, *, now: datetime | None = None) -> Undone:
    return undo_closing(
        clinic=diary.house.clinic,
        closing_ref=closing.ref,
        actor_id=diary.house.administrator.id,
        now=now or diary.now + DAY / 24,
    )


def stands(diary: Diary, visit: Visit) -> str:
    """Where the visit is and how, read anew, its seats held to it."""
    visit = Visit.objects.get(pk=visit.pk)
    seats = list(VisitSeat.objects.filter(visit=visit).values_list("resource_id", "during"))
    if visit.status == "booked":
        assert {resource for resource, _ in seats} == {visit.nurse_id, visit.room_id}
        assert all((during.lower, during.upper) == (visit.starts_at, visit.ends_at) for _, during in seats)
    local = visit.starts_at.astimezone(diary.zone)
    assert (visit.local_on, visit.local_at) == (local.date(), local.time())
    return f"{local:%d.%m %H:%M} {visit.status}"


def everything(diary: Diary) -> dict[str, Any]:
    """All that a closing may touch, to see that nothing is different."""
    return {
        "visits": list(
            Visit.objects.order_by("pk").values_list("pk", "starts_at", "nurse", "room", "status")
        ),
        "seats": sorted(VisitSeat.objects.values_list("visit", "resource", "seat")),
        "closures": list(Closure.objects.values_list("closed_on", "reason", "source")),
        "exceptions": HoursException.objects.count(),
    }


def refill_due(diary: Diary, must_by: date) -> Implant:
    """A pump whose refill must be done by this day; target and latest 10 and 3 days before."""
    implant = make_running_pump(diary.house)
    Forecast.objects.filter(implant=implant).update(
        must_refill_by=must_by, latest_visit_on=must_by - 3 * DAY, target_visit_on=must_by - 10 * DAY
    )
    return implant
