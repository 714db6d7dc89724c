"""What a care plan is counted from, for many pumps or patients, in a constant number of queries.

A fact that was corrected keeps the number of the first row of its chain (its *root*), so that whatever hangs on it
stays the same; its date is that of the row that counts now, and it was recorded when the first row was. Of each
pump only facts since a given day are read, besides those asked for by root, and the newest fill.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db.models import F, Min, Q, Window
from django.db.models.functions import Lag, RowNumber

from clinic.models import EventKind, Fill, Implant, ProgramVersion, PumpEvent, Surgery
from clinic.selectors.facts import current_fills
from clinic.together import Answers, ask_together

_MCG_PER_MG = 1000
_HOW_IT_RUNS = (
    "kind",
    "dose",
    "dose_unit",
    "flow_ml_per_day",
    "pattern",
    "bolus_dose",
    "bolus_unit",
    "bolus_max_per_day",
)


@dataclass(frozen=True, slots=True)
class DatedFact:
    """Something in the record: the root's number, the local day it happened on, when it was first typed in."""

    root_id: int
    on: date
    recorded_at: datetime


@dataclass(slots=True)
class ImplantCareFacts:
    """One pump, in place or not, and what happened to it; each list oldest first."""

    implant_id: int
    patient_id: int
    implanted_on: date
    created_at: datetime
    explanted_on: date | None
    end_of_service_on: date | None
    is_constant_flow: bool
    died_on: date | None
    explant_recorded_at: datetime | None = None
    fills: list[DatedFact] = field(default_factory=list)
    dose_changes: list[DatedFact] = field(default_factory=list)
    scans: list[DatedFact] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SurgeryFacts:
    """An operation that is planned or done, not called off. ``on`` is the implant's day once it is done."""

    surgery_id: int
    patient_id: int
    on: date
    created_at: datetime
    died_on: date | None


@dataclass(frozen=True, slots=True)
class Since:
    """From which day on facts are read, and the roots that are wanted however old they are."""

    fills: date
    programs: date
    scans: date
    fill_roots: Collection[int] = ()
    program_roots: Collection[int] = ()
    scan_roots: Collection[int] = ()

    def given(self, chains: Chains) -> dict[str, Any]:
        """The values of ``care_questions``."""
        return {
            "fills_since": self.fills,
            "fills_besides": chains.fills.rows_of(self.fill_roots),
            "programs_since": self.programs,
            "programs_besides": chains.programs.rows_of(self.program_roots),
            "scans_since": self.scans,
            "scans_besides": chains.events.rows_of(self.scan_roots),
        }


@dataclass(slots=True)
class Chain:
    """Which facts of one kind were corrected: the first of the chain by any later one, the newest by the first."""

    rows: list[tuple[int, int, int, datetime]]
    """Pump, correction, what it corrects or withdraws, when that was recorded; by the correction's number."""
    roots: dict[int, tuple[int, datetime]] = field(default_factory=dict)
    newest: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Corrections are few and a chain's rows follow each other in number."""
        for _, row_id, corrected_id, corrected_at in self.rows:
            root = self.roots.get(corrected_id, (corrected_id, corrected_at))
            self.roots[row_id] = root
            self.newest[root[0]] = row_id

    def fact(self, row_id: int, on: date, recorded_at: datetime) -> DatedFact:
        root_id, first_at = self.roots.get(row_id, (row_id, recorded_at))
        return DatedFact(root_id, on, first_at)

    def rows_of(self, roots: Collection[int]) -> list[int]:
        """The row that stands for each root now."""
        return [self.newest.get(root, root) for root in roots]


@dataclass(frozen=True, slots=True)
class Chains:
    """The corrections of pumps' facts."""

    fills: Chain
    programs: Chain
    events: Chain


def care_facts_of_implants(
    *, clinic_id: int, implant_ids: Collection[int], since: Since
) -> list[ImplantCareFacts]:
    """The facts of these pumps, by id (two queries however many there are, one more where one is out)."""
    chains = chains_from(ask_together(chain_questions, clinic_id=clinic_id, implant_ids=implant_ids))
    answers = ask_together(
        care_questions, clinic_id=clinic_id, planned_ids=implant_ids, **since.given(chains)
    )
    return care_facts_from(answers, chains, clinic_id=clinic_id)


