"""Where a visit can be: which nurse, room and capacity, on which seats. Asked with the resources locked.

The judgement is the search's own (domain.seats), so that a time which was offered can be booked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.accounts import closures
from clinic.selectors.rows import Clinic
from scheduling.domain import seats
from scheduling.domain.intervals import seconds_of, subtract
from scheduling.domain.opening import Hours, HoursChange, Opening, spans_at_work
from scheduling.domain.seats import Busy, SeatBook
from scheduling.domain.slot_refusals import NEVER_OVERRIDDEN, SlotReason, SlotTaken, Sought
from scheduling.domain.visit_entries import LONGEST_MINUTES
from scheduling.domain.wall_time import SkippedTime, moment_of
from scheduling.models import (
    BLOCKING,
    HoursException,
    Resource,
    ResourceHours,
    ResourceKind,
    Status,
    Visit,
    VisitSeat,
)
from scheduling.services.booking.holds import delete_holds

LONGEST_VISIT = timedelta(minutes=LONGEST_MINUTES)
_BUSY = {
    ResourceKind.NURSE: SlotReason.NURSE_BUSY,
    ResourceKind.ROOM: SlotReason.ROOM_BUSY,
    ResourceKind.CAPACITY: SlotReason.KIND_FULL,
}
_AWAY = {
    ResourceKind.NURSE: SlotReason.NURSE_AWAY,
    ResourceKind.ROOM: SlotReason.ROOM_AWAY,
    ResourceKind.CAPACITY: SlotReason.KIND_FULL,
}
_NONE_FREE = {
    ResourceKind.NURSE: SlotReason.NO_NURSE,
    ResourceKind.ROOM: SlotReason.NO_ROOM,
    ResourceKind.CAPACITY: SlotReason.KIND_FULL,
}


@dataclass(frozen=True, slots=True)
class Span:
    """When a visit is: the instants, and what the clinic's clock shows at its start."""

    starts_at: datetime
    ends_at: datetime
    local_on: date
    local_at: time
    zone: ZoneInfo

    @property
    def seconds(self) -> tuple[int, int]:
        """Start and end in seconds since 1970."""
        return seconds_of(self.starts_at), seconds_of(self.ends_at)


def span_of(*, local_on: date, local_at: time, is_later: bool, minutes: int, zone: ZoneInfo) -> Span:
    """The span of a visit that begins at this wall time.

    Raises RecordError at ``local_at`` for a time that the clocks skip, and for a visit that ends on another day.
    """
    try:
        starts_at = moment_of(local_on, local_at, zone, later=is_later).instant
    except SkippedTime as skipped:
        raise RecordError(
            "local_at",
            gettext_noop("the clocks go forward and skip this time; the next one is %(next)s"),
            next=f"{skipped.next_valid:%H:%M}",
        ) from None
    ends_at = starts_at + timedelta(minutes=minutes)
    if (ends_at - timedelta(microseconds=1)).astimezone(zone).date() != local_on:
        raise RecordError("local_at", gettext_noop("the visit would end on another day"))
    return Span(starts_at, ends_at, local_on, local_at, zone)


@dataclass(frozen=True, slots=True)
class Place:
    """A resource and the seat of it that a visit takes."""

    resource: Resource
    seat: int


@dataclass(slots=True)
class Placement:
    """All the places of a visit; ``overruled`` is what an override had to overrule."""

    nurse: Place | None = None
    room: Place | None = None
    capacity: Place | None = None
    overruled: list[SlotReason] = field(default_factory=list)

    @property
    def places(self) -> list[Place]:
        """Those there are."""
        return [place for place in (self.nurse, self.room, self.capacity) if place is not None]


@dataclass(slots=True)
class Question:
    """A time for one patient, and who may serve: in each list the first that can does."""

    clinic: Clinic
    span: Span
    sought: Sought
    now: datetime
    nurses: Sequence[Resource] = ()
    rooms: Sequence[Resource] = ()
    capacities: Sequence[Resource] = ()
    needs_nurse: bool = True
    needs_room: bool = True
    may_overrule: bool = False
    ignores_hours: bool = False
    """For a visit that comes back to its own time."""

    @property
    def resources(self) -> list[Resource]:
        """All that are asked for."""
        return [*self.nurses, *self.rooms, *self.capacities]


