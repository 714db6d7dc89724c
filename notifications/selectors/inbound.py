"""Texts that came in, as pages show them. Patient data; every read but one names the clinic."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Exists, OuterRef, QuerySet

from notifications.domain.inbound import Meaning
from notifications.models import InboundMessage, PatientAnswer, StoppedAddress

_ANSWERS = frozenset({Meaning.CONFIRM, Meaning.RESCHEDULE, Meaning.DECLINE})


def inbound_texts(*, clinic_id: int, is_new: bool | None = None) -> QuerySet[InboundMessage]:
    """The clinic's texts, the newest first; only the new ones, or only those dealt with, where asked."""
    rows = _with_what_was_done().filter(clinic_id=clinic_id).select_related("patient")
    if is_new is not None:
        rows = rows.filter(handled_at__isnull=is_new)
    return rows.order_by("-received_at", "-id")


def new_texts_count(*, clinic_id: int) -> int:
    """How many texts nobody has dealt with."""
    return InboundMessage.objects.filter(clinic_id=clinic_id, handled_at__isnull=True).count()


def unplaced_texts() -> QuerySet[InboundMessage]:
    """Texts from numbers that no clinic knows and that nobody has dealt with, the oldest first."""
    return InboundMessage.objects.filter(clinic=None, handled_at=None).order_by("id")


def texts_of_patient(*, clinic_id: int, patient_id: int) -> list[InboundMessage]:
    """The texts of a number that is this patient's alone, the newest first."""
    rows = _with_what_was_done().filter(clinic_id=clinic_id, patient_id=patient_id)
    return list(rows.order_by("-received_at", "-id"))


def what_was_done(text: InboundMessage) -> str:
    """What the text did by itself, by the name of its meaning; '' where it waited for a person."""
    if text.meaning in _ANSWERS and not getattr(text, "is_answer", False):
        return ""
    return "" if text.patient_id is None and text.meaning == Meaning.START else text.meaning


def _with_what_was_done() -> QuerySet[InboundMessage]:
    answers = PatientAnswer.objects.filter(inbound_id=OuterRef("pk"))
    return InboundMessage.objects.annotate(is_answer=Exists(answers))


def stops_of(*, clinic_id: int, addresses: Collection[str]) -> dict[str, StoppedAddress]:
    """The stops in force at these addresses, by address (one query)."""
    rows = StoppedAddress.objects.for_clinic(clinic_id).filter(
        address__in=sorted(filter(None, addresses)), lifted_at=None
    )
    return {row.address: row for row in rows}
