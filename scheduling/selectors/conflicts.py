"""Booked visits that are wrong now, each with why: what stands at the top of the work list.

The database finds every visit that may be wrong (it looks at the visits ahead, and at those of past days that
nobody has closed); ``scheduling.domain.visit_conflicts`` judges them. A property test holds the two together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import (
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce

from clinic.selectors.facts import clinic_facts
from clinic.together import Answers, ask_together
from scheduling.domain.opening import Hours, HoursChange, Opening
from scheduling.domain.visit_conflicts import (
    COUNTED,
    LIVE,
    RANK,
    REMEDIES,
    BookedVisit,
    Conflict,
    PumpDates,
    Remedy,
    Taken,
    conflicts_of,
)
from scheduling.models import (
    UNFINISHED,
    FollowUpAct,
    HoursException,
    Resource,
    ResourceHours,
    ResourceKind,
    Status,
    Visit,
    VisitFollowUp,
    VisitStatus,
)
from scheduling.models.care import REFILL
from scheduling.models.forecasts import ForecastStatus
from scheduling.selectors.refill_visits import first_refill_visits
from scheduling.selectors.suspect_visits import (
    Sought,
    filled_since_booked,
    steady_hours,
    suspect_values,
    suspect_visits,
)

_DATES = (FollowUpAct.Act.CREATED, FollowUpAct.Act.RE_ANCHORED, FollowUpAct.Act.REINSTATED)
_SHOWN = (
    *("ref", "sequence", "status", "is_refill", "starts_at", "ends_at", "local_on", "time_zone"),
    *("override_reason", "booked_at", "patient_id", "implant_id", "kind_id", "nurse_id", "room_id"),
    *("patient__ref", "patient__last_name", "patient__first_name", "patient__mrn", "patient__birth_date"),
    *("patient__died_on", "implant__ref", "implant__explanted_on", "kind__name"),
    *("implant__forecast__status", "implant__forecast__target_visit_on"),
    "implant__forecast__latest_visit_on",
    *(f"{taken}__{column}" for taken in ("nurse", "room") for column in ("name", "is_active", "kind")),
)
"""What a suspect visit is judged by and shown with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitConflict:
    """A visit and everything that is wrong with it, the gravest first. Patient data.

    ``latest_on`` is the last day that it would have to be on, where a day binds it: of the refill, or else of
    a follow-up that it serves; ``follow_up`` names that follow-up.
    """

    visit_id: int
    visit_ref: UUID
    sequence: int
    patient_ref: UUID
    last_name: str
    first_name: str
    mrn: str
    birth_date: date
    implant_id: int | None
    implant_ref: UUID | None
    kind: str
    nurse: str
    room: str
    status: str
    is_refill: bool
    starts_at: datetime
    ends_at: datetime
    local_on: date
    reasons: tuple[Conflict, ...]
    latest_on: date | None
    follow_up: str
    placed_on: date
    """The day on which it was booked where it stands now, or moved there."""
    was_dated_since: bool
    """Whether the days of something that it serves were worked out anew after that."""

    @property
    def was_late_when_placed(self) -> bool:
        """Nothing but late, and put there after its last day had passed: no time would have been in time.

        A last day that a dose change or a correction has moved since says nothing of then.
        """
        late = {Conflict.TOO_LATE, Conflict.FOLLOW_UP_TOO_LATE}
        return (
            late.issuperset(self.reasons)
            and not self.was_dated_since
            and self.latest_on is not None
            and self.latest_on < self.placed_on
        )

    @property
    def worst(self) -> Conflict:
        """The gravest reason."""
        return self.reasons[0]

    @property
    def remedy(self) -> Remedy:
        """What a person does about it."""
        return REMEDIES[self.worst]


@dataclass(frozen=True, slots=True)
class Served:
    """An open follow-up that a visit serves: its last day and its name."""

    latest_on: date
    title: str


