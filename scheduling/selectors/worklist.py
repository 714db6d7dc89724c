"""The work list: every pump of a clinic by how urgently it needs a nurse, worked out in the database.

The page's cost follows what is shown: a count per group, one page of rows, their mixtures. The groups are those
of ``scheduling.domain.urgency.work_group``; a property test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import (
    Case,
    Count,
    DateField,
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
from clinic.selectors.rows import Fill, FillDrug, Implant
from clinic.selectors.search import holds, search_words
from scheduling.domain.case import ClinicRules
from scheduling.domain.urgency import DUE_BEFORE_TARGET_DAYS, WorkGroup
from scheduling.domain.visits import next_open_day
from scheduling.models import Forecast

PAGE_SIZE = 50
MISSING = "missing"
"""The group of a pump for which nothing was ever worked out: a fault, louder than any emergency."""

ORDER: tuple[str, ...] = (MISSING, *(group.name.lower() for group in WorkGroup))
_RANK = {group: rank for rank, group in enumerate(ORDER)}
_DAY_SECONDS = 86_400


class Sorting(StrEnum):
    """How rows stand within the whole list."""

    URGENCY = "urgency"
    DATE = "date"
    NAME = "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rows to show. Nothing here names a patient but ``text``, which never stands in an address.

    ``groups`` are names from ORDER, empty for all. ``within_weeks`` keeps rows to be refilled by
    then and every row without a date.
    """

    groups: frozenset[str] = frozenset()
    drug_key: str = ""
    pump_model_key: str = ""
    hazard: int | None = None
    limited_by: str = ""
    within_weeks: int | None = None
    text: str = ""
    sorting: Sorting = Sorting.URGENCY


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRow:
    """One pump as the work list shows it. Days are the clinic's; ``days_to_empty`` is rounded down."""

    implant_id: int
    implant_ref: UUID
    patient_ref: UUID
    last_name: str
    first_name: str
    mrn: str
    birth_date: date
    pump: str
    serial: str
    group: str
    must_refill_by: date | None
    limited_by: str
    days_left: int | None
    days_to_empty: Decimal | None
    low_reservoir_on: date | None
    empty_on: date | None
    target_visit_on: date | None
    latest_visit_on: date | None
    review_on: date | None
    hazard: int | None
    findings: Sequence[dict[str, Any]] = ()
    high_low_on: date | None = None
    filled_on: date | None = None
    drugs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkList:
    """One page of rows, how many rows each group holds under the same filters, how many are selected."""

    rows: list[WorkRow]
    counts: dict[str, int]
    selected: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class _Day:
    """The clinic's today and the day by which a review without a date is done."""

    now: datetime
    today: date
    next_open_on: date


