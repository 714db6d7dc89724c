"""Free times of a clinic, read from its hours, exceptions, closed days and taken seats.

Every answer costs the same number of queries, and reads only the days it is about. A hold that has expired
takes nobody's time, whether or not anybody has swept it away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.db.models import Q

from clinic.selectors.facts import ClinicFacts, clinic_facts
from scheduling.domain.local_time import date_of, start_of_day
from scheduling.domain.opening import Hours, HoursChange, Opening
from scheduling.domain.seats import Busy, Resource, ResourceKind
from scheduling.domain.slots import Fit, House, Needs, Slot, Window, find_slots
from scheduling.models import HoursException, ResourceHours, Visit, VisitSeat, WorkPolicy
from scheduling.models import Resource as ResourceRow
from scheduling.models.visits import BLOCKING

LONGEST_VISIT = timedelta(days=1)
_DAY = timedelta(days=1)
SAFE = (Fit.IN_WINDOW, Fit.EARLY)
_IN_TIME = (*SAFE, Fit.AT_RISK)
_V = TypeVar("_V")


def free_slots(
    *,
    clinic_id: int,
    needs: Needs,
    window: Window,
    now: datetime,
    patient_id: int | None = None,
    ignoring_visit: int | None = None,
    limit: int = 20,
    most_a_day: int | None = None,
    is_safe_only: bool = False,
) -> list[Slot]:
    """Up to ``limit`` free times of the clinic for such a visit, best first; see ``domain.slots.find_slots``.

    ``ignoring_visit`` is the visit that is to be moved: its own time does not stand in its way. Days after
    the refill must have happened are read, and offered, only when nothing before them is free. ``is_safe_only``
    leaves out every day after the last safe one, whether or not there is another.
    """
    facts = clinic_facts(clinic_id=clinic_id)
    today = date_of(now, ZoneInfo(facts.time_zone))
    ignoring = () if ignoring_visit is None else (ignoring_visit,)
    for fits in (SAFE,) if is_safe_only else (_IN_TIME, (Fit.TOO_LATE,)):
        days = [day for fit, found in window.days(today) if fit in fits for day in found]
        if not days:
            continue
        first_on, last_on = min(days), max(days)
        house = open_house(
            clinic_id=clinic_id, first_on=first_on, last_on=last_on, now=now, ignoring=ignoring, facts=facts
        )
        busy: Sequence[Busy] = ()
        if patient_id is not None:
            patients = patients_busy(
                clinic_id=clinic_id, patient_ids=[patient_id], first_on=first_on, last_on=last_on,
                now=now, zone=house.opening.zone, ignoring=ignoring,
            )  # fmt: skip
            busy = patients.get(patient_id, ())
        slots = find_slots(
            needs, window, house, patient_busy=busy, limit=limit, most_a_day=most_a_day, fits=fits
        )
        if slots:
            return slots
    return []


def open_house(
    *,
    clinic_id: int,
    first_on: date,
    last_on: date,
    now: datetime,
    ignoring: Collection[int] = (),
    facts: ClinicFacts | None = None,
    away: Mapping[int, HoursChange] | None = None,
) -> House:
    """Everything bookable of the clinic on these days, with what is taken of it (eight queries at most).

    ``ignoring`` are visits whose seats count as free; ``facts`` and ``away`` (by resource) ask what would be if
    the rules were these, or somebody were away.
    """
    facts = facts or clinic_facts(clinic_id=clinic_id)
    zone = ZoneInfo(facts.time_zone)
    rows = list(
        ResourceRow.objects.for_clinic(clinic_id)
        .filter(is_active=True)
        .order_by("kind", "position", "name", "id")
        .values_list("id", "kind", "seats")
    )
    hours = _hours(clinic_id)
    changes = _changes(clinic_id, first_on, last_on)
    for resource_id, change in (away or {}).items():
        changes[resource_id] = [*changes.get(resource_id, []), change]
    busy = _taken(clinic_id, *_instants(first_on, last_on, zone), now, ignoring)
    nurses = [resource_id for resource_id, kind, _ in rows if kind == ResourceKind.NURSE]
    opening = Opening(
        zone=zone,
        open_weekdays=frozenset(facts.open_weekdays),
        closed_on=facts.closed_on,
        house_hours=tuple(each for nurse in nurses for each in hours.get(nurse, ())),
    )
    resources = [
        Resource(
            id=resource_id,
            kind=ResourceKind(kind),
            seats=seats,
            hours=tuple(hours.get(resource_id, ())),
            changes=tuple(changes.get(resource_id, ())),
            busy=tuple(busy.get(resource_id, ())),
        )
        for resource_id, kind, seats in rows
    ]
    policy = WorkPolicy.objects.for_clinic(clinic_id).values_list("slot_minutes", flat=True).first()
    return House(opening, resources, now, policy or 15)


def patients_busy(
    *,
    clinic_id: int,
    patient_ids: Collection[int],
    first_on: date,
    last_on: date,
    now: datetime,
    zone: ZoneInfo,
    ignoring: Collection[int] = (),
) -> dict[int, list[Busy]]:
    """When the patients have visits themselves, by patient (one query)."""
    first, last = _instants(first_on, last_on, zone)
    rows = (
        Visit.objects.for_clinic(clinic_id)
        .filter(patient_id__in=patient_ids, status__in=BLOCKING)
        .filter(starts_at__gte=first - LONGEST_VISIT, starts_at__lt=last, ends_at__gt=first)
        .exclude(Q(status="proposed", hold_expires_at__lte=now) | Q(pk__in=ignoring))
        .values_list("patient_id", "starts_at", "ends_at")
    )
    return _gather((patient_id, Busy(begin, end)) for patient_id, begin, end in rows)


def _taken(
    clinic_id: int, first: datetime, last: datetime, now: datetime, ignoring: Collection[int]
) -> dict[int, list[Busy]]:
    # In two steps: joined, the planner reads every seat that was ever taken once there are many visits.
    visits = (
        Visit.objects.for_clinic(clinic_id)
        .filter(status__in=BLOCKING, starts_at__gte=first - LONGEST_VISIT, starts_at__lt=last)
        .exclude(Q(status="proposed", hold_expires_at__lte=now) | Q(pk__in=ignoring))
        .values_list("pk", flat=True)
    )
    rows = (
        VisitSeat.objects.for_clinic(clinic_id)
        .filter(is_blocking=True, visit_id__any_of=list(visits))
        .values_list("resource_id", "seat", "during")
    )
    return _gather(
        (resource_id, Busy(during.lower, during.upper, seat)) for resource_id, seat, during in rows
    )


def _hours(clinic_id: int) -> dict[int, list[Hours]]:
    rows = ResourceHours.objects.for_clinic(clinic_id).values_list(
        "resource_id", "weekday", "starts_at", "ends_at"
    )
    return _gather((resource_id, Hours(weekday, begin, end)) for resource_id, weekday, begin, end in rows)


def _changes(clinic_id: int, first_on: date, last_on: date) -> dict[int, list[HoursChange]]:
    rows = (
        HoursException.objects.for_clinic(clinic_id)
        .filter(first_on__lte=last_on, last_on__gte=first_on)
        .values_list("resource_id", "first_on", "last_on", "is_available", "starts_at", "ends_at")
    )
    return _gather(
        (resource_id, HoursChange(first, last, is_available, begin, end))
        for resource_id, first, last, is_available, begin, end in rows
    )


def _instants(first_on: date, last_on: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    return start_of_day(first_on, zone), start_of_day(last_on + _DAY, zone)


def _gather(pairs: Iterable[tuple[int, _V]]) -> dict[int, list[_V]]:
    found: defaultdict[int, list[_V]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return found
