"""The next free times like one that could not be had."""

from __future__ import annotations

from dataclasses import replace

from clinic.domain.checks import RecordError
from scheduling.domain.slot_refusals import SlotTaken
from scheduling.selectors import visits
from scheduling.selectors.calendar import Choices, calendar_choices
from web.access import ClinicRequest
from web.nurse.booking.ask import zone_of
from web.nurse.booking.slots import OfferedTime, offer


def next_free_times(
    request: ClinicRequest, refusal: RecordError, choices: Choices | None = None
) -> list[OfferedTime]:
    """A handful of free times near the one that was asked for; with another nurse where that one has none.

    None for a refusal that is not about the time.
    """
    if not isinstance(refusal, SlotTaken):
        return []
    choices = choices or calendar_choices(clinic_id=request.clinic.id)
    sought = refusal.sought
    anybody = replace(sought.needs, nurse_id=None, room_id=None, preferred_nurse_id=sought.needs.nurse_id)
    for needs in (sought.needs, anybody):
        slots = visits.next_free_times(
            clinic=request.clinic, sought=replace(sought, needs=needs), now=request.now
        )
        if slots:
            return offer(slots, choices=choices, zone=zone_of(request))
    return []
