"""Texts that came in, as pages show them. Patient data; every read names the clinic."""

from __future__ import annotations

from django.db.models import QuerySet

from notifications.models import InboundMessage


def inbound_texts(*, clinic_id: int, is_new: bool | None = None) -> QuerySet[InboundMessage]:
    """The clinic's texts, the newest first; only the new ones, or only those dealt with, where asked."""
    rows = InboundMessage.objects.filter(clinic_id=clinic_id).select_related("patient")
    if is_new is not None:
        rows = rows.filter(handled_at__isnull=is_new)
    return rows.order_by("-received_at", "-id")


def new_texts_count(*, clinic_id: int) -> int:
    """How many texts nobody has dealt with."""
    return InboundMessage.objects.filter(clinic_id=clinic_id, handled_at__isnull=True).count()


def texts_of_patient(*, clinic_id: int, patient_id: int) -> list[InboundMessage]:
    """The texts of a number that is this patient's alone, the newest first."""
    rows = InboundMessage.objects.filter(clinic_id=clinic_id, patient_id=patient_id)
    return list(rows.order_by("-received_at", "-id"))
