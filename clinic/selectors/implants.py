"""Pumps and what is recorded about them, as pages need them. Every read names the clinic."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from clinic.models import Fill, Implant, ProgramVersion, PumpEvent, PumpModel, Reading


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


def readings(*, clinic_id: int, implant_ids: list[int]) -> list[Reading]:
    """Every reading with its fate: withdrawn ones carry ``superseded_by``. Newest first."""
    return list(
        Reading.objects.for_clinic(clinic_id)
        .filter(implant_id__in=implant_ids, is_void=False)
        .select_related("implant", "recorded_by", "superseded_by__recorded_by")
        .order_by("-read_on", "-id")
    )


def events(*, clinic_id: int, implant_ids: list[int]) -> list[PumpEvent]:
    """Every event with its fate: withdrawn ones carry ``superseded_by``. Newest first."""
    return list(
        PumpEvent.objects.for_clinic(clinic_id)
        .filter(implant_id__in=implant_ids, is_void=False)
        .select_related("implant", "recorded_by", "superseded_by__recorded_by")
        .order_by("-occurred_on", "-id")
    )


def fills(*, clinic_id: int, implant_ids: list[int]) -> list[Fill]:
    """Every fill with its mixture and its fate, newest first; withdrawal rows themselves are left out."""
    return list(
        Fill.objects.for_clinic(clinic_id)
        .filter(implant_id__in=implant_ids, is_void=False)
        .select_related("recorded_by", "checked_by", "superseded_by__recorded_by")
        .prefetch_related("drugs__drug")
        .order_by("-filled_on", "-id")
    )


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


def programs(*, clinic_id: int, implant_ids: list[int]) -> list[ProgramVersion]:
    """Every program version with its fate, newest first; withdrawal rows themselves are left out."""
    return list(
        ProgramVersion.objects.for_clinic(clinic_id)
        .filter(implant_id__in=implant_ids, is_void=False)
        .select_related("implant", "recorded_by", "superseded_by__recorded_by")
        .order_by("-starts_on", "-id")
    )
