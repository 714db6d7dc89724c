"""Entries of calendars: that of one visit, and whose are behind.

Behind is what lacks its entry since an upgrade or a failure, or says a name of before.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef

from clinic.selectors.operation import clinic_numbers
from scheduling.domain.calendars import writer
from scheduling.domain.calendars.entries import STANDING, SameWords
from scheduling.domain.calendars.writer import Standing
from scheduling.models import CalendarEntry, Forecast, Visit

STALE = ""
"""The fingerprint of an entry that is to be made anew."""
_SHOWN = [status for status, standing in STANDING.items() if standing is not Standing.CANCELLED]
"""What was cancelled before any calendar had it is in none."""


@dataclass(frozen=True, slots=True)
class EntryNumber:
    """Which entry, and how often it has changed."""

    uid: UUID
    sequence: int


def event_of_visit(*, clinic_id: int, visit_id: int, said: SameWords) -> bytes | None:
    """A calendar of the one visit, as a feed has it; None where it has no entry."""
    row = CalendarEntry.objects.for_clinic(clinic_id).filter(visit_id=visit_id, is_current=True).first()
    if row is None:
        return None
    words = writer.words(said.of(is_visit=True, is_cancelled=row.standing == Standing.CANCELLED))
    event = bytes(row.core) + words + writer.END_OF_EVENT
    return b"".join(writer.calendar(writer.head(), [event]))


def number_of_visit(*, clinic_id: int, visit_id: int) -> EntryNumber | None:
    """What names and counts the visit's entry; None where it has none (one query)."""
    rows = CalendarEntry.objects.for_clinic(clinic_id).filter(visit_id=visit_id, is_current=True)
    found = rows.values_list("uid", "sequence").first()
    return EntryNumber(*found) if found is not None else None


def clinics_behind() -> dict[int, list[int]]:
    """The patients, by clinic, with a visit or a last day that lacks its entry, or with an entry that is stale."""
    found = {clinic_id: patients_behind(clinic_id=clinic_id) for clinic_id, _ in clinic_numbers()}
    return {clinic_id: ids for clinic_id, ids in found.items() if ids}


def patients_behind(*, clinic_id: int) -> list[int]:
    """The same of one clinic, by id; three queries over indexes."""
    current = CalendarEntry.objects.for_clinic(clinic_id).filter(is_current=True)
    stale = current.filter(fingerprint=STALE)
    visits = Visit.objects.for_clinic(clinic_id).filter(status__in=_SHOWN)
    dates = Forecast.objects.for_clinic(clinic_id).filter(must_refill_by__isnull=False)
    return sorted(
        set(stale.values_list("patient_id", flat=True))
        | set(
            visits.filter(~Exists(current.filter(visit_id=OuterRef("pk")))).values_list(
                "patient_id", flat=True
            )
        )
        | set(
            dates.filter(~Exists(current.filter(implant_id=OuterRef("implant_id")))).values_list(
                "implant__patient_id", flat=True
            )
        )
    )
