"""What the paper list says, and which clinics' lists are still to be written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from clinic.domain.catalogue import Hazard
from clinic.selectors.rows import Clinic, ContactKind, ContactPoint, Fill, Implant, ProgramVersion, Proxy
from scheduling.domain.nights import last_night
from scheduling.domain.paper import (
    HORIZON,
    TRUSTED_FOR,
    Due,
    Standing,
    is_listed,
    morning_of,
    place,
    standing,
)
from scheduling.domain.urgency import Deadlines
from scheduling.models import FollowUp, Forecast, Visit
from scheduling.models.care import REFILL, FollowUpState
from scheduling.models.forecasts import ForecastStatus
from scheduling.selectors.reports.pumps import fills_in_pumps
from scheduling.selectors.reports.refills import TAKES_PLACE

DAYS_OF_VISITS = 7


@dataclass(slots=True)
class Reach:
    """The telephone numbers of a patient, the preferred first, and the people to call in an emergency."""

    phones: list[str] = field(default_factory=list)
    emergency: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PaperRow:
    """One pump of the list."""

    implant: Implant
    forecast: Forecast | None
    due: Due
    standing: Standing
    fill: Fill | None
    program: ProgramVersion | None
    reach: Reach
    visit: Visit | None
    owner: str


@dataclass(frozen=True, slots=True)
class PaperContent:
    """All that a list says: pumps without a certain date, the others ranked, the visits of the next days."""

    clinic: Clinic
    zone: ZoneInfo
    business_date: date
    as_of: datetime
    made_at: datetime
    in_review: list[PaperRow]
    ranked: list[PaperRow]
    visits: list[tuple[Visit, Reach]]

    @property
    def patient_ids(self) -> list[int]:
        """Everybody who stands on it."""
        pumps = {row.implant.patient_id for row in (*self.in_review, *self.ranked)}
        return sorted(pumps | {visit.patient_id for visit, _ in self.visits})

    @property
    def trusted_until(self) -> datetime:
        """When the next list should have taken this one's place."""
        return self.made_at + TRUSTED_FOR


def paper_content(*, clinic_id: int, now: datetime) -> PaperContent:
    """The list of the clinic's newest night (a constant number of queries)."""
    clinic = Clinic.objects.get(pk=clinic_id)
    zone = ZoneInfo(clinic.time_zone)
    night = last_night(now.astimezone(zone), clinic.sweep_hour)
    as_of = morning_of(night, zone=zone, now=now)
    today = as_of.astimezone(zone).date()
    listed = _listed(clinic_id, today)
    coming = _visits_of_days(clinic_id, today)
    reach = _reach(
        clinic_id, {each.patient_id for each, _, _ in listed} | {each.patient_id for each in coming}
    )
    rows = _rows(clinic_id, listed, reach, as_of, today)
    in_review = [row for row in rows if row.due.deadlines.is_in_review]
    ranked = [row for row in rows if not row.due.deadlines.is_in_review]
    return PaperContent(
        clinic=clinic,
        zone=zone,
        business_date=night,
        as_of=as_of,
        made_at=now,
        in_review=in_review,
        ranked=ranked,
        visits=[(visit, reach[visit.patient_id]) for visit in coming],
    )


def _listed(clinic_id: int, today: date) -> list[tuple[Implant, Due, Visit | None]]:
    visits = _next_visits(clinic_id, today)
    last = today + HORIZON
    may_be_listed = (
        Q(forecast__isnull=True)
        | Q(forecast__status=ForecastStatus.REVIEW)
        | Q(forecast__must_refill_by__lte=last)
        | Q(forecast__empty_on__lte=last)
        | Q(pk__any_of=list(visits))
    )
    implants = (
        Implant.objects.for_clinic(clinic_id)
        .filter(may_be_listed, explanted_on__isnull=True, patient__died_on__isnull=True)
        .select_related("patient", "pump_model", "forecast")
    )
    found: list[tuple[Implant, Due, Visit | None]] = []
    for implant in implants:
        visit = visits.get(implant.pk)
        due = _due(getattr(implant, "forecast", None), visit)
        if is_listed(due, today=today):
            found.append((implant, due, visit))
    return found


