"""What a calendar shows of some days: visits, counts, closed days, absences. Nothing outside those days is read.

Days and times are the clinic's own, as they are stored with each visit: nobody works a time zone out again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from clinic.seeing import saw
from clinic.selectors.accounts import closures
from clinic.selectors.rows import Clinic
from clinic.together import Answers, Questions, ask_together
from scheduling.domain.intervals import Spans, instant_at, intersect, union
from scheduling.domain.opening import Hours, HoursChange, Opening, spans_at_work
from scheduling.models import (
    HoursException,
    Resource,
    ResourceHours,
    ResourceKind,
    Status,
    Visit,
    VisitKind,
)

SHOWN = (
    Status.PROPOSED,
    Status.PENDING,
    Status.BOOKED,
    Status.ARRIVED,
    Status.CHECKED_IN,
    Status.FULFILLED,
    Status.NOSHOW,
)
"""A visit that was called off or never was stands on its patient's page, not in the calendar."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which visits: of one nurse, in one room, of one kind; None is any."""

    nurse_id: int | None = None
    room_id: int | None = None
    kind_id: int | None = None

    @property
    def asked(self) -> dict[str, Any]:
        """What is asked for, by the column of a visit."""
        return {column: value for column, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True)
class Choices:
    """What a calendar can be filtered by: what is in use, in the clinic's order."""

    nurses: list[Resource]
    rooms: list[Resource]
    kinds: list[VisitKind]


