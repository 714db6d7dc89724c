"""Readings and events between refills."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from clinic.audit import recording
from clinic.changes import announce
from clinic.domain.checks import check_event, check_reading
from clinic.domain.entries import EventEntry, ReadingEntry
from clinic.domain.register.reasons import gettext_noop
from clinic.models import Clinic, PumpEvent, Reading
from clinic.services.corrections import lock_current
from clinic.services.implants import lock_implant

GONE = gettext_noop("this entry was withdrawn in the meantime")


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
        old = lock_current(Reading, clinic=clinic, reason=reason, gone=GONE, pk=reading_id)
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
        old = lock_current(PumpEvent, clinic=clinic, reason=reason, gone=GONE, pk=event_id)
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
