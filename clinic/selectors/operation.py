"""What those who run the system ask; nothing about a patient."""

from datetime import datetime

from clinic.models import AccessRecord, Clinic, Seal, SealPart


def any_clinic_exists() -> bool:
    """Whether this installation is in use: a first start makes the demo, or asks for an administrator."""
    return Clinic.objects.exists()


def clinic_numbers() -> list[tuple[int, datetime]]:
    """Every clinic's number and the moment it was founded."""
    return list(Clinic.objects.order_by("pk").values_list("pk", "created_at"))


def clinic_slugs() -> dict[str, int]:
    """Every clinic's number by its short name in addresses."""
    return dict(Clinic.objects.order_by("slug").values_list("slug", "pk"))


def clinic_zones(*, clinic_id: int | None = None) -> dict[int, str]:
    """The IANA zone of every clinic, or of one, by clinic number."""
    clinics = Clinic.objects.all() if clinic_id is None else Clinic.objects.filter(pk=clinic_id)
    return dict(clinics.values_list("pk", "time_zone"))


def last_sealed_at() -> datetime | None:
    """When the last seal over the audit trail was made; None: none yet."""
    return Seal.objects.order_by("-number").values_list("sealed_at", flat=True).first()


def unsealed_since() -> datetime | None:
    """When the oldest view of a patient that no seal covers was written down; None: all are covered.

    Seals are made when there is something to seal, so the age of the last one says nothing of a quiet night. Two queries.
    """
    table = AccessRecord._meta.db_table
    parts = SealPart.objects.filter(table=table).order_by("-seal_id").values_list("top", flat=True)
    after = AccessRecord.objects.filter(pk__gt=parts.first() or 0)
    return after.order_by("pk").values_list("at", flat=True).first()
