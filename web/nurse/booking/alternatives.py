"""The next free times like one that could not be had."""

from __future__ import annotations

from dataclasses import replace

from scheduling.domain.slot_refusals import SlotTaken
from scheduling.selectors import visits
from scheduling.selectors.calendar import Choices
from web.access import ClinicRequest
from web.nurse.booking.ask import zone_of
from web.nurse.booking.slots import OfferedTime, offer


def next_free_times(request: ClinicRequest, refusal: SlotTaken, choices: Choices) -> list[OfferedTime]:
    """A handful of free times near the one that was asked for; with another nurse where that one has none."""
    sought = refusal.sought
    anybody = replace(sought.needs, nurse_id=None, room_id=None, preferred_nurse_id=sought.needs.nurse_id)
    for needs in (sought.needs, anybody):
        slots = visits.next_free_times(
            clinic=request.clinic, sought=replace(sought, needs=needs), now=request.now
        )
        if slots:
            return offer(slots, choices=choices, zone=zone_of(request))
    return []
