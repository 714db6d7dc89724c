"""The work list: every pump of a clinic by how urgently it needs a nurse, worked out in the database.

The page's cost follows what is shown: a count per group, one page of rows, what stands beside them. The groups are
those of ``scheduling.domain.urgency.work_group``; a property test holds the two together.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import (
    Case,
    Count,
    DateField,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Least

from clinic.selectors.facts import clinic_facts
from clinic.selectors.patients import patients_who_died
from clinic.selectors.rows import Fill, FillDrug, Implant
from clinic.selectors.search import endings_with, search_words
from clinic.together import Answers
from scheduling.domain.case import ClinicRules
from scheduling.domain.urgency import DUE_BEFORE_TARGET_DAYS, WorkGroup
from scheduling.domain.visits import next_open_day
from scheduling.models import UNFINISHED, FollowUp
from scheduling.models.care import REFILL
from scheduling.selectors.refill_visits import implants_with_visit_too_late, refill_visits_ahead
from scheduling.selectors.worklist.rows import (
    MISSING,
    ORDER,
    Booking,
    Day,
    WorkRow,
    shown_rows,
)

PAGE_SIZE = 50
_RANK = {group: rank for rank, group in enumerate(ORDER)}
_DUE = WorkGroup.DUE.name.lower()


class Sorting(StrEnum):
    """How rows stand within the whole list."""

    URGENCY = "urgency"
    DATE = "date"
    NAME = "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rows to show. Nothing here names a patient but ``text``, which never stands in an address.

    ``groups`` are names from ORDER, empty for all. ``within_weeks`` keeps rows to be refilled by
    then and every row without a date. ``owner_id`` is whose work the refill is.
    """

    groups: frozenset[str] = frozenset()
    drug_key: str = ""
    pump_model_key: str = ""
    hazard: int | None = None
    limited_by: str = ""
    within_weeks: int | None = None
    owner_id: int | None = None
    booking: Booking | None = None
    text: str = ""
    sorting: Sorting = Sorting.URGENCY


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkList:
    """One page of rows, how many rows each group holds under the same filters, how many are selected."""

    rows: list[WorkRow]
    counts: dict[str, int]
    selected: int
    page: int
    pages: int

    @property
    def urgent(self) -> int:
        """How many of them are due or worse."""
        return sum(self.counts[group] for group in ORDER[: _RANK[_DUE] + 1])


