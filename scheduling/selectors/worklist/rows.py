"""One page of the work list: the pumps shown, each with what stands beside it, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet

from clinic.selectors.rows import Fill, FillDrug
from clinic.together import ask_together
from scheduling.domain.care.rungs import Rung
from scheduling.domain.urgency import WorkGroup
from scheduling.models import UNFINISHED, FollowUp, Forecast
from scheduling.models.care import REFILL
from scheduling.selectors.late_refills import refill_standing
from scheduling.selectors.refill_visits import NextVisit, first_of_each, refill_visits_by_pump

MISSING = "missing"
"""The group of a pump for which nothing was ever worked out: a fault, louder than any emergency."""

ORDER: tuple[str, ...] = (MISSING, *(group.name.lower() for group in WorkGroup))
_DAY_SECONDS = 86_400


class Booking(StrEnum):
    """How a pump stands with its first refill visit ahead."""

    BOOKED = "booked"
    """In time, as far as a date is known."""
    NOT_BOOKED = "not_booked"
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True)
class Day:
    """The clinic's today and the day by which a review without a date is done."""

    clinic_id: int
    now: datetime
    today: date
    next_open_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRow:
    """One pump as the work list shows it. Days are the clinic's; ``days_to_empty`` is rounded down.

    ``rung`` is how far a refill that runs late has climbed, None where it is in time.
    ``visit`` is the first refill visit ahead; ``owner``, ``item_ref`` and ``postponed_until`` are of the refill's
    item; ``due_follow_ups`` counts what else the patient is due for today.
    """

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
    rung: Rung | None
    hazard: int | None
    findings: Sequence[dict[str, Any]] = ()
    high_low_on: date | None = None
    filled_on: date | None = None
    drugs: tuple[str, ...] = ()
    visit: NextVisit | None = None
    item_ref: UUID | None = None
    owner_id: int | None = None
    owner: str = ""
    postponed_until: date | None = None
    due_follow_ups: int = 0

    @property
    def booking(self) -> Booking:
        """How the pump stands with its first refill visit ahead."""
        if self.visit is None:
            return Booking.NOT_BOOKED
        is_late = self.latest_visit_on is not None and self.visit.local_on > self.latest_visit_on
        return Booking.TOO_LATE if is_late else Booking.BOOKED


@dataclass(frozen=True, slots=True)
class _Beside:
    """What stands beside the pumps shown: each pump's fill with the drugs in it, visit and item; each patient's count."""

    fills: dict[int, Sequence[Any]]
    drugs: dict[int, list[str]]
    visits: dict[int, NextVisit]
    items: dict[int, FollowUp]
    due_by_patient: dict[int, int]


def shown_rows(clinic_id: int, shown: QuerySet[Any], ids: Sequence[int], day: Day) -> list[WorkRow]:
    """The pumps of ``shown`` in the order of their ``ids``, each with what stands beside it (two queries, none for none)."""
    if not ids:
        return []
    found = {implant.pk: implant for implant in shown.select_related("patient", "pump_model", "forecast")}
    implants = [found[pk] for pk in ids if pk in found]
    answers = ask_together(
        _questions,
        clinic_id=clinic_id,
        implant_ids=ids,
        patient_ids={implant.patient_id for implant in implants},
        today=day.today,
    )
    drugs: dict[int, list[str]] = {}
    for fill_id, drug in answers["drugs"]:
        drugs.setdefault(fill_id, []).append(drug)
    beside = _Beside(
        fills={implant_id: fill for implant_id, *fill in answers["fills"]},
        drugs=drugs,
        visits=first_of_each(answers["visits"], today=day.today),
        items={item.implant_id: item for item in answers["items"]},
        due_by_patient=dict(answers["due"]),
    )
    return [_row(implant, beside, day) for implant in implants]


def _questions(given: Any) -> dict[str, Any]:
    clinic_id, ids = given.clinic_id, given.implant_ids
    drugs = FillDrug.objects.for_clinic(clinic_id).filter(fill_id__any_of=given.found("fills", "id"))
    items = FollowUp.objects.for_clinic(clinic_id).filter(row_key=REFILL, state__in=UNFINISHED)
    return {
        "fills": Fill.objects.for_clinic(clinic_id)
        .current()
        .filter(implant_id__any_of=ids)
        .order_by("implant_id", "-filled_on", F("filled_at").desc(nulls_last=True), "-id")
        .distinct("implant_id")
        .values_list("implant_id", "id", "filled_on"),
        "drugs": drugs.order_by("fill_id", "position").values_list("fill_id", "drug__name"),
        "visits": refill_visits_by_pump(clinic_id, ids, since=given.today).distinct("implant_id"),
        "items": items.filter(implant_id__any_of=ids).select_related("owner"),
        "due": _due_follow_ups(given),
    }


def _due_follow_ups(given: Any) -> QuerySet[FollowUp, Any]:
    """How much else is due: what is open, or was put off until a day that has come. What repeats counts once."""
    rows = FollowUp.objects.for_clinic(given.clinic_id).filter(
        Q(state="open") | Q(state="postponed", postponed_until__lte=given.today),
        patient_id__any_of=given.patient_ids,
        target_on__lte=given.today,
    )
    others = rows.exclude(row_key=REFILL).order_by()
    return others.values_list("patient_id").annotate(number=Count("row_key", distinct=True))


def _row(implant: Any, beside: _Beside, day: Day) -> WorkRow:
    forecast: Forecast | None = getattr(implant, "forecast", None)
    fill_id, filled_on = beside.fills.get(implant.pk, (0, None))
    item = beside.items.get(implant.pk)
    patient, visit = implant.patient, beside.visits.get(implant.pk)
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
        rung=refill_standing(
            implant_id=implant.pk,
            patient_id=implant.patient_id,
            has_ended=implant.explanted_on is not None or implant.patient.died_on is not None,
            forecast=getattr(implant, "forecast", None),
            visit=visit,
            today=day.today,
            now=day.now,
        ).rung,
        hazard=forecast.hazard if forecast else None,
        findings=forecast.findings if forecast else (),
        high_low_on=date.fromisoformat(high) if high else None,
        filled_on=filled_on,
        drugs=tuple(beside.drugs.get(fill_id, ())),
        visit=visit,
        item_ref=item.ref if item else None,
        owner_id=item.owner_id if item else None,
        owner=str(item.owner) if item and item.owner else "",
        postponed_until=item.postponed_until if item else None,
        due_follow_ups=beside.due_by_patient.get(implant.patient_id, 0),
    )


def days_until(instant: datetime | None, now: datetime) -> Decimal | None:
    """Days of 24 hours from ``now``, to one decimal, rounded down: never more than there are. None for None."""
    if instant is None:
        return None
    seconds = (instant - now) // timedelta(seconds=1)
    return (Decimal(seconds) / _DAY_SECONDS).quantize(Decimal("0.1"), rounding=ROUND_FLOOR)
