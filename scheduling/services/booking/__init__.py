"""Booking visits: the one door. See docs/reference/visits.md and docs/adr/0012-seats-and-locks.md."""

from scheduling.services.booking.book import book_visit, hold_slot, release_hold
from scheduling.services.booking.holds import release_expired_holds
from scheduling.services.booking.move import displace_visit, move_visit
from scheduling.services.booking.record import follow_deaths, follow_record
from scheduling.services.booking.steps import (
    cancel_visit,
    check_in,
    enter_in_error,
    fulfil_visit,
    mark_arrived,
    mark_no_show,
)
from scheduling.services.booking.undo import undo_last_status

__all__ = [
    "book_visit",
    "cancel_visit",
    "check_in",
    "displace_visit",
    "enter_in_error",
    "follow_deaths",
    "follow_record",
    "fulfil_visit",
    "hold_slot",
    "mark_arrived",
    "mark_no_show",
    "move_visit",
    "release_expired_holds",
    "release_hold",
    "undo_last_status",
]
