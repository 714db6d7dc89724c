"""The follow-up list: what patients are due for besides refills, by when it is to be done, worked out in the database.

What repeats (check-ins, watches) is one line per patient, row and anchor. The page's cost follows what is shown: a
count per part, one page of lines, and one query each for their follow-ups and visits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    CharField,
    Count,
    DateField,
    Exists,
    F,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Concat, Greatest

from clinic.selectors.facts import clinic_facts
from clinic.selectors.patients import patients_who_died
from clinic.selectors.search import endings_with, search_words
from scheduling.domain.visit_conflicts import COUNTED
from scheduling.models import UNFINISHED, FollowUp, FollowUpState, Mode, VisitFollowUp
from scheduling.models.care import REFILL
from scheduling.selectors.protocols import protocol_in_force, protocol_rows

PAGE_SIZE = 50
DAYS_OF_A_WEEK = 7
PARTS = ("overdue", "today", "week", "later")
"""Past its last day and not put off by anybody; to be done from today on; in the next seven days; after that."""
_POSTPONED = FollowUpState.POSTPONED
REPEATING = (Mode.CHECK_IN, Mode.WATCH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which lines to show. Only ``text`` may name a patient, and it never stands in an address.

    ``parts`` are names from PARTS, empty for all. ``within_weeks`` keeps what is to be begun by then, and
    everything overdue; None keeps all.
    """

    parts: frozenset[str] = frozenset()
    owner_id: int | None = None
    mode: str = ""
    row_key: str = ""
    within_weeks: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedFor:
    """The visit that a follow-up is booked for."""

    ref: UUID
    starts_at: datetime
    local_on: date
    nurse: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DueLine:
    """One line: a follow-up, or several of one row and patient. The first due stands for all of them.

    ``due_on`` is the day on which somebody acts: of the booked visit, else until when it was postponed, else the
    target. ``latest_on`` is the earliest last day, ``until_on`` the last one of several. All three are None only for
    a refill whose date needs review.
    """

    part: str
    first: FollowUp
    refs: tuple[UUID, ...]
    due_on: date | None
    latest_on: date | None
    until_on: date | None
    visit: BookedFor | None = None

    @property
    def number(self) -> int:
        """How many follow-ups stand behind the line."""
        return len(self.refs)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueList:
    """One page of lines, and how many lines each part holds under the same filters."""

    lines: list[DueLine]
    counts: dict[str, int]
    selected: int
    page: int
    pages: int


