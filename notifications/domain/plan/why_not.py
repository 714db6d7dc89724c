"""Why nothing is sent, in one list. Stored with a message, so a word here stays what it is."""

from __future__ import annotations

from enum import StrEnum

from notifications.domain.states import State


class WhyNot(StrEnum):
    """Why nothing is to be sent, or why what was planned no longer is."""

    ENDED = "ended"
    NOT_FILLED = "not_filled"
    NO_CERTAIN_DATE = "no_certain_date"
    BOOKED = "booked"
    NO_CONSENT = "no_consent"
    NO_ADDRESS = "no_address"
    TOO_LATE = "too_late"
    TOLD_ALREADY = "told_already"
    MOVED = "moved"
    STOPPED = "stopped"
    """The number or address said stop."""
    CAP = "cap"
    """As many texts as a day or a week may hold are planned or sent already."""
    DIGEST = "digest"
    """Another message says it too."""
    CANCELLED = "cancelled"
    OVER = "over"
    """The visit or the check-in is done, or its time has passed."""
    PAST_AT_BOOKING = "past_at_booking"
    """Its time had passed when the visit was booked."""
    RULE_OFF = "rule_off"
    ANSWERED = "answered"
    """The patient has said that they cannot come, or has answered the check-in."""
    CHANNEL_OFF = "channel_off"
    OTHER_CHANNEL = "other_channel"
    """It goes, or went, by another channel."""


HELD_BACK = frozenset(
    {
        WhyNot.NO_CONSENT,
        WhyNot.NO_ADDRESS,
        WhyNot.STOPPED,
        WhyNot.CAP,
        WhyNot.DIGEST,
        WhyNot.PAST_AT_BOOKING,
        WhyNot.ANSWERED,
        WhyNot.CHANNEL_OFF,
        WhyNot.OTHER_CHANNEL,
    }
)
"""What it says is true, and it is not said (again, or in this way): ``suppressed``; the rest is ``cancelled``."""

KEPT = HELD_BACK - {WhyNot.NO_ADDRESS, WhyNot.OTHER_CHANNEL}
"""Held back from somebody whom it could reach: stored, so that the history says why nothing came."""


def state_of(why: WhyNot) -> State:
    """The state of a waiting message that is not to be sent."""
    if why is WhyNot.TOO_LATE:
        return State.MISSED
    return State.SUPPRESSED if why in HELD_BACK else State.CANCELLED