def visit_conflicts(
    clinic_id: int,
    now: datetime,
    *,
    visit_ids: Collection[int] | None = None,
    patient_id: int | None = None,
) -> list[VisitConflict]:
    """The clinic's visits that are wrong, the gravest first, then by day; a constant number of queries.

    ``visit_ids`` and ``patient_id`` ask about some visits only.
    """
    facts = clinic_facts(clinic_id=clinic_id)
    opening = Opening(ZoneInfo(facts.time_zone), frozenset(facts.open_weekdays), facts.closed_on)
    today = now.astimezone(opening.zone).date()
    is_all = visit_ids is None and patient_id is None
    steady = steady_hours(clinic_id, opening) if is_all else []
    answers = ask_together(
        _questions,
        Sought(visit_ids is not None, patient_id is not None, len(steady)),
        clinic_id=clinic_id,
        is_planned_once=not is_all,
        visit_ids=visit_ids,
        patient_id=patient_id,
        **suspect_values(opening, today, steady),
    )
    found = _judged(answers, opening, today)
    return sorted(found, key=lambda row: (RANK[row.worst], row.starts_at, row.visit_id))


def _questions(given: Any, sought: Sought) -> dict[str, Any]:
    """By number first: of many visits ahead few are suspect, and only those are read whole."""
    clinic_id, suspect = given.clinic_id, given.found("suspects", "id")
    nurses, rooms = given.found("visits", "nurse_id"), given.found("visits", "room_id")
    theirs = Q(resource_id__any_of=nurses) | Q(resource_id__any_of=rooms)
    return {
        "suspects": suspect_visits(given, sought).values_list("id", flat=True),
        "visits": live_visits(clinic_id, given.today).filter(pk__any_of=suspect).only(*_SHOWN),
        "served": served_rows(clinic_id, suspect, given.today),
        "hours": ResourceHours.objects.for_clinic(clinic_id).filter(theirs),
        "changes": HoursException.objects.for_clinic(clinic_id).filter(theirs),
    }


def live_visits(clinic_id: Any, today: Any) -> QuerySet[Any]:
    """The visits of which nobody has said how they ended, with what they are judged by."""
    placed = (
        VisitStatus.objects.for_clinic(clinic_id)
        .filter(visit_id=OuterRef("pk"), status=Status.BOOKED)
        .order_by("-id")
        .values("since")[:1]
    )
    return (
        Visit.objects.for_clinic(clinic_id)
        .filter(status__in=sorted(LIVE))
        .annotate(
            is_next_refill=Exists(
                first_refill_visits(clinic_id=clinic_id, today=today).filter(pk=OuterRef("pk"))
            ),
            was_filled_since=Exists(filled_since_booked(clinic_id)),
            placed_at=Coalesce(Subquery(placed), F("booked_at")),
            was_dated_since=_was_dated_since(clinic_id),
            serves_anything=Exists(VisitFollowUp.objects.filter(visit_id=OuterRef("pk"))),
            serves_something_open=Exists(
                VisitFollowUp.objects.filter(visit_id=OuterRef("pk"), follow_up__state__in=UNFINISHED)
            ),
        )
        .select_related("patient", "implant__forecast", "kind", "nurse", "room")
    )


def _was_dated_since(clinic_id: Any) -> Q:
    """Of what the visit is for, or of its pump's refill (which one booked ahead does not name)."""
    dated = FollowUpAct.objects.for_clinic(clinic_id).filter(act__in=_DATES, at__gt=OuterRef("placed_at"))
    return Q(Exists(dated.filter(follow_up__visits__visit_id=OuterRef("pk")))) | Q(
        Exists(dated.filter(follow_up__implant_id=OuterRef("implant_id"), follow_up__row_key=REFILL)),
        is_refill=True,
    )


def purposes(clinic_id: Any, today: Any) -> QuerySet[VisitFollowUp]:
    """What visits are for and still to be done, the refill apart, where no earlier visit ahead serves it."""
    earlier = VisitFollowUp.objects.for_clinic(clinic_id).filter(
        follow_up_id=OuterRef("follow_up_id"),
        visit__status__in=sorted(COUNTED),
        visit__local_on__gte=today,
        visit__starts_at__lt=OuterRef("visit__starts_at"),
    )
    return (
        VisitFollowUp.objects.for_clinic(clinic_id)
        .filter(follow_up__state__in=UNFINISHED, follow_up__latest_on__isnull=False)
        .exclude(follow_up__row_key=REFILL)
        .filter(~Exists(earlier))
    )


def _judged(answers: Answers, opening: Opening, today: date) -> list[VisitConflict]:
    serves = served_from(answers["served"])
    taken = resources_from(answers["visits"], answers["hours"], answers["changes"])
    found = []
    for visit in answers["visits"]:
        served = serves.get(visit.pk)
        reasons = conflicts_of(booked_visit(visit, served, taken), opening=opening, today=today)
        if reasons:
            found.append(_row(visit, reasons, served))
    return found