def due_list(
    *, clinic_id: int, wanted: Wanted, now: datetime, page: int = 1, page_size: int = PAGE_SIZE
) -> DueList:
    """The lines of one page, most pressing first; a page beyond the last is the last."""
    today = _today(clinic_id, now)
    rows = _with_lines(_filtered(clinic_id, wanted, today), today)
    counts = dict.fromkeys(PARTS, 0)
    for part, number in rows.order_by().values_list("part").annotate(number=Count("line", distinct=True)):
        counts[PARTS[part]] = number
    selected = sum(counts[part] for part in wanted.parts or PARTS)
    pages = max(1, -(-selected // page_size))
    page = min(max(page, 1), pages)
    numbers = {number: counts[part] for number, part in enumerate(PARTS) if part in (wanted.parts or PARTS)}
    parts, before = _parts_of_page(numbers, (page - 1) * page_size, page_size)
    # Parts stand one after the other: of those that are not on the page nothing is put in order.
    rows = rows.filter(_is_overdue(today)) if parts == [0] else rows.filter(part__in=parts)
    lines = (
        rows.order_by()
        .values("part", "line")
        .annotate(
            ids=ArrayAgg("id"),
            due=Min("due_on"),
            latest=Min("latest_on"),
            until=Max("latest_on"),
            last_name=Min("patient__last_name"),
            first_name=Min("patient__first_name"),
        )
        .order_by("part", "latest", "due", "last_name", "first_name", "line")
    )
    shown = list(lines[before : before + page_size])
    return DueList(
        lines=_lines(clinic_id, shown, today), counts=counts, selected=selected, page=page, pages=pages
    )


def _parts_of_page(numbers: dict[int, int], start: int, size: int) -> tuple[list[int], int]:
    """The parts that lines ``start`` to ``start + size`` stand in, and how many lines of these come before them."""
    parts, before, passed = [], start, 0
    for part, number in numbers.items():
        if passed + number <= start:
            before -= number
        elif passed < start + size:
            parts.append(part)
        passed += number
    return parts, before


def due_lines(clinic_id: Any, today: Any) -> QuerySet[FollowUp, Any]:
    """What tells the lines apart that are overdue or to be done from today on: to be counted."""
    booked = VisitFollowUp.objects.for_clinic(clinic_id).filter(
        visit__clinic_id=clinic_id, visit__status__in=sorted(COUNTED)
    )
    booked_today = Q(pk__in=booked.filter(visit__local_on=today).values("follow_up_id"))
    # A visit after today and in time is the day on which somebody acts: what is booked for it is not due yet.
    booked_for_later = booked.filter(
        follow_up_id=OuterRef("pk"), visit__local_on__gt=today, visit__local_on__lte=OuterRef("latest_on")
    )
    rows = open_follow_ups(clinic_id)
    begun = rows.filter(
        _is_overdue(today)
        | Q(latest_on__gte=today) & booked_today
        | (Q(postponed_until__isnull=True) | Q(postponed_until__lte=today)) & ~Q(Exists(booked_for_later)),
        target_on__lte=today,
    )
    # Apart, so that of the first an index tells all, and the second starts at the visits of a day.
    early = rows.filter(booked_today, target_on__gt=today)
    return _lines_of(begun, today).union(_lines_of(early, today))


def _lines_of(rows: QuerySet[FollowUp], today: Any) -> QuerySet[Any, Any]:
    """What tells lines apart (``_line``) without putting a text together for each row: mostly a number does."""
    repeats = Q(mode__in=[mode.value for mode in REPEATING])
    return rows.order_by().values_list(
        Case(When(repeats, then=-F("patient_id")), default="id", output_field=BigIntegerField()),
        *(
            Case(When(repeats, then=key), default=Value(""), output_field=CharField())
            for key in ("row_key", "anchor_key")
        ),
        Case(When(_is_overdue(today), then=True), default=False, output_field=BooleanField()),
    )


def row_choices(*, clinic_id: int) -> list[tuple[str, str]]:
    """The rows of the protocol in force, as key and title: what the list can be narrowed to (two queries)."""
    protocol = protocol_in_force(clinic_id=clinic_id)
    if protocol is None:
        return []
    rows = protocol_rows(clinic_id=clinic_id, protocol_id=protocol.pk).filter(is_active=True)
    return sorted(rows.values_list("key", "title"), key=lambda row: row[1])


def open_follow_ups(clinic_id: Any) -> QuerySet[FollowUp]:
    """What is open or postponed of living patients, refills apart."""
    return (
        FollowUp.objects.for_clinic(clinic_id)
        .filter(state__in=UNFINISHED)
        .exclude(row_key=REFILL)
        .exclude(patient_id__in=patients_who_died(clinic_id=clinic_id).values("pk"))
    )


def _today(clinic_id: int, now: datetime) -> date:
    return now.astimezone(ZoneInfo(clinic_facts(clinic_id=clinic_id).time_zone)).date()


def _filtered(clinic_id: int, wanted: Wanted, today: date) -> QuerySet[FollowUp]:
    rows = open_follow_ups(clinic_id)
    if wanted.owner_id is not None:
        rows = rows.filter(owner_id=wanted.owner_id)
    if wanted.mode:
        rows = rows.filter(mode=wanted.mode)
    if wanted.row_key:
        rows = rows.filter(row_key=wanted.row_key)
    if wanted.within_weeks is not None:
        rows = rows.filter(target_on__lte=today + timedelta(weeks=wanted.within_weeks))
    for word in search_words(wanted.text):
        of_patients = endings_with(word, clinic_id=clinic_id).filter(implant_id__isnull=True)
        rows = rows.filter(patient_id__in=of_patients.values("patient_id"))
    return rows


def _with_lines(rows: QuerySet[FollowUp], today: date) -> QuerySet[Any]:
    """Give each follow-up its day, its part and the line it stands in."""
    visit_on = (
        VisitFollowUp.objects.filter(
            follow_up_id=OuterRef("pk"), visit__status__in=sorted(COUNTED), visit__local_on__gte=today
        )
        .order_by("visit__local_on")
        .values("visit__local_on")[:1]
    )
    in_a_week = today + timedelta(days=DAYS_OF_A_WEEK)
    return (
        rows.annotate(visit_on=Subquery(visit_on, output_field=DateField()))
        .annotate(
            due_on=Case(
                When(visit_on__lte=F("latest_on"), then=F("visit_on")),
                default=Greatest("target_on", "postponed_until"),
                output_field=DateField(),
            ),
            line=_line(),
        )
        .annotate(
            part=Case(
                When(_is_overdue(today), then=Value(0)),
                When(due_on__lte=today, then=Value(1)),
                When(due_on__lt=in_a_week, then=Value(2)),
                default=Value(3),
                output_field=IntegerField(),
            )
        )
    )


def _is_overdue(today: Any) -> Q:
    """Past its last day and not put off by anybody."""
    return Q(latest_on__lt=today) & ~Q(state=_POSTPONED, postponed_until__gt=today)


def _line() -> Case:
    """The line in which a follow-up stands: one for all that repeats of a row and patient, else its own."""
    one_line = Concat(
        Cast("patient_id", CharField()),
        Value("/"),
        "row_key",
        Value("/"),
        "anchor_key",
        output_field=CharField(),
    )
    return Case(
        When(mode__in=[mode.value for mode in REPEATING], then=one_line),
        default=Cast("id", CharField()),
        output_field=CharField(),
    )


def _lines(clinic_id: int, shown: Sequence[dict[str, Any]], today: date) -> list[DueLine]:
    ids = [pk for line in shown for pk in line["ids"]]
    follow_ups = {
        row.pk: row
        for row in FollowUp.objects.for_clinic(clinic_id)
        .filter(pk__in=ids)
        .select_related("patient", "owner", "implant__pump_model")
    }
    visits = booked_for(clinic_id=clinic_id, follow_up_ids=ids, today=today)
    found = []
    for line in shown:
        members = sorted((follow_ups[pk] for pk in line["ids"]), key=lambda row: (row.latest_on, row.pk))
        booked = [visits[row.pk] for row in members if row.pk in visits]
        found.append(
            DueLine(
                part=PARTS[line["part"]],
                first=members[0],
                refs=tuple(row.ref for row in members),
                due_on=line["due"],
                latest_on=line["latest"],
                until_on=line["until"],
                visit=booked[0] if booked else None,
            )
        )
    return found


def booked_for(*, clinic_id: int, follow_up_ids: Collection[int], today: date) -> dict[int, BookedFor]:
    """The first visit ahead that each of these follow-ups is booked for, by follow-up id. One query."""
    return booked_for_from(booked_rows(clinic_id, list(follow_up_ids), today))


def booked_rows(clinic_id: Any, follow_up_ids: Any, today: Any) -> QuerySet[VisitFollowUp, Any]:
    """What ``booked_for_from`` is made of."""
    return (
        VisitFollowUp.objects.for_clinic(clinic_id)
        .filter(
            follow_up_id__any_of=follow_up_ids,
            visit__status__in=sorted(COUNTED),
            visit__local_on__gte=today,
        )
        .order_by("follow_up_id", "visit__starts_at", "id")
        .distinct("follow_up_id")
        .values_list(
            "follow_up_id", "visit__ref", "visit__starts_at", "visit__local_on", "visit__nurse__name"
        )
    )


def booked_for_from(rows: Iterable[tuple[Any, ...]]) -> dict[int, BookedFor]:
    """The first visit ahead of each follow-up, by its id."""
    return {
        pk: BookedFor(ref=ref, starts_at=starts_at, local_on=local_on, nurse=nurse or "")
        for pk, ref, starts_at, local_on, nurse in rows
    }
