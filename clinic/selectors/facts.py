"""What a projection needs to know about many implants, in a constant number of queries.

Plain values, not model instances: the sweep reads a hundred thousand of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from clinic.models import (
    Clinic,
    Closure,
    EventKind,
    Fill,
    FillDrug,
    Implant,
    ProgramVersion,
    PumpEvent,
    Reading,
)
from clinic.together import Answers, ask_together

LAST_POSSIBLE_ID = 2**63 - 1
FILLS_THAT_MATTER = 2
"""The fill in the pump, and the one before it (to judge the residual and a change of drug)."""

_PROGRAM = (
    "starts_on",
    "starts_at",
    "kind",
    "dose",
    "dose_unit",
    "flow_ml_per_day",
    "pattern",
    "bolus_dose",
    "bolus_unit",
    "bolus_max_per_day",
    "bolus_mean_per_day",
)
DATED_BY = (EventKind.MRI, EventKind.STALLED, EventKind.RESTARTED, EventKind.REPLACEMENT_SIGNAL)


@dataclass(slots=True)
class ClinicFacts:
    """A clinic's rules as the projection sees them."""

    clinic_id: int
    time_zone: str
    open_weekdays: list[int]
    target_margin_days: int
    latest_margin_days: int
    max_interval_days: int | None
    does_high_flow_bind: bool
    closed_on: frozenset[date]


@dataclass(slots=True)
class DrugFacts:
    drug_key: str
    concentration: Decimal
    concentration_unit: str
    is_diluted: bool | None
    stability_days: int | None
    beyond_use_on: date | None


@dataclass(slots=True)
class FillFacts:
    fill_id: int
    filled_on: date
    filled_at: datetime | None
    fill_volume_ml: Decimal
    residual_ml: Decimal | None
    first_fill: str
    bridge_old_volume_ml: Decimal | None
    bridge_old_concentration: Decimal | None
    bridge_old_unit: str
    printed_refill_on: date | None
    drugs: list[DrugFacts] = field(default_factory=list)


@dataclass(slots=True)
class ProgramFacts:
    starts_on: date
    starts_at: datetime | None
    kind: str
    dose: Decimal | None
    dose_unit: str
    flow_ml_per_day: Decimal | None
    pattern: list[dict[str, Any]] | None
    bolus_dose: Decimal | None
    bolus_unit: str
    bolus_max_per_day: int | None
    bolus_mean_per_day: Decimal | None


@dataclass(slots=True)
class ReadingFacts:
    read_on: date
    read_at: datetime | None
    reservoir_ml: Decimal | None
    printed_refill_on: date | None


@dataclass(slots=True)
class EventFacts:
    kind: str
    occurred_on: date
    occurred_at: datetime | None


@dataclass(slots=True)
class ImplantFacts:
    """One active implant and the facts about it that bear on its date, each list oldest first."""

    implant_id: int
    pump_model_key: str
    implanted_on: date
    constant_flow_ml_per_day: Decimal | None
    threshold_ml: Decimal | None
    max_interval_days: int | None
    end_of_service_on: date | None
    fills: list[FillFacts] = field(default_factory=list)
    programs: list[ProgramFacts] = field(default_factory=list)
    readings: list[ReadingFacts] = field(default_factory=list)
    events: list[EventFacts] = field(default_factory=list)


def clinic_facts(*, clinic_id: int) -> ClinicFacts:
    """The rules of one clinic (one query)."""
    return clinic_facts_from(ask_together(clinic_questions, clinic_id=clinic_id))


def clinic_questions(given: Any) -> dict[str, Any]:
    """What ``clinic_facts_from`` needs the answers to."""
    return {
        "clinic": Clinic.objects.filter(pk=given.clinic_id).values_list(
            "id",
            "time_zone",
            "open_weekdays",
            "target_margin_days",
            "latest_margin_days",
            "max_interval_days",
            "does_high_flow_bind",
        ),
        "closed_on": Closure.objects.for_clinic(given.clinic_id)
        .in_force()
        .values_list("closed_on", flat=True),
    }


def clinic_facts_from(answers: Answers) -> ClinicFacts:
    """The rules of one clinic, from the answers to ``clinic_questions``."""
    (row,) = answers["clinic"]
    values: list[Any] = [*row, frozenset(answers["closed_on"])]
    return ClinicFacts(*values)


def lock_implants(*, clinic_id: int, implant_ids: Collection[int]) -> list[tuple[int, int]]:
    """Lock these implants, in a fixed order; each with its patient.

    Whoever works something out from the record takes these locks first and reads afterwards, so a result
    from older facts never overwrites one from newer.
    """
    rows = Implant.objects.for_clinic(clinic_id).filter(id__any_of=implant_ids).order_by("id")
    return list(rows.select_for_update(no_key=True).values_list("id", "patient_id"))


def active_implants(clinic_id: Any, implant_ids: Any) -> Any:
    """Which of these implants still carry a pump in a living patient, by id.

    Asked after their locks are taken: a statement that waits for a lock still sees the patients as they were before
    it waited.
    """
    return (
        Implant.objects.for_clinic(clinic_id)
        .filter(id__any_of=implant_ids, explanted_on__isnull=True, patient__died_on__isnull=True)
        .order_by("id")
        .values_list("id", flat=True)
    )


def lock_active_implants(*, clinic_id: int, implant_ids: Collection[int]) -> list[int]:
    """Lock the implants; the ids of those that still carry a pump in a living patient (two queries)."""
    locked = [pk for pk, _ in lock_implants(clinic_id=clinic_id, implant_ids=implant_ids)]
    return list(active_implants(clinic_id, locked))