@dataclass(frozen=True, slots=True)
class Entry:
    """One visit as a calendar shows it. Patient data."""

    id: int
    ref: UUID
    status: str
    local_on: date
    local_at: time
    starts_at: datetime
    ends_at: datetime
    sequence: int
    is_refill: bool
    is_overbooked: bool
    kind: str
    nurse_id: int | None
    nurse: str
    room: str
    patient_ref: UUID
    last_name: str
    first_name: str
    mrn: str
    birth_date: date
    note: str

    @property
    def minutes(self) -> int:
        """How long it takes."""
        return int((self.ends_at - self.starts_at).total_seconds()) // 60


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many visits stand on a day, and how many of them are over."""

    day: date
    visits: int
    ended: int


@dataclass(frozen=True, slots=True)
class Absence:
    """A nurse or a room that is not there. Without times it is the whole day."""

    resource_id: int
    name: str
    first_on: date
    last_on: date
    starts_at: time | None
    ends_at: time | None
    reason: str


@dataclass(frozen=True, slots=True)
class WorkDay:
    """When visits can be on a day: wall times from and to; the reason where the clinic is closed."""

    day: date
    at_work: tuple[tuple[datetime, datetime], ...]
    is_open: bool
    closed_because: str = ""


def calendar_choices(*, clinic_id: int) -> Choices:
    """The nurses, rooms and kinds of visit in use (one query)."""
    answers = ask_together(_choices, clinic_id=clinic_id)
    by_kind: dict[str, list[Resource]] = {ResourceKind.NURSE: [], ResourceKind.ROOM: []}
    for resource in answers["resources"]:
        by_kind[resource.kind].append(resource)
    return Choices(by_kind[ResourceKind.NURSE], by_kind[ResourceKind.ROOM], answers["kinds"])


def _choices(given: Any) -> dict[str, Any]:
    resources = Resource.objects.for_clinic(given.clinic_id).filter(is_active=True)
    return {
        "resources": resources.filter(kind__in=[ResourceKind.NURSE, ResourceKind.ROOM]),
        "kinds": VisitKind.objects.for_clinic(given.clinic_id).filter(is_active=True),
    }


def visits_on_days(
    *, clinic_id: int, first_on: date, last_on: date, wanted: Wanted, now: datetime
) -> list[Entry]:
    """The visits of those days, both included, in order of time (one query). A hold that ran out is gone."""
    rows: list[tuple[Any, ...]] = _asked(_visits, clinic_id, first_on, last_on, wanted, now)
    saw(clinic_id, [row[-1] for row in rows])
    return [Entry(*row[:-1]) for row in rows]


def _visits(given: Any, *asked: str) -> dict[str, Any]:
    shown = _shown(given, asked).annotate(
        is_overbooked=~Q(override_reason=""),
        nurse_name=Coalesce("nurse__name", Value("")),
        room_name=Coalesce("room__name", Value("")),
    )
    return {
        "visits": shown.order_by("starts_at", "id").values_list(
            "id",
            "ref",
            "status",
            "local_on",
            "local_at",
            "starts_at",
            "ends_at",
            "sequence",
            "is_refill",
            "is_overbooked",
            "kind__name",
            "nurse_id",
            "nurse_name",
            "room_name",
            "patient__ref",
            "patient__last_name",
            "patient__first_name",
            "patient__mrn",
            "patient__birth_date",
            "note",
            "patient_id",
        )
    }


def counts_on_days(
    *, clinic_id: int, first_on: date, last_on: date, wanted: Wanted, now: datetime
) -> list[DayCount]:
    """How many visits each of those days has, days without any left out (one query)."""
    return [DayCount(*row) for row in _asked(_counts, clinic_id, first_on, last_on, wanted, now)]


def _counts(given: Any, *asked: str) -> dict[str, Any]:
    over = Q(status__in=[Status.FULFILLED, Status.NOSHOW])
    shown = _shown(given, asked).exclude(status=Status.PROPOSED).order_by("local_on")
    return {
        "days": shown.values_list("local_on").annotate(visits=Count("id"), ended=Count("id", filter=over))
    }


def weekdays_with_visits(*, clinic_id: int, first_on: date, last_on: date, now: datetime) -> frozenset[int]:
    """The weekdays (Monday 0) of those days on which some visit stands."""
    days = _asked(_taken_days, clinic_id, first_on, last_on, Wanted(), now)
    return frozenset(day.weekday() for day in days)


def _taken_days(given: Any) -> dict[str, Any]:
    return {"days": _shown(given, ()).order_by().values_list("local_on", flat=True).distinct()}


def absences_on_days(
    *, clinic_id: int, first_on: date, last_on: date, resource_ids: Collection[int] | None = None
) -> list[Absence]:
    """Who and what is away on some of those days; of these resources where they are named (one query)."""
    found = _exceptions(clinic_id, first_on, last_on).filter(is_available=False, resource__is_active=True)
    if resource_ids is not None:
        found = found.filter(resource_id__in=list(resource_ids))
    return [
        Absence(
            each.resource_id,
            each.resource.name,
            max(each.first_on, first_on),
            min(each.last_on, last_on),
            each.starts_at,
            each.ends_at,
            each.reason,
        )
        for each in found.select_related("resource")
    ]


def work_on_days(*, clinic: Clinic, first_on: date, last_on: date, wanted: Wanted) -> list[WorkDay]:
    """For each of those days, when somebody is at work: the nurse and the room asked for, or any nurse.

    One query, however many days.
    """
    zone = ZoneInfo(clinic.time_zone)
    asked = {each for each in (wanted.nurse_id, wanted.room_id) if each is not None}
    answers = ask_together(
        _work, bool(asked), clinic_id=clinic.id, first_on=first_on, last_on=last_on, resource_ids=asked
    )
    reasons = dict(answers["closed"])
    opening = Opening(zone=zone, open_weekdays=frozenset(clinic.open_weekdays), closed_on=frozenset(reasons))
    staff = _staff(answers)
    days = (first_on + _DAY * number for number in range((last_on - first_on).days + 1))
    return [
        WorkDay(
            day,
            tuple(
                (_wall(start, zone), _wall(end, zone)) for start, end in _at_work(day, staff, opening, wanted)
            ),
            opening.is_open(day),
            reasons.get(day, ""),
        )
        for day in days
    ]


@dataclass(frozen=True, slots=True)
class _Staff:
    resource: Resource
    hours: list[Hours]
    changes: list[HoursChange]


def _work(given: Any, are_named: bool) -> dict[str, Any]:
    clinic_id, theirs = given.clinic_id, given.found("staff", "id")
    which = Q(id__any_of=given.resource_ids) if are_named else Q(kind=ResourceKind.NURSE)
    closed = closures(clinic_id=clinic_id).filter(closed_on__range=(given.first_on, given.last_on))
    return {
        "closed": closed.values_list("closed_on", "reason"),
        "staff": Resource.objects.for_clinic(clinic_id).filter(which, is_active=True),
        "hours": ResourceHours.objects.for_clinic(clinic_id).filter(resource_id__any_of=theirs),
        "changes": _exceptions(clinic_id, given.first_on, given.last_on).filter(resource_id__any_of=theirs),
    }


def _staff(answers: Answers) -> list[_Staff]:
    hours: dict[int, list[Hours]] = {each.id: [] for each in answers["staff"]}
    changes: dict[int, list[HoursChange]] = {each.id: [] for each in answers["staff"]}
    for row in answers["hours"]:
        hours[row.resource_id].append(Hours(row.weekday, row.starts_at, row.ends_at))
    for each in answers["changes"]:
        changes[each.resource_id].append(
            HoursChange(each.first_on, each.last_on, each.is_available, each.starts_at, each.ends_at)
        )
    return [_Staff(each, hours[each.id], changes[each.id]) for each in answers["staff"]]


def _at_work(day: date, staff: Iterable[_Staff], opening: Opening, wanted: Wanted) -> Spans:
    by_kind: dict[str, list[Spans]] = {}
    for each in staff:
        there = spans_at_work(
            day,
            hours=each.hours,
            changes=each.changes,
            opening=opening,
            is_always_there=each.resource.kind == ResourceKind.ROOM,
        )
        by_kind.setdefault(each.resource.kind, []).append(there)
    joined = [union(span for spans in kind for span in spans) for kind in by_kind.values()]
    if len(joined) == 2:
        return intersect(joined[0], joined[1])
    return joined[0] if joined else []


def _exceptions(clinic_id: Any, first_on: Any, last_on: Any) -> QuerySet[HoursException]:
    return HoursException.objects.for_clinic(clinic_id).filter(last_on__gte=first_on, first_on__lte=last_on)


def _asked(
    questions: Questions, clinic_id: int, first_on: date, last_on: date, wanted: Wanted, now: datetime
) -> list[Any]:
    """The rows of the one question about the visits ``_shown`` on those days."""
    asked = wanted.asked
    answers = ask_together(
        questions, *asked, clinic_id=clinic_id, first_on=first_on, last_on=last_on, now=now, **asked
    )
    (rows,) = answers.values()
    return rows


def _shown(given: Any, asked: Iterable[str]) -> QuerySet[Visit]:
    lives = ~Q(status=Status.PROPOSED) | Q(hold_expires_at__gt=given.now)
    return Visit.objects.for_clinic(given.clinic_id).filter(
        lives,
        local_on__range=(given.first_on, given.last_on),
        status__in=SHOWN,
        **{column: getattr(given, column) for column in asked},
    )


def _wall(second: int, zone: ZoneInfo) -> datetime:
    return instant_at(second).astimezone(zone).replace(tzinfo=None)