def chain_questions(given: Any) -> dict[str, Any]:
    """What ``chains_from`` needs the answers to; asked of ``implant_ids``."""
    return {
        name: model.objects.for_clinic(given.clinic_id)
        .filter(implant_id__any_of=given.implant_ids, supersedes__isnull=False)
        .order_by("id")
        .values_list("implant_id", "id", "supersedes_id", "supersedes__recorded_at")
        for name, model in (
            ("corrected_fills", Fill),
            ("corrected_programs", ProgramVersion),
            ("corrected_events", PumpEvent),
        )
    }


def chains_from(answers: Answers) -> Chains:
    """The corrections, from the answers to ``chain_questions``."""
    return Chains(
        fills=Chain(answers["corrected_fills"]),
        programs=Chain(answers["corrected_programs"]),
        events=Chain(answers["corrected_events"]),
    )


def care_questions(given: Any) -> dict[str, Any]:
    """What ``care_facts_from`` needs the answers to; asked of ``planned_ids`` with what ``Since.given`` gives."""
    return {
        "planned_pumps": Implant.objects.for_clinic(given.clinic_id)
        .filter(id__any_of=given.planned_ids)
        .order_by("id")
        .values_list(
            *("id", "patient_id", "implanted_on", "created_at", "explanted_on", "end_of_service_on"),
            *("pump_model__is_constant_flow", "patient__died_on"),
        ),
        "planned_fills": current_fills(given.clinic_id, given.planned_ids)
        .filter(Q(age=1) | Q(filled_on__gte=given.fills_since) | Q(id__any_of=given.fills_besides))
        .order_by("-age")
        .values_list("implant_id", "id", "filled_on", "recorded_at"),
        "planned_programs": _programs(given),
        "planned_scans": PumpEvent.objects.for_clinic(given.clinic_id)
        .current()
        .filter(implant_id__any_of=given.planned_ids, kind=EventKind.MRI)
        .filter(Q(occurred_on__gte=given.scans_since) | Q(id__any_of=given.scans_besides))
        .order_by("occurred_on", "id")
        .values_list("implant_id", "id", "occurred_on", "recorded_at"),
    }


def care_facts_from(answers: Answers, chains: Chains, *, clinic_id: int) -> list[ImplantCareFacts]:
    """The facts of pumps, by id, from the answers to ``care_questions`` (no query, one where a pump is out)."""
    implants = {row[0]: ImplantCareFacts(*row) for row in answers["planned_pumps"]}
    _add_explants(implants, clinic_id)
    for implant_id, *row in answers["planned_fills"]:
        implants[implant_id].fills.append(chains.fills.fact(*row))
    for implant_id, row_id, on, recorded_at, *values in answers["planned_programs"]:
        middle = len(_HOW_IT_RUNS)
        if _given(values[:middle]) != _given(values[middle:]):
            implants[implant_id].dose_changes.append(chains.programs.fact(row_id, on, recorded_at))
    for implant_id, *row in answers["planned_scans"]:
        implants[implant_id].scans.append(chains.events.fact(*row))
    return list(implants.values())


def lock_surgeries(*, clinic_id: int, patient_ids: Collection[int]) -> None:
    """Lock the patients' operations, in a fixed order: who plans from them reads them afterwards."""
    rows = Surgery.objects.for_clinic(clinic_id).filter(patient_id__any_of=patient_ids).order_by("id")
    list(rows.select_for_update(no_key=True, of=("self",)).values_list("id", flat=True))


def surgery_facts(*, clinic_id: int, patient_ids: Collection[int]) -> list[SurgeryFacts]:
    """The patients' operations that are not called off, by id (one query)."""
    return surgery_facts_from(surgeries(clinic_id, patient_ids))


