"""Pumps and what is recorded about them, as pages need them. Every read names the clinic."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from clinic.models import Fill, FillDrug, Implant, ProgramVersion, PumpEvent, PumpModel, Reading
from clinic.together import Answers, ask_together

NEWEST: Final = 12
_KINDS: Final[dict[str, tuple[Any, str]]] = {
    "fills": (Fill, "filled_on"),
    "programs": (ProgramVersion, "starts_on"),
    "readings": (Reading, "read_on"),
    "events": (PumpEvent, "occurred_on"),
}
"""What happens to a pump, and the column of its day."""


def get_implant(*, clinic_id: int, implant_ref: UUID) -> Implant | None:
    """The clinic's implant with this reference, with its patient and pump model, or None."""
    return (
        Implant.objects.for_clinic(clinic_id)
        .filter(ref=implant_ref)
        .select_related("patient", "pump_model")
        .first()
    )


def all_implants(*, clinic_id: int, patient_id: int | None = None) -> QuerySet[Implant]:
    """Every pump of the clinic or of one patient, also those taken out, with patient and model."""
    rows = Implant.objects.for_clinic(clinic_id).select_related("patient", "pump_model")
    return rows if patient_id is None else rows.filter(patient_id=patient_id)


def pumps_taken_out(*, clinic_id: int) -> QuerySet[Implant]:
    """The pumps that are in nobody any more."""
    return Implant.objects.for_clinic(clinic_id).filter(explanted_on__isnull=False)


def implants_of(*, clinic_id: int, patient_id: int) -> list[Implant]:
    """The patient's pumps: those in place first, then the newest."""
    rows = (
        Implant.objects.for_clinic(clinic_id)
        .filter(patient_id=patient_id)
        .select_related("pump_model")
        .order_by("-implanted_on", "-id")
    )
    return sorted(rows, key=lambda implant: implant.explanted_on is not None)


def pump_models(*, beside: int | None = None) -> QuerySet[PumpModel]:
    """The pump models offered for new implants, and the one with id ``beside`` although it no longer is."""
    is_shown = Q(is_offered=True) if beside is None else Q(is_offered=True) | Q(pk=beside)
    return PumpModel.objects.filter(is_shown).order_by("manufacturer", "name")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is recorded about pumps, newest first, each with its fate: what was corrected or withdrawn carries
    ``superseded_by``. Withdrawal rows themselves are left out.
    """

    fills: list[Fill]
    mixtures: dict[int, list[FillDrug]]
    """What each fill holds, by the fill's id, in order."""
    programs: list[ProgramVersion]
    readings: list[Reading]
    events: list[PumpEvent]


def recorded(*, clinic_id: int, implant_ids: Collection[int]) -> Recorded:
    """Everything about these pumps (one query)."""
    return _recorded_from(ask_together(_everything, clinic_id=clinic_id, implant_ids=implant_ids))


def newest_recorded(*, clinic_id: int, implant_id: int, fill_ref: UUID | None = None) -> Recorded:
    """The newest ``NEWEST`` of each kind and one more, what counts now, and the fill asked for (one query)."""
    return _recorded_from(
        ask_together(_newest, clinic_id=clinic_id, implant_ids=[implant_id], fill_ref=fill_ref)
    )


def _everything(given: Any) -> dict[str, Any]:
    kinds = {name: _rows_of(given, model, on) for name, (model, on) in _KINDS.items()}
    rows = {name: found.select_related("implant") for name, found in kinds.items()}
    return rows | {"mixtures": _mixtures(given)}


def _newest(given: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, (model, on) in _KINDS.items():
        rows = _rows_of(given, model, on)
        in_order = rows.select_related(None).order_by(f"-{on}", "-recorded_at", "-id").values("pk")
        wanted = Q(pk__in=in_order[: NEWEST + 1])
        if name in ("fills", "programs"):
            wanted |= Q(pk__in=in_order.filter(superseded_by__isnull=True)[:1])
        found[name] = rows.filter(wanted | Q(ref=given.fill_ref) if name == "fills" else wanted)
    return found | {"mixtures": _mixtures(given)}


def _rows_of(given: Any, model: Any, on: str) -> QuerySet[Any]:
    rows: QuerySet[Any] = model.objects.for_clinic(given.clinic_id)
    return (
        rows.filter(implant_id__any_of=given.implant_ids, is_void=False)
        .select_related("recorded_by", "superseded_by__recorded_by")
        .order_by(f"-{on}", "-id")
    )


def _mixtures(given: Any) -> QuerySet[FillDrug]:
    rows = FillDrug.objects.for_clinic(given.clinic_id).filter(fill_id__any_of=given.found("fills", "id"))
    return rows.select_related("drug").order_by("position")


def _recorded_from(answers: Answers) -> Recorded:
    mixtures: dict[int, list[FillDrug]] = {fill.id: [] for fill in answers["fills"]}
    for part in answers.pop("mixtures"):
        mixtures[part.fill_id].append(part)
    return Recorded(mixtures=mixtures, **answers)


def program_rows(*, clinic_id: int, implant_id: int) -> QuerySet[ProgramVersion]:
    """Every version of a pump's program, corrected ones too; withdrawal rows themselves are left out."""
    return (
        ProgramVersion.objects.for_clinic(clinic_id)
        .filter(implant_id=implant_id, is_void=False)
        .select_related("implant", "superseded_by")
    )


def reading_rows(*, clinic_id: int, implant_id: int | None = None) -> QuerySet[Reading]:
    """Every reading of a pump, or of the clinic, withdrawn ones too; withdrawal rows themselves are left out."""
    rows = Reading.objects.for_clinic(clinic_id).filter(is_void=False)
    rows = rows.select_related("implant", "superseded_by")
    return rows if implant_id is None else rows.filter(implant_id=implant_id)


def event_rows(*, clinic_id: int, implant_id: int | None = None) -> QuerySet[PumpEvent]:
    """Every event of a pump, or of the clinic, withdrawn ones too; withdrawal rows themselves are left out."""
    rows = PumpEvent.objects.for_clinic(clinic_id).filter(is_void=False)
    rows = rows.select_related("implant", "superseded_by")
    return rows if implant_id is None else rows.filter(implant_id=implant_id)