def work_list(
    *, clinic_id: int, wanted: Wanted, now: datetime, page: int = 1, page_size: int | None = PAGE_SIZE
) -> WorkList:
    """The rows of one page, most urgent first; a page beyond the last is the last. ``None``: all rows."""
    day = _day(clinic_id, now)
    rows = _grouped(_filtered(clinic_id, wanted, day), day)
    counts = dict.fromkeys(ORDER, 0)
    for rank, number in rows.order_by().values_list("rank").annotate(number=Count("pk")):
        counts[ORDER[rank]] = number
    selected = sum(counts[group] for group in wanted.groups) if wanted.groups else sum(counts.values())
    size = page_size or max(selected, 1)
    pages = max(1, -(-selected // size))
    page = min(max(page, 1), pages)
    if wanted.groups:
        rows = rows.filter(rank__in=[_RANK[group] for group in wanted.groups])
    shown = rows.order_by(*_sorting(wanted.sorting))[(page - 1) * size : page * size]
    return WorkList(
        rows=_rows(clinic_id, shown, day), counts=counts, selected=selected, page=page, pages=pages
    )


def group_of_implants(*, clinic_id: int, implant_ids: Iterable[int], now: datetime) -> dict[int, str]:
    """The group of each of these active pumps, by implant id."""
    day = _day(clinic_id, now)
    rows = _grouped(_active(clinic_id).filter(pk__in=list(implant_ids)), day)
    return {implant_id: ORDER[rank] for implant_id, rank in rows.values_list("pk", "rank")}


def urgent_count(*, clinic_id: int, now: datetime) -> int:
    """How many pumps are due or worse: for these a visit is to be booked now."""
    day = _day(clinic_id, now)
    return _grouped(_active(clinic_id), day).filter(rank__lte=_RANK[WorkGroup.DUE.name.lower()]).count()


def _day(clinic_id: int, now: datetime) -> _Day:
    facts = clinic_facts(clinic_id=clinic_id)
    today = now.astimezone(ZoneInfo(facts.time_zone)).date()
    rules = ClinicRules(open_weekdays=frozenset(facts.open_weekdays), closed_on=facts.closed_on)
    return _Day(now, today, next_open_day(today, rules))


def _active(clinic_id: int) -> QuerySet[Implant]:
    return Implant.objects.for_clinic(clinic_id).filter(
        explanted_on__isnull=True, patient__died_on__isnull=True
    )


def _filtered(clinic_id: int, wanted: Wanted, day: _Day) -> QuerySet[Implant]:
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
    for word in search_words(wanted.text):
        rows = rows.filter(
            holds("patient__last_name", word)
            | holds("patient__first_name", word)
            | holds("patient__mrn", word)
            | holds("serial", word)
        )
    return rows


def _grouped(rows: QuerySet[Implant], day: _Day) -> QuerySet[Any]:
    """Give each row the rank of its group (``work_group`` in SQL) and, in review, the day it must be looked at."""
    today, horizon = day.today, day.today + timedelta(days=DUE_BEFORE_TARGET_DAYS)

    def rank(group: WorkGroup) -> Value:
        return Value(_RANK[group.name.lower()])

    return rows.annotate(
        rank=Case(
            When(forecast__isnull=True, then=Value(_RANK[MISSING])),
            When(forecast__empty_on__lte=today, then=rank(WorkGroup.EMERGENCY)),
            When(forecast__must_refill_by__lte=today, then=rank(WorkGroup.OVERDUE)),
            When(forecast__status="review", forecast__review_by__lte=today, then=rank(WorkGroup.OVERDUE)),
            When(forecast__latest_visit_on__lt=today, then=rank(WorkGroup.AT_RISK)),
            When(forecast__target_visit_on__lte=horizon, then=rank(WorkGroup.DUE)),
            When(forecast__status="review", then=rank(WorkGroup.REVIEW)),
            default=rank(WorkGroup.LATER),
            output_field=IntegerField(),
        ),
        review_on=Case(
            When(
                forecast__status="review",
                then=Least(Coalesce("forecast__review_by", Value(day.next_open_on)), Value(day.next_open_on)),
            ),
            output_field=DateField(),
        ),
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


def _rows(clinic_id: int, shown: QuerySet[Any], day: _Day) -> list[WorkRow]:
    implants = list(shown.select_related("patient", "pump_model", "forecast"))
    fills = _fills_in_pump(clinic_id, [implant.pk for implant in implants])
    return [_row(implant, fills.get(implant.pk), day) for implant in implants]


def _fills_in_pump(clinic_id: int, implant_ids: Sequence[int]) -> dict[int, Fill]:
    newest = (
        Fill.objects.for_clinic(clinic_id)
        .current()
        .filter(implant_id__in=implant_ids)
        .order_by("implant_id", "-filled_on", F("filled_at").desc(nulls_last=True), "-id")
        .distinct("implant_id")
        .prefetch_related("drugs__drug")
    )
    return {fill.implant_id: fill for fill in newest}


def _row(implant: Any, fill: Fill | None, day: _Day) -> WorkRow:
    forecast: Forecast | None = getattr(implant, "forecast", None)
    patient = implant.patient
    must = forecast.must_refill_by if forecast else None
    high = (forecast.high_flow or {}).get("low_reservoir_on") if forecast else None
    return WorkRow(
        implant_id=implant.pk,
        implant_ref=implant.ref,
        patient_ref=patient.ref,
        last_name=patient.last_name,
        first_name=patient.first_name,
        mrn=patient.mrn,
        birth_date=patient.birth_date,
        pump=implant.pump_model.name,
        serial=implant.serial,
        group=ORDER[implant.rank],
        must_refill_by=must,
        limited_by=forecast.limited_by if forecast else "",
        days_left=(must - day.today).days if must else None,
        days_to_empty=days_until(forecast.empty_at, day.now) if forecast else None,
        low_reservoir_on=forecast.low_reservoir_on if forecast else None,
        empty_on=forecast.empty_on if forecast else None,
        target_visit_on=forecast.target_visit_on if forecast else None,
        latest_visit_on=forecast.latest_visit_on if forecast else None,
        review_on=implant.review_on,
        hazard=forecast.hazard if forecast else None,
        findings=forecast.findings if forecast else (),
        high_low_on=date.fromisoformat(high) if high else None,
        filled_on=fill.filled_on if fill else None,
        drugs=tuple(drug.drug.name for drug in fill.drugs.all()) if fill else (),
    )


def days_until(instant: datetime | None, now: datetime) -> Decimal | None:
    """Days of 24 hours from ``now``, to one decimal, rounded down: never more than there are. None for None."""
    if instant is None:
        return None
    seconds = (instant - now) // timedelta(seconds=1)
    return (Decimal(seconds) / _DAY_SECONDS).quantize(Decimal("0.1"), rounding=ROUND_FLOOR)
