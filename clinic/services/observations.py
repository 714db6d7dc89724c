"""Readings and events between refills."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from clinic.audit import recording
from clinic.changes import announce
from clinic.domain.checks import RecordError, check_event, check_reading
from clinic.domain.entries import EventEntry, ReadingEntry
from clinic.domain.register.reasons import gettext_noop
from clinic.models import Clinic, PumpEvent, Reading
from clinic.services.implants import lock_implant

Fact = TypeVar("Fact", Reading, PumpEvent)


def record_reading(
    *, clinic: Clinic, implant_ref: UUID, entry: ReadingEntry, actor_id: int, now: datetime
) -> Reading:
    """Record what the programmer showed; the projection follows in the same transaction."""
    with recording(actor_id=actor_id, reason="reading recorded"):
        implant = lock_implant(clinic=clinic, implant_ref=implant_ref)
        check_reading(entry, implanted_on=implant.implanted_on, zone=ZoneInfo(clinic.time_zone), now=now)
        reading = Reading.objects.create(
            clinic=clinic,
            implant=implant,
            read_on=entry.read_on,
            read_at=entry.read_at,
            reservoir_ml=entry.reservoir_ml,
            printed_refill_on=entry.printed_refill_on,
            note=entry.note,
            recorded_at=now,
            recorded_by_id=actor_id,
        )
        announce(clinic_id=clinic.id, implant_ids=[implant.id], now=now)
        return reading


def void_reading(*, clinic: Clinic, reading_id: int, reason: str, actor_id: int, now: datetime) -> Reading:
    """Withdraw a reading entered by mistake."""
    with recording(actor_id=actor_id, reason=reason or "?"):
        old = _lock_current(Reading, clinic, reading_id, reason)
        withdrawal = Reading.objects.create(
            clinic=clinic,
            implant=old.implant,
            read_on=old.read_on,
            read_at=old.read_at,
            reservoir_ml=old.reservoir_ml,
            printed_refill_on=old.printed_refill_on,
            recorded_at=now,
            recorded_by_id=actor_id,
            supersedes=old,
            is_void=True,
            correction_reason=reason,
        )
        announce(clinic_id=clinic.id, implant_ids=[old.implant_id], now=now)
        return withdrawal


def record_event(
    *, clinic: Clinic, implant_ref: UUID, entry: EventEntry, actor_id: int, now: datetime
) -> PumpEvent:
    """Record something that happened; an MRI or a stall changes the projection in the same transaction."""
    with recording(actor_id=actor_id, reason="event recorded"):
        implant = lock_implant(clinic=clinic, implant_ref=implant_ref)
        check_event(entry, implanted_on=implant.implanted_on, zone=ZoneInfo(clinic.time_zone), now=now)
        event = PumpEvent.objects.create(
            clinic=clinic,
            implant=implant,
            kind=entry.kind,
            occurred_on=entry.occurred_on,
            occurred_at=entry.occurred_at,
            scale=entry.scale,
            score=entry.score,
            note=entry.note,
            recorded_at=now,
            recorded_by_id=actor_id,
        )
        announce(clinic_id=clinic.id, implant_ids=[implant.id], now=now)
        return event


def void_event(*, clinic: Clinic, event_id: int, reason: str, actor_id: int, now: datetime) -> PumpEvent:
    """Withdraw an event entered by mistake."""
    with recording(actor_id=actor_id, reason=reason or "?"):
        old = _lock_current(PumpEvent, clinic, event_id, reason)
        withdrawal = PumpEvent.objects.create(
            clinic=clinic,
            implant=old.implant,
            kind=old.kind,
            occurred_on=old.occurred_on,
            occurred_at=old.occurred_at,
            scale=old.scale,
            score=old.score,
            recorded_at=now,
            recorded_by_id=actor_id,
            supersedes=old,
            is_void=True,
            correction_reason=reason,
        )
        announce(clinic_id=clinic.id, implant_ids=[old.implant_id], now=now)
        return withdrawal


def _lock_current(model: type[Fact], clinic: Clinic, pk: int, reason: str) -> Fact:
    if not reason.strip():
        raise RecordError("correction_reason", gettext_noop("a correction needs a reason"))
    found = model.objects.for_clinic(clinic.id).select_related("implant").get(pk=pk)
    lock_implant(clinic=clinic, implant_ref=found.implant.ref)
    if not model.objects.for_clinic(clinic.id).current().filter(pk=pk).exists():
        raise RecordError("correction_reason", gettext_noop("this entry was withdrawn in the meantime"))
    return found
