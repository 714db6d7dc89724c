"""What a person asks for when a visit is booked or moved, as plain values: input of the booking services.

Days and times are wall time in the clinic's zone. A reference of another clinic is as unknown as one that never was.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date, time
from uuid import UUID

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop

LONGEST_NOTE = 500
LONGEST_REASON = 300
SHORTEST_MINUTES, LONGEST_MINUTES = 5, 480


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitEntry:
    """A visit to book. What is None is found: any free nurse and room, the patient's one pump, the kind's duration.

    ``is_later`` asks for the second of two equal wall times on the day the clocks go back. ``override_reason`` takes
    a seat beyond the resource's own, or a time outside its hours; never a second visit of the patient.
    """

    patient_ref: UUID
    kind_ref: UUID
    local_on: date
    local_at: time
    is_later: bool = False
    nurse_ref: UUID | None = None
    room_ref: UUID | None = None
    implant_ref: UUID | None = None
    duration_minutes: int | None = None
    follow_up_refs: tuple[UUID, ...] = ()
    note: str = ""
    override_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveEntry:
    """Where a visit goes. None keeps the nurse and the duration; without a room the old one, else any free one."""

    local_on: date
    local_at: time
    is_later: bool = False
    nurse_ref: UUID | None = None
    room_ref: UUID | None = None
    duration_minutes: int | None = None
    reason: str = ""
    override_reason: str = ""


def check_entry(entry: VisitEntry | MoveEntry) -> None:
    """Refuse, at its field, what no calendar can take."""
    minutes = entry.duration_minutes
    if minutes is not None and not SHORTEST_MINUTES <= minutes <= LONGEST_MINUTES:
        raise RecordError(
            "duration_minutes",
            gettext_noop("a visit takes from %(least)s to %(most)s minutes"),
            least=SHORTEST_MINUTES,
            most=LONGEST_MINUTES,
        )
    if entry.local_at.second or entry.local_at.microsecond:
        raise RecordError("local_at", gettext_noop("visits begin on a whole minute"))
    check_length("override_reason", entry.override_reason, LONGEST_REASON)
    if isinstance(entry, VisitEntry):
        check_length("note", entry.note, LONGEST_NOTE)
    else:
        check_length("reason", entry.reason, LONGEST_REASON)


def check_length(field: str, text: str, most: int) -> None:
    """Refuse a text longer than its column."""
    if len(text) > most:
        raise RecordError(field, gettext_noop("has more than %(most)s characters"), most=most)


def digest_of(*parts: object) -> str:
    """A fingerprint of a request: equal requests have equal ones. It tells nothing of what was asked."""
    plain = [asdict(part) if isinstance(part, VisitEntry) else part for part in parts]
    return hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest()
