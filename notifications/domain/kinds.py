"""The kinds of message and the channels, named once."""

from __future__ import annotations

from enum import StrEnum


class MessageKind(StrEnum):
    """What a message is about, as far as rules and words tell them apart. None of it is said to the patient."""

    BOOK_VISIT = "book_visit"
    """Nothing is booked yet and it is time to."""
    REFILL = "refill"
    CHECK_UP = "check_up"
    WOUND_CHECK = "wound_check"
    OTHER_VISIT = "other_visit"
    PREPARATION = "preparation"
    """Steps before an operation."""
    CHECK_IN = "check_in"
    """Questions that the patient answers from home (infection and leak watch)."""
    CHANGE = "change"
    """A visit of which the patient was told has moved or is off."""
    INVITATION = "invitation"
    """By e-mail alone: a booked visit for the reader's own calendar, and what becomes of it there."""
    REPLY = "reply"
    """The answer to a text that the patient sent."""
    ESCALATION = "escalation"
    """To a member of staff: somebody must act, or ought to know. Says nothing about whom."""


VISIT_KINDS = (MessageKind.REFILL, MessageKind.CHECK_UP, MessageKind.WOUND_CHECK, MessageKind.OTHER_VISIT)
RULED_KINDS = (MessageKind.BOOK_VISIT, *VISIT_KINDS, MessageKind.PREPARATION, MessageKind.CHECK_IN)
"""The kinds for which a clinic has rules; the others are sent when something happens."""


class ChannelName(StrEnum):
    EMAIL = "email"
    SMS = "sms"