def implant_ranges(*, clinic_id: int, size: int) -> list[tuple[int, int]]:
    """(first id, last id) of parts of ``size`` implants that together hold all of the clinic's, ended ones too.

    The last part is open at its end, so that a pump added after the parts were laid out is in it.
    """
    ids = Implant.objects.for_clinic(clinic_id).order_by("id").values_list("id", flat=True)
    ranges: list[tuple[int, int]] = []
    first = last = held = 0
    for implant_id in ids.iterator(chunk_size=10_000):
        first = first or implant_id
        last, held = implant_id, held + 1
        if held == size:
            ranges.append((first, last))
            first = held = 0
    if held:
        ranges.append((first, last))
    return [*ranges[:-1], (ranges[-1][0], LAST_POSSIBLE_ID)] if ranges else []


def implants_between(*, clinic_id: int, first_id: int, last_id: int) -> list[int]:
    """The clinic's implants of one part, by id."""
    rows = Implant.objects.for_clinic(clinic_id).filter(id__range=(first_id, last_id))
    return list(rows.order_by("id").values_list("id", flat=True))


def count_active(*, clinic_id: int, first_id: int | None = None, last_id: int | None = None) -> int:
    """How many pumps stand in living patients, in the whole clinic or in one part of it."""
    rows = Implant.objects.for_clinic(clinic_id).filter(
        explanted_on__isnull=True, patient__died_on__isnull=True
    )
    if first_id is not None and last_id is not None:
        rows = rows.filter(id__range=(first_id, last_id))
    return rows.count()


def implant_facts(
    *, clinic_id: int, implant_ids: Collection[int], fills_each: int = FILLS_THAT_MATTER
) -> list[ImplantFacts]:
    """The facts of these implants, by id, with their newest fills (one query however many there are)."""
    return facts_from(
        ask_together(fact_questions, clinic_id=clinic_id, implant_ids=implant_ids, fills_each=fills_each)
    )


def fact_questions(given: Any) -> dict[str, Any]:
    """What ``facts_from`` needs the answers to; asked of ``implant_ids`` with ``fills_each``."""
    fills = current_fills(given.clinic_id, given.implant_ids)
    return {
        "pumps": Implant.objects.for_clinic(given.clinic_id)
        .filter(id__any_of=given.implant_ids)
        .order_by("id")
        .values_list(
            "id",
            "pump_model__key",
            "implanted_on",
            "constant_flow_ml_per_day",
            "threshold_ml",
            "max_interval_days",
            "end_of_service_on",
        ),
        "pump_fills": fills.filter(age__lte=given.fills_each)
        .order_by("-age")
        .values_list(
            "implant_id",
            "id",
            "filled_on",
            "filled_at",
            "fill_volume_ml",
            "residual_ml",
            "first_fill",
            "bridge_old_volume_ml",
            "bridge_old_concentration",
            "bridge_old_unit",
            "printed_refill_on",
        ),
        "pump_drugs": FillDrug.objects.for_clinic(given.clinic_id)
        .filter(fill_id__any_of=given.found("pump_fills", "id"))
        .order_by("position")
        .values_list(
            "fill_id",
            "drug__key",
            "concentration",
            "concentration_unit",
            "is_diluted",
            "stability_days",
            "beyond_use_on",
        ),
        "pump_programs": program_values(given.clinic_id, given.implant_ids),
        "pump_readings": Reading.objects.for_clinic(given.clinic_id)
        .current()
        .filter(implant_id__any_of=given.implant_ids)
        .order_by("read_on", "id")
        .values_list("implant_id", "read_on", "read_at", "reservoir_ml", "printed_refill_on"),
        "pump_events": PumpEvent.objects.for_clinic(given.clinic_id)
        .current()
        .filter(implant_id__any_of=given.implant_ids, kind__in=DATED_BY)
        .order_by("occurred_on", "id")
        .values_list("implant_id", "kind", "occurred_on", "occurred_at"),
    }


def current_fills(clinic_id: Any, implant_ids: Any) -> Any:
    """The fills of these implants that count now, each with its ``age``: 1 is the newest of its pump."""
    newest_first = [F("filled_on").desc(), F("filled_at").desc(nulls_last=True), F("id").desc()]
    return (
        Fill.objects.for_clinic(clinic_id)
        .current()
        .filter(implant_id__any_of=implant_ids)
        .annotate(age=Window(RowNumber(), partition_by=F("implant_id"), order_by=newest_first))
    )


def facts_from(answers: Answers) -> list[ImplantFacts]:
    """The facts of implants, by id, from the answers to ``fact_questions``."""
    implants = {row[0]: ImplantFacts(*row) for row in answers["pumps"]}
    fills: dict[int, FillFacts] = {}
    for implant_id, *row in answers["pump_fills"]:
        fill = FillFacts(*row)
        fills[fill.fill_id] = fill
        implants[implant_id].fills.append(fill)
    for fill_id, *row in answers["pump_drugs"]:
        fills[fill_id].drugs.append(DrugFacts(*row))
    for implant_id, *row in answers["pump_programs"]:
        implants[implant_id].programs.append(ProgramFacts(*row))
    for implant_id, *row in answers["pump_readings"]:
        implants[implant_id].readings.append(ReadingFacts(*row))
    for implant_id, *row in answers["pump_events"]:
        implants[implant_id].events.append(EventFacts(*row))
    return list(implants.values())


def program_values(clinic_id: int, implant_ids: Collection[int], *more: str) -> Iterable[tuple[Any, ...]]:
    """The programs that count now, in order: the implant, ``more`` columns, then the fields of ProgramFacts."""
    return (
        ProgramVersion.objects.for_clinic(clinic_id)
        .current()
        .filter(implant_id__any_of=implant_ids)
        .order_by("starts_on", "id")
        .values_list("implant_id", *more, *_PROGRAM)
    )