def _due(forecast: Forecast | None, visit: Visit | None) -> Due:
    """A pump for which nothing was ever worked out stands as one in review, at the gravest hazard."""
    visit_on = visit.local_on if visit else None
    if forecast is None:
        return Due(Deadlines(True, None, None, None, None), None, Hazard.EMERGENCY, visit_on)
    deadlines = Deadlines(
        is_in_review=forecast.status == ForecastStatus.REVIEW,
        empty_on=forecast.empty_on,
        must_refill_by=forecast.must_refill_by,
        latest_visit_on=forecast.latest_visit_on,
        target_visit_on=forecast.target_visit_on,
        certain_by=forecast.review_by,
    )
    return Due(deadlines, forecast.empty_at, Hazard(forecast.hazard), visit_on)


def _rows(
    clinic_id: int,
    listed: list[tuple[Implant, Due, Visit | None]],
    reach: dict[int, Reach],
    as_of: datetime,
    today: date,
) -> list[PaperRow]:
    ids = [implant.pk for implant, _, _ in listed]
    fills, programs, owners = (
        fills_in_pumps(clinic_id, ids),
        _programs(clinic_id, ids, today),
        _owners(clinic_id),
    )
    rows = [
        PaperRow(
            implant=implant,
            forecast=getattr(implant, "forecast", None),
            due=due,
            standing=standing(due, as_of=as_of, today=today),
            fill=fills.get(implant.pk),
            program=programs.get(implant.pk),
            reach=reach[implant.patient_id],
            visit=visit,
            owner=owners.get(implant.pk, ""),
        )
        for implant, due, visit in listed
    ]
    return sorted(rows, key=lambda row: (*place(row.due, row.standing), row.implant.pk))


def _next_visits(clinic_id: int, today: date) -> dict[int, Visit]:
    """Each pump's next refill visit that stands."""
    visits = (
        Visit.objects.for_clinic(clinic_id)
        .filter(is_refill=True, status__in=TAKES_PLACE, local_on__gte=today)
        .select_related("nurse")
        .order_by("implant_id", "starts_at")
        .distinct("implant_id")
    )
    return {visit.implant_id: visit for visit in visits if visit.implant_id is not None}


def _visits_of_days(clinic_id: int, today: date) -> list[Visit]:
    last = today + timedelta(days=DAYS_OF_VISITS - 1)
    return list(
        Visit.objects.for_clinic(clinic_id)
        .filter(status__in=TAKES_PLACE, local_on__range=(today, last))
        .select_related("patient", "kind", "nurse", "room")
        .order_by("starts_at", "id")
    )


def _programs(clinic_id: int, implant_ids: Collection[int], today: date) -> dict[int, ProgramVersion]:
    """The program in force on the day."""
    newest = (
        ProgramVersion.objects.for_clinic(clinic_id)
        .current()
        .filter(implant_id__any_of=implant_ids, starts_on__lte=today)
        .order_by("implant_id", "-starts_on", "-starts_at", "-id")
        .distinct("implant_id")
    )
    return {version.implant_id: version for version in newest}


def _owners(clinic_id: int) -> dict[int, str]:
    """Who has each pump's refill in hand."""
    rows = (
        FollowUp.objects.for_clinic(clinic_id)
        .filter(row_key=REFILL, state__in=[FollowUpState.OPEN, FollowUpState.POSTPONED], owner__isnull=False)
        .select_related("owner")
    )
    return {row.implant_id: str(row.owner) for row in rows if row.implant_id is not None}


def _reach(clinic_id: int, patient_ids: Collection[int]) -> dict[int, Reach]:
    found = {patient_id: Reach() for patient_id in patient_ids}
    of_proxy: defaultdict[int, list[str]] = defaultdict(list)
    points = (
        ContactPoint.objects.for_clinic(clinic_id)
        .filter(patient_id__any_of=list(patient_ids), kind=ContactKind.PHONE, is_active=True)
        .order_by("-is_preferred", "id")
        .values_list("patient_id", "proxy_id", "value")
    )
    for patient_id, proxy_id, value in points:
        (found[patient_id].phones if proxy_id is None else of_proxy[proxy_id]).append(value)
    helpers: Iterable[tuple[Any, ...]] = (
        Proxy.objects.for_clinic(clinic_id)
        .filter(patient_id__any_of=list(patient_ids), is_active=True, is_emergency_contact=True)
        .order_by("id")
        .values_list("patient_id", "pk", "name", "relationship")
    )
    for patient_id, proxy_id, name, relationship in helpers:
        who = f"{name} ({relationship})" if relationship else name
        found[patient_id].emergency.append(" ".join([who, *of_proxy[proxy_id]]))
    return found
