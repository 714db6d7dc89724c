"""What those who run the system ask; nothing about a patient."""

from datetime import datetime

from clinic.models import Clinic


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
