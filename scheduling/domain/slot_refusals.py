"""Why a time cannot be had, in words; and what was sought, so that the next free times can be found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from scheduling.domain.slots import Needs


class SlotReason(StrEnum):
    """What stands in the way, the first that does."""

    PAST = "in_the_past"
    CLOSED = "clinic_closed"
    PATIENT_BUSY = "patient_has_another_visit"
    NURSE_BUSY = "nurse_busy"
    NURSE_AWAY = "nurse_away"
    NO_NURSE = "no_nurse_free"
    ROOM_BUSY = "room_busy"
    ROOM_AWAY = "room_away"
    NO_ROOM = "no_room_free"
    KIND_FULL = "kind_full"
    OUTSIDE_HOURS = "outside_hours"


WORDS: dict[SlotReason, str] = {
    SlotReason.PAST: gettext_noop("this time has passed"),
    SlotReason.CLOSED: gettext_noop("the clinic is closed on this day"),
    SlotReason.PATIENT_BUSY: gettext_noop("the patient has another visit at this time"),
    SlotReason.NURSE_BUSY: gettext_noop("%(name)s has another visit at this time"),
    SlotReason.NURSE_AWAY: gettext_noop("%(name)s is not at work at this time"),
    SlotReason.NO_NURSE: gettext_noop("no nurse is free at this time"),
    SlotReason.ROOM_BUSY: gettext_noop("%(name)s is taken at this time"),
    SlotReason.ROOM_AWAY: gettext_noop("%(name)s is closed at this time"),
    SlotReason.NO_ROOM: gettext_noop("no room is free at this time"),
    SlotReason.KIND_FULL: gettext_noop(
        "as many visits of this kind as can run at once are booked at this time"
    ),
    SlotReason.OUTSIDE_HOURS: gettext_noop("nobody is at work at this time"),
}
NEVER_OVERRIDDEN = frozenset({SlotReason.PATIENT_BUSY})
"""A person is in one place at a time; everything else a named person may overrule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What was asked for, so that times like it can be searched."""

    needs: Needs
    starts_at: datetime
    local_on: date
    patient_id: int
    ignoring_visit: int | None = None
    follow_up_ids: tuple[int, ...] = ()


class SlotTaken(RecordError):
    """The time cannot be had. Nothing was written; ``sought`` finds the next times that can."""

    def __init__(self, why: SlotReason, sought: Sought, *, name: str = "") -> None:
        values = {"name": name} if name else {}
        super().__init__("local_at", WORDS[why], **values)
        self.why, self.sought = why, sought


class BusyTryAgain(RecordError):
    """Too many people wanted the same at once. Nothing was written; the same request may be sent again."""

    def __init__(self) -> None:
        super().__init__(
            "local_at", gettext_noop("somebody else is booking at this very moment: please try again")
        )