def surgeries(clinic_id: Any, patient_ids: Any) -> Any:
    """What ``surgery_facts_from`` makes facts of."""
    return (
        Surgery.objects.for_clinic(clinic_id)
        .filter(patient_id__any_of=patient_ids, cancelled_on__isnull=True)
        .order_by("id")
        .values_list(
            "id", "patient_id", "implant__implanted_on", "planned_on", "created_at", "patient__died_on"
        )
    )


def surgery_facts_from(rows: Iterable[tuple[Any, ...]]) -> list[SurgeryFacts]:
    """The operations of which these are the rows."""
    return [
        SurgeryFacts(surgery_id, patient_id, done_on or planned_on, created_at, died_on)
        for surgery_id, patient_id, done_on, planned_on, created_at, died_on in rows
    ]


def patients_awaiting_surgery(*, clinic_id: int) -> list[int]:
    """The patients who have an operation planned, by id."""
    rows = Surgery.objects.for_clinic(clinic_id).filter(implant__isnull=True, cancelled_on__isnull=True)
    return sorted(set(rows.values_list("patient_id", flat=True)))


def patients_of_implants(*, clinic_id: int, implant_ids: Collection[int]) -> list[int]:
    """Whose pumps these are, by id (one query, none without pumps)."""
    if not implant_ids:
        return []
    rows = Implant.objects.for_clinic(clinic_id).filter(id__any_of=implant_ids)
    return sorted(set(rows.values_list("patient_id", flat=True)))


def implants_of_patients(*, clinic_id: int, patient_ids: Collection[int]) -> list[int]:
    """All pumps these patients have or had, by id."""
    rows = Implant.objects.for_clinic(clinic_id).filter(patient_id__any_of=patient_ids)
    return sorted(rows.values_list("id", flat=True))


def _add_explants(implants: dict[int, ImplantCareFacts], clinic_id: int) -> None:
    """When each explant was recorded: the implant's row does not say, its history does."""
    explanted = [facts.implant_id for facts in implants.values() if facts.explanted_on is not None]
    if not explanted:
        return
    history = apps.get_model("clinic", "ImplantHistory")
    rows = (
        history._default_manager.filter(
            clinic_id=clinic_id, pgh_obj_id__any_of=explanted, explanted_on=F("pgh_obj__explanted_on")
        )
        .values("pgh_obj_id")
        .annotate(first_at=Min("pgh_created_at"))
        .values_list("pgh_obj_id", "first_at")
    )
    for implant_id, first_at in rows:
        implants[implant_id].explant_recorded_at = first_at


def _programs(given: Any) -> Any:
    """The programs that are not a pump's first, each beside the one before it."""
    in_order: dict[str, Any] = {
        "partition_by": F("implant_id"),
        "order_by": [F("starts_on").asc(), F("starts_at").asc(nulls_first=True), F("id").asc()],
    }
    before = {f"{name}_before": Window(Lag(name), **in_order) for name in _HOW_IT_RUNS}
    return (
        ProgramVersion.objects.for_clinic(given.clinic_id)
        .current()
        .filter(implant_id__any_of=given.planned_ids)
        .annotate(number=Window(RowNumber(), **in_order), **before)
        # One condition: apart, the days would be filtered first, and a program alone since then has none before it.
        .filter(
            Q(number__gt=1, starts_on__gte=given.programs_since)
            | Q(number__gt=1, id__any_of=given.programs_besides)
        )
        .order_by("number")
        .values_list("implant_id", "id", "starts_on", "recorded_at", *_HOW_IT_RUNS, *before)
    )


def _given(values: list[Any]) -> tuple[Any, ...]:
    """How a program runs, the same for 0.3 mg and 300 mcg a day."""
    kind, dose, dose_unit, flow, pattern, bolus, bolus_unit, most_boluses = values
    return kind, _in_mcg(dose, dose_unit), flow, pattern, _in_mcg(bolus, bolus_unit), most_boluses


def _in_mcg(amount: Decimal | None, unit: str) -> Decimal | None:
    if amount is None:
        return None
    return amount * _MCG_PER_MG if unit.startswith("mg") else amount