def work_list(
    *, clinic_id: int, wanted: Wanted, now: datetime, page: int = 1, page_size: int | None = PAGE_SIZE
) -> WorkList:
    """The rows of one page, most urgent first; a page beyond the last is the last. ``None``: all rows."""
    day = _day(clinic_id, now)
    too_late = _too_late(day)
    rows = _grouped(_filtered(clinic_id, wanted, day), day, too_late)
    counts = dict.fromkeys(ORDER, 0)
    for rank, number in rows.order_by().values_list("rank").annotate(number=Count("pk")):
        counts[ORDER[rank]] = number
    selected = sum(counts[group] for group in wanted.groups) if wanted.groups else sum(counts.values())
    size = page_size or max(selected, 1)
    pages = max(1, -(-selected // size))
    page = min(max(page, 1), pages)
    if wanted.groups:
        rows = rows.filter(rank__in=[_RANK[group] for group in wanted.groups])
    # By number first: all are compared, and only those of the page are read whole.
    in_order = rows.order_by(*_sorting(wanted.sorting)).values_list("pk", flat=True)
    ids = list(in_order[(page - 1) * size : page * size])
    shown = _grouped(_active(clinic_id).filter(pk__any_of=ids), day, too_late)
    return WorkList(
        rows=shown_rows(clinic_id, shown, ids, day),
        counts=counts,
        selected=selected,
        page=page,
        pages=pages,
    )


def group_questions(given: Any) -> dict[str, Any]:
    """What ``groups_from`` needs the answers to; asked of the active pumps ``implant_ids`` with what ``group_values`` gives."""
    too_late = implants_with_visit_too_late(clinic_id=given.clinic_id, today=given.today)
    rows = _active(given.clinic_id).filter(pk__any_of=given.implant_ids)
    rank = _rank(given.today, given.due_until, given.found("too_late", "implant_id"))
    return {
        "too_late": too_late.filter(implant_id__any_of=given.implant_ids),
        "groups": rows.annotate(rank=rank).values_list("pk", "rank"),
    }


def group_values(today: date) -> dict[str, Any]:
    """The clinic's day, as ``group_questions`` ask for it."""
    return {"today": today, "due_until": _due_until(today)}


def groups_from(answers: Answers) -> dict[int, str]:
    """The group of each pump by its id, from the answers to ``group_questions``."""
    return {implant_id: ORDER[rank] for implant_id, rank in answers["groups"]}


def urgent_count(*, clinic_id: int, now: datetime) -> int:
    """How many pumps are due or worse: for these a visit is to be booked now."""
    day = _day(clinic_id, now)
    return _grouped(_active(clinic_id), day, _too_late(day)).filter(rank__lte=_RANK[_DUE]).count()


def _day(clinic_id: int, now: datetime) -> Day:
    facts = clinic_facts(clinic_id=clinic_id)
    today = now.astimezone(ZoneInfo(facts.time_zone)).date()
    rules = ClinicRules(open_weekdays=frozenset(facts.open_weekdays), closed_on=facts.closed_on)
    return Day(clinic_id, now, today, next_open_day(today, rules))


def _active(clinic_id: int) -> QuerySet[Implant]:
    died = patients_who_died(clinic_id=clinic_id)
    return (
        Implant.objects.for_clinic(clinic_id)
        .filter(explanted_on__isnull=True)
        .exclude(patient_id__in=died.values("pk"))
    )


def _filtered(clinic_id: int, wanted: Wanted, day: Day) -> QuerySet[Implant]:
    rows = _active(clinic_id)
    if wanted.pump_model_key:
        rows = rows.filter(pump_model__key=wanted.pump_model_key)
    if wanted.hazard is not None:
        rows = rows.filter(forecast__hazard=wanted.hazard)
    if wanted.limited_by:
        rows = rows.filter(forecast__limited_by=wanted.limited_by)
    if wanted.within_weeks is not None:
        until = day.today + timedelta(weeks=wanted.within_weeks)
        rows = rows.filter(Q(forecast__must_refill_by__lte=until) | Q(forecast__must_refill_by__isnull=True))
    if wanted.drug_key:
        newest = (
            Fill.objects.for_clinic(clinic_id)
            .current()
            .filter(implant_id=OuterRef("pk"))
            .order_by("-filled_on", F("filled_at").desc(nulls_last=True), "-id")
            .values("pk")[:1]
        )
        holding = FillDrug.objects.for_clinic(clinic_id).filter(drug__key=wanted.drug_key).values("fill_id")
        rows = rows.annotate(fill_in_pump=Subquery(newest)).filter(fill_in_pump__in=holding)
    if wanted.owner_id is not None:
        owned = FollowUp.objects.for_clinic(clinic_id).filter(
            row_key=REFILL, state__in=UNFINISHED, owner_id=wanted.owner_id
        )
        rows = rows.filter(pk__in=owned.values("implant_id"))
    if wanted.booking is not None:
        rows = _booked(rows, wanted.booking, day)
    for word in search_words(wanted.text):
        of_pump = endings_with(word, clinic_id=clinic_id).filter(
            Q(implant_id__isnull=True) | Q(implant_id=OuterRef("pk")), patient_id=OuterRef("patient_id")
        )
        rows = rows.filter(Exists(of_pump))
    return rows


def _booked(rows: QuerySet[Implant], booking: Booking, day: Day) -> QuerySet[Implant]:
    ahead = refill_visits_ahead(clinic_id=day.clinic_id, today=day.today).values("implant_id")
    too_late = implants_with_visit_too_late(clinic_id=day.clinic_id, today=day.today)
    match booking:
        case Booking.NOT_BOOKED:
            return rows.exclude(pk__in=ahead)
        case Booking.TOO_LATE:
            return rows.filter(pk__in=too_late)
    return rows.filter(pk__in=ahead).exclude(pk__in=too_late)


def _too_late(day: Day) -> list[int]:
    """Which pumps' first refill visit is after the last safe day: few, and asked once for counts and rows."""
    return list(implants_with_visit_too_late(clinic_id=day.clinic_id, today=day.today))


def _due_until(today: date) -> date:
    return today + timedelta(days=DUE_BEFORE_TARGET_DAYS)


def _grouped(rows: QuerySet[Implant], day: Day, too_late: Collection[int]) -> QuerySet[Any]:
    """Give each row the rank of its group (``work_group`` in SQL) and, in review, the day it must be looked at.

    ``too_late`` are those of them that ``_too_late`` names.
    """
    return rows.annotate(
        rank=_rank(day.today, _due_until(day.today), too_late),
        review_on=Case(
            When(
                forecast__status="review",
                then=Least(Coalesce("forecast__review_by", Value(day.next_open_on)), Value(day.next_open_on)),
            ),
            output_field=DateField(),
        ),
    )


def _rank(today: Any, due_until: Any, too_late: Any) -> Case:
    """``work_group`` in SQL."""

    def rank(group: WorkGroup) -> Value:
        return Value(_RANK[group.name.lower()])

    return Case(
        When(forecast__isnull=True, then=Value(_RANK[MISSING])),
        When(forecast__empty_on__lte=today, then=rank(WorkGroup.EMERGENCY)),
        When(forecast__must_refill_by__lte=today, then=rank(WorkGroup.OVERDUE)),
        When(forecast__status="review", forecast__review_by__lte=today, then=rank(WorkGroup.OVERDUE)),
        When(forecast__latest_visit_on__lt=today, then=rank(WorkGroup.AT_RISK)),
        When(pk__any_of=too_late, then=rank(WorkGroup.AT_RISK)),
        When(forecast__target_visit_on__lte=due_until, then=rank(WorkGroup.DUE)),
        When(forecast__status="review", then=rank(WorkGroup.REVIEW)),
        default=rank(WorkGroup.LATER),
        output_field=IntegerField(),
    )


def _sorting(sorting: Sorting) -> list[Any]:
    by_name: list[Any] = ["patient__last_name", "patient__first_name", "pk"]
    dry = [F("forecast__empty_at").asc(nulls_last=True), F("forecast__hazard").desc(nulls_first=True)]
    acts_by = Coalesce("forecast__must_refill_by", "review_on").asc(nulls_first=True)
    match sorting:
        case Sorting.NAME:
            return by_name
        case Sorting.DATE:
            return [acts_by, *dry, *by_name]
    return ["rank", *dry, acts_by, *by_name]