def find_places(question: Question) -> Placement:
    """The places for the visit; its resources and its patient are locked. SlotTaken where there are none."""
    found = Placement()
    _check_clock(question, found)
    _check_patient(question)
    taken = _taken(question)
    _refuse_full_early(question, taken)
    opening = _always_open(question) if question.ignores_hours else _opening(question, found)
    books = _books(question, opening, taken)
    if question.nurses or question.needs_nurse:
        found.nurse = _choose(question, ResourceKind.NURSE, question.nurses, books, found)
    elif not question.ignores_hours:
        _check_house(question, opening, found)
    if question.rooms or question.needs_room:
        found.room = _choose(question, ResourceKind.ROOM, question.rooms, books, found)
    if question.capacities:
        found.capacity = _choose(question, ResourceKind.CAPACITY, question.capacities, books, found)
    return found


def _stands_in_the_way(question: Question, found: Placement, why: SlotReason, name: str = "") -> None:
    if why in NEVER_OVERRIDDEN or not question.may_overrule:
        raise SlotTaken(why, question.sought, name=name)
    found.overruled.append(why)


def _check_clock(question: Question, found: Placement) -> None:
    span = question.span
    if question.ignores_hours or span.starts_at >= question.now:
        return
    if span.local_on < question.now.astimezone(span.zone).date():
        raise SlotTaken(SlotReason.PAST, question.sought)
    _stands_in_the_way(question, found, SlotReason.PAST)


def _check_patient(question: Question) -> None:
    span, sought = question.span, question.sought
    rows = (
        Visit.objects.for_clinic(question.clinic.id)
        .filter(patient_id=sought.patient_id, status__in=BLOCKING)
        .filter(starts_at__lt=span.ends_at, ends_at__gt=span.starts_at)
        .exclude(pk=sought.ignoring_visit or 0)
        .values_list("pk", "status", "hold_expires_at")
    )
    expired = [pk for pk, status, until in rows if _is_expired(status, until, question.now)]
    if len(rows) > len(expired):
        raise SlotTaken(SlotReason.PATIENT_BUSY, sought)
    delete_holds(expired)


def _taken(question: Question) -> dict[int, list[Busy]]:
    """What is taken of the resources during the span; expired holds are deleted, which their locks allow."""
    span = question.span
    rows = (
        VisitSeat.objects.for_clinic(question.clinic.id)
        .filter(resource_id__any_of=[each.pk for each in question.resources], is_blocking=True)
        .filter(visit__clinic_id=question.clinic.id)
        .filter(visit__starts_at__gt=span.starts_at - LONGEST_VISIT, visit__starts_at__lt=span.ends_at)
        .filter(visit__ends_at__gt=span.starts_at)
        .exclude(visit_id=question.sought.ignoring_visit or 0)
        .values_list("resource_id", "seat", "during", "visit_id", "visit__status", "visit__hold_expires_at")
    )
    taken: defaultdict[int, list[Busy]] = defaultdict(list)
    expired = set()
    for resource_id, seat, during, visit_id, status, until in rows:
        if _is_expired(status, until, question.now):
            expired.add(visit_id)
        else:
            taken[resource_id].append(Busy(during.lower, during.upper, seat))
    delete_holds(expired)
    return taken


def _is_expired(status: str, until: datetime | None, now: datetime) -> bool:
    return status == Status.PROPOSED and until is not None and until <= now


def _refuse_full_early(question: Question, taken: dict[int, list[Busy]]) -> None:
    """Send away whoever asks for one nurse or room without a free seat before anything else is read.

    Of fifty who want one slot this is the answer to forty-nine, and the line moves as fast as they get it.
    """
    if question.may_overrule:
        return
    for group in (question.nurses, question.rooms, question.capacities):
        if len(group) == 1:
            (only,) = group
            if {busy.seat for busy in taken.get(only.pk, ())}.issuperset(range(1, only.seats + 1)):
                raise SlotTaken(_BUSY[ResourceKind(only.kind)], question.sought, name=only.name)