def served_rows(clinic_id: Any, visit_ids: Any, today: Any) -> QuerySet[VisitFollowUp, Any]:
    """What ``served_from`` is made of."""
    return (
        purposes(clinic_id, today)
        .filter(visit_id__any_of=visit_ids)
        .order_by("visit_id", "follow_up__latest_on", "follow_up_id")
        .distinct("visit_id")
        .values_list("visit_id", "follow_up__latest_on", "follow_up__title")
    )


def served_from(rows: Iterable[tuple[Any, ...]]) -> dict[int, Served]:
    """The most pressing open follow-up that each visit serves, the refill apart."""
    return {visit_id: Served(latest_on, title) for visit_id, latest_on, title in rows}


def resources_from(
    visits: Iterable[Any], hours: Iterable[ResourceHours], changes: Iterable[HoursException]
) -> dict[int, Taken]:
    """The nurses and rooms of the visits with their hours."""
    resources: dict[int, Resource] = {
        each.pk: each for visit in visits for each in (visit.nurse, visit.room) if each is not None
    }
    hours_of: defaultdict[int, list[Hours]] = defaultdict(list)
    for row in hours:
        hours_of[row.resource_id].append(Hours(row.weekday, row.starts_at, row.ends_at))
    changes_of: defaultdict[int, list[HoursChange]] = defaultdict(list)
    for each in changes:
        changes_of[each.resource_id].append(
            HoursChange(each.first_on, each.last_on, each.is_available, each.starts_at, each.ends_at)
        )
    return {
        pk: Taken(
            is_active=resource.is_active,
            hours=tuple(hours_of[pk]),
            changes=tuple(changes_of[pk]),
            is_always_there=resource.kind != ResourceKind.NURSE,
        )
        for pk, resource in resources.items()
    }


def booked_visit(visit: Any, served: Served | None, taken: dict[int, Taken]) -> BookedVisit:
    """A row of ``live_visits`` as it is judged."""
    implant = visit.implant
    forecast = getattr(implant, "forecast", None)
    return BookedVisit(
        status=visit.status,
        local_on=visit.local_on,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        is_refill=visit.is_refill,
        is_next_refill=visit.is_next_refill,
        is_overridden=visit.override_reason != "",
        has_died=visit.patient.died_on is not None,
        is_pump_out=implant is not None and implant.explanted_on is not None and _is_for_the_pump(visit),
        was_filled_since=visit.was_filled_since,
        pump_dates=forecast
        and PumpDates(
            is_in_review=forecast.status == ForecastStatus.REVIEW,
            target_visit_on=forecast.target_visit_on,
            latest_visit_on=forecast.latest_visit_on,
        ),
        serves_latest_on=served.latest_on if served else None,
        nurse=taken.get(visit.nurse_id),
        room=taken.get(visit.room_id),
    )


def _is_for_the_pump(visit: Any) -> bool:
    """A refill, or for follow-ups of which none is left; what the patient needs afterwards is no conflict."""
    return bool(visit.is_refill or (visit.serves_anything and not visit.serves_something_open))


def _row(visit: Any, reasons: tuple[Conflict, ...], served: Served | None) -> VisitConflict:
    patient, implant = visit.patient, visit.implant
    forecast = getattr(implant, "forecast", None) if visit.is_refill else None
    latest_on = forecast.latest_visit_on if forecast else None
    is_about_follow_up = served is not None and (
        latest_on is None or reasons[0] is Conflict.FOLLOW_UP_TOO_LATE
    )
    return VisitConflict(
        visit_id=visit.pk,
        visit_ref=visit.ref,
        sequence=visit.sequence,
        patient_ref=patient.ref,
        last_name=patient.last_name,
        first_name=patient.first_name,
        mrn=patient.mrn,
        birth_date=patient.birth_date,
        implant_id=visit.implant_id,
        implant_ref=implant.ref if implant else None,
        kind=visit.kind.name,
        nurse=visit.nurse.name if visit.nurse else "",
        room=visit.room.name if visit.room else "",
        status=visit.status,
        is_refill=visit.is_refill,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        local_on=visit.local_on,
        reasons=reasons,
        latest_on=served.latest_on if served and is_about_follow_up else latest_on,
        follow_up=served.title if served and is_about_follow_up else "",
        placed_on=visit.placed_at.astimezone(ZoneInfo(visit.time_zone)).date(),
        was_dated_since=visit.was_dated_since,
    )
