"""One fill or program version with everything a page about it shows. Every read names the clinic."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from clinic.models import Fill, Implant, ProgramVersion


def get_fill(*, clinic_id: int, fill_ref: UUID) -> Fill | None:
    """The clinic's fill with its pump, patient, mixture and fate; None for a withdrawal row."""
    return (
        Fill.objects.for_clinic(clinic_id)
        .filter(ref=fill_ref, is_void=False)
        .select_related(
            "implant__patient",
            "implant__pump_model",
            "recorded_by",
            "checked_by",
            "supersedes",
            "superseded_by__recorded_by",
        )
        .prefetch_related("drugs__drug")
        .first()
    )


def all_fills(*, clinic_id: int) -> QuerySet[Fill]:
    """The clinic's fills with pump, patient, mixture and fate; withdrawal rows themselves are left out."""
    return (
        Fill.objects.for_clinic(clinic_id)
        .filter(is_void=False)
        .select_related("implant__patient", "superseded_by")
        .prefetch_related("drugs__drug")
    )


def fill_versions(fill: Fill) -> list[Fill]:
    """Every entry about this refill, newest first: its corrections, a withdrawal, the first entry."""
    rows = {
        row.pk: row
        for row in Fill.objects.for_clinic(fill.clinic_id)
        .filter(implant_id=fill.implant_id)
        .select_related("recorded_by", "checked_by", "superseded_by")
        .prefetch_related("drugs__drug")
    }
    newest = rows[fill.pk]
    while (later := getattr(newest, "superseded_by", None)) is not None:
        newest = rows[later.pk]
    versions = [newest]
    while (earlier := versions[-1].supersedes_id) is not None:
        versions.append(rows[earlier])
    return versions


def sent_before(*, implant: Implant, ref: str) -> Fill | None:
    """The fill that a form with this reference recorded already; None for anything else, also nonsense."""
    try:
        reference = UUID(ref)
    except ValueError:
        return None
    return Fill.objects.for_clinic(implant.clinic_id).filter(implant_id=implant.pk, ref=reference).first()


def current_fills(*, implant: Implant) -> list[Fill]:
    """The fills that stand, newest first, with their mixtures."""
    return list(
        Fill.objects.for_clinic(implant.clinic_id)
        .current()
        .filter(implant_id=implant.pk)
        .prefetch_related("drugs__drug")
        .order_by("-filled_on", "-id")
    )


def current_programs(*, implant: Implant) -> list[ProgramVersion]:
    """The program versions that stand, newest first."""
    return list(
        ProgramVersion.objects.for_clinic(implant.clinic_id)
        .current()
        .filter(implant_id=implant.pk)
        .order_by("-starts_on", "-starts_at", "-id")
    )


def get_program(*, clinic_id: int, program_id: int) -> ProgramVersion | None:
    """The clinic's program version with its pump, patient and fate; None for a withdrawal row."""
    return (
        ProgramVersion.objects.for_clinic(clinic_id)
        .filter(pk=program_id, is_void=False)
        .select_related("implant__patient", "implant__pump_model", "recorded_by", "superseded_by")
        .first()
    )