def _opening(question: Question, found: Placement) -> Opening:
    """The clinic's days; a closed one stands in the way, and is open for whoever overrules it."""
    clinic, day = question.clinic, question.span.local_on
    is_closed = closures(clinic_id=clinic.id).filter(closed_on=day).exists()
    if is_closed or day.weekday() not in clinic.open_weekdays:
        _stands_in_the_way(question, found, SlotReason.CLOSED)
    return _always_open(question)


def _always_open(question: Question) -> Opening:
    return Opening(zone=question.span.zone, open_weekdays=frozenset(range(7)))


def _books(question: Question, opening: Opening, taken: dict[int, list[Busy]]) -> dict[int, SeatBook]:
    ids = [each.pk for each in question.resources]
    hours = {} if question.ignores_hours else hours_of(ids)
    changes = {} if question.ignores_hours else _changes(ids, question.span.local_on)
    return {
        each.pk: SeatBook(
            seats.Resource(
                id=each.pk,
                # Who is asked about seats alone is there at any time, as a room without hours is.
                kind=seats.ResourceKind.ROOM if question.ignores_hours else seats.ResourceKind(each.kind),
                seats=each.seats,
                hours=tuple(hours.get(each.pk, ())),
                changes=tuple(changes.get(each.pk, ())),
                busy=tuple(taken.get(each.pk, ())),
            ),
            opening,
        )
        for each in question.resources
    }


def _choose(
    question: Question,
    kind: ResourceKind,
    group: Sequence[Resource],
    books: dict[int, SeatBook],
    found: Placement,
) -> Place:
    """The first of the group that can serve; with an override the first that could, on whatever seat is free."""
    start, end = question.span.seconds
    obstacles: list[SlotReason] = []
    for resource in group:
        why = _obstacle(question.span, kind, books[resource.pk])
        if why is None:
            return Place(resource, books[resource.pk].free_seat(start, end))
        obstacles.append(why)
    if len(group) == 1:
        _stands_in_the_way(question, found, obstacles[0], group[0].name)
    else:
        _stands_in_the_way(question, found, _NONE_FREE[kind])
    if not group:
        raise SlotTaken(_NONE_FREE[kind], question.sought)
    busy_only = [each for each, why in zip(group, obstacles, strict=True) if why is _BUSY[kind]]
    chosen = busy_only[0] if busy_only else group[0]
    return Place(chosen, books[chosen.pk].free_seat(start, end))


def _obstacle(span: Span, kind: ResourceKind, book: SeatBook) -> SlotReason | None:
    start, end = span.seconds
    if subtract([(start, end)], book.at_work(span.local_on)):
        return _AWAY[kind]
    return None if book.has_room(span.local_on, start, end - start) else _BUSY[kind]


def _check_house(question: Question, opening: Opening, found: Placement) -> None:
    """A visit without a nurse is within the hours of some nurse."""
    nurses = Resource.objects.for_clinic(question.clinic.id).filter(kind=ResourceKind.NURSE, is_active=True)
    hours = [each for of_one in hours_of(nurses.values_list("pk", flat=True)).values() for each in of_one]
    span = question.span
    there = spans_at_work(span.local_on, hours=hours, changes=(), opening=opening)
    if subtract([span.seconds], there):
        _stands_in_the_way(question, found, SlotReason.OUTSIDE_HOURS)


def hours_of(resource_ids: Iterable[int]) -> dict[int, list[Hours]]:
    """The weekly hours of resources, by resource (one query)."""
    hours: defaultdict[int, list[Hours]] = defaultdict(list)
    for row in ResourceHours.objects.filter(resource_id__any_of=list(resource_ids)):
        hours[row.resource_id].append(Hours(row.weekday, row.starts_at, row.ends_at))
    return hours


def _changes(resource_ids: Sequence[int], day: date) -> dict[int, list[HoursChange]]:
    changes: defaultdict[int, list[HoursChange]] = defaultdict(list)
    for each in HoursException.objects.filter(
        resource_id__any_of=resource_ids, first_on__lte=day, last_on__gte=day
    ):
        changes[each.resource_id].append(
            HoursChange(each.first_on, each.last_on, each.is_available, each.starts_at, each.ends_at)
        )
    return changes
