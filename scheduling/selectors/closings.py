"""Closings of days: who is affected, by when each must be seen, and what the pages show of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from clinic.selectors.facts import ClinicFacts, clinic_facts
from scheduling.domain.case import ClinicRules
from scheduling.domain.displacement import Purpose, RefillDue, bounds_of
from scheduling.domain.local_time import date_of
from scheduling.domain.opening import HoursChange
from scheduling.domain.replacement import Displaced
from scheduling.domain.seats import Busy
from scheduling.domain.slots import House
from scheduling.models import STANDING, UNFINISHED, DayClosing, DayClosingMove, Forecast, Visit, VisitFollowUp
from scheduling.models.care import REFILL
from scheduling.selectors.availability import open_house, patients_busy
from scheduling.selectors.visit_needs import needs_of_visit

MOVABLE = ("pending", "booked")
"""Who has arrived is at the clinic and is seen; a hold goes by itself."""


@dataclass(slots=True)
class Displacement:
    """What a closing would displace, and the world in which new times are looked for, the closing counted in."""

    visits: dict[int, Visit]
    displaced: list[Displaced]
    house: House
    patient_busy: dict[int, list[Busy]]


def closing_by_ref(*, clinic_id: int, ref: UUID) -> DayClosing | None:
    """The clinic's closing with this reference, with its resource, or None."""
    return DayClosing.objects.for_clinic(clinic_id).select_related("resource").filter(ref=ref).first()


def moves_of(closing: DayClosing) -> QuerySet[DayClosingMove]:
    """The affected visits: those without a new time first, then those past their last safe day, then in time."""
    return closing.moves.select_related(
        "visit__patient", "visit__kind", "from_nurse", "from_room", "to_nurse", "to_room"
    ).order_by("position")


def recent_closings(*, clinic_id: int, limit: int = 50) -> list[DayClosing]:
    """The clinic's closings, newest first."""
    rows = DayClosing.objects.for_clinic(clinic_id).select_related("resource", "created_by")
    return list(rows.order_by("-created_at", "-pk")[:limit])


def affected_visits(
    *, clinic_id: int, first_on: date, last_on: date, resource_id: int | None, now: datetime
) -> QuerySet[Visit]:
    """The visits to come that the closing would displace, in the order of their time."""
    rows = Visit.objects.for_clinic(clinic_id).filter(
        local_on__range=(first_on, last_on), status__in=MOVABLE, starts_at__gte=now
    )
    if resource_id is not None:
        rows = rows.filter(Q(nurse_id=resource_id) | Q(room_id=resource_id))
    return rows.order_by("starts_at", "pk")


def displacement(
    *, clinic_id: int, first_on: date, last_on: date, resource_id: int | None, now: datetime
) -> Displacement:
    """Everything that placing the affected visits anew rests on, in a constant number of queries."""
    facts = clinic_facts(clinic_id=clinic_id)
    if resource_id is None:
        facts = replace(facts, closed_on=facts.closed_on | frozenset(days_between(first_on, last_on)))
    today = date_of(now, ZoneInfo(facts.time_zone))
    rows = affected_visits(
        clinic_id=clinic_id, first_on=first_on, last_on=last_on, resource_id=resource_id, now=now
    )
    visits = {visit.pk: visit for visit in rows.select_related("kind")}
    displaced = _displaced(clinic_id, visits, facts, today)
    until = max([last_on, *(each.last_on for each in displaced)])
    house = open_house(
        clinic_id=clinic_id,
        first_on=today,
        last_on=until,
        now=now,
        ignoring=list(visits),
        facts=facts,
        away={} if resource_id is None else {resource_id: HoursChange(first_on, last_on, False)},
    )
    busy = patients_busy(
        clinic_id=clinic_id,
        patient_ids=[each.patient_id for each in displaced],
        first_on=today,
        last_on=until,
        now=now,
        zone=house.opening.zone,
        ignoring=list(visits),
    )
    return Displacement(visits, displaced, house, _with_old_times(busy, visits))


def days_between(first_on: date, last_on: date) -> list[date]:
    """Every day from the first to the last."""
    return [first_on + timedelta(days=number) for number in range((last_on - first_on).days + 1)]


def _with_old_times(busy: dict[int, list[Busy]], visits: dict[int, Visit]) -> dict[int, list[Busy]]:
    """Of a patient with two displaced visits neither goes to the other's old time: rows change one by one."""
    of_patient: defaultdict[int, list[Visit]] = defaultdict(list)
    for visit in visits.values():
        of_patient[visit.patient_id].append(visit)
    found = dict(busy)
    for patient_id, theirs in of_patient.items():
        if len(theirs) > 1:
            old = [Busy(visit.starts_at, visit.ends_at) for visit in theirs]
            found[patient_id] = [*found.get(patient_id, []), *old]
    return found


def _displaced(clinic_id: int, visits: dict[int, Visit], facts: ClinicFacts, today: date) -> list[Displaced]:
    rules = ClinicRules(
        target_margin_days=facts.target_margin_days,
        latest_margin_days=facts.latest_margin_days,
        open_weekdays=frozenset(facts.open_weekdays),
        closed_on=facts.closed_on,
    )
    refills = _refills_due(clinic_id, visits, today)
    purposes = _purposes(clinic_id, visits)
    found = []
    for visit in visits.values():
        bounds = bounds_of(
            visit.local_on, refill=refills.get(visit.pk), purposes=purposes.get(visit.pk, ()), rules=rules
        )
        found.append(
            Displaced(
                id=visit.pk,
                patient_id=visit.patient_id,
                needs=replace(needs_of_visit(visit), preferred_nurse_id=None),
                starts_at=visit.starts_at,
                nurse_id=visit.nurse_id,
                room_id=visit.room_id,
                earliest_on=bounds.earliest_on,
                latest_on=bounds.latest_on,
                last_on=bounds.last_on,
            )
        )
    return found


def _refills_due(clinic_id: int, visits: dict[int, Visit], today: date) -> dict[int, RefillDue]:
    """The forecasts that bind refill visits: only the first visit ahead of a pump is bound by its date."""
    implants = [visit.implant_id for visit in visits.values() if visit.is_refill]
    first = (
        Visit.objects.for_clinic(clinic_id)
        .filter(implant_id__in=implants, is_refill=True, status__in=STANDING, local_on__gte=today)
        .order_by("implant_id", "starts_at", "pk")
        .distinct("implant_id")
        .values_list("implant_id", "pk")
    )
    visit_of = dict(first)
    dates = (
        Forecast.objects.for_clinic(clinic_id)
        .filter(implant_id__in=visit_of)
        .values_list("implant_id", "must_refill_by", "review_by")
    )
    return {visit_of[implant]: RefillDue(must_by, review_by) for implant, must_by, review_by in dates}


def _purposes(clinic_id: int, visits: Collection[int]) -> dict[int, list[Purpose]]:
    rows = (
        VisitFollowUp.objects.for_clinic(clinic_id)
        .filter(visit_id__in=list(visits), follow_up__state__in=UNFINISHED)
        .filter(follow_up__target_on__isnull=False, follow_up__latest_on__isnull=False)
        .exclude(follow_up__row_key=REFILL)
        .values_list("visit_id", "follow_up__target_on", "follow_up__latest_on")
    )
    found: defaultdict[int, list[Purpose]] = defaultdict(list)
    for visit_id, target_on, latest_on in rows:
        if target_on is not None and latest_on is not None:
            found[visit_id].append(Purpose(target_on, latest_on))
    return found
