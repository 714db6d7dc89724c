"""What each message is for, what its words may name, and what they must.

A purpose is finer than a kind: a visit asks or does not ask, moves or is off. The words of a purpose say nothing of
why somebody comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from notifications.domain.kinds import ChannelName, MessageKind

LANGUAGES = ("en", "es", "fr")


class Purpose(StrEnum):
    BOOK_VISIT = "book_visit"
    VISIT = "visit"
    VISIT_CONFIRM = "visit_confirm"
    """The same, and it asks whether the patient comes."""
    DIGEST = "digest"
    """Several things in one message."""
    PREPARATION = "preparation"
    CHECK_IN = "check_in"
    CHECK_IN_CHASE = "check_in_chase"
    MOVED = "moved"
    CANCELLED = "cancelled"
    INVITATION = "invitation"
    """A visit for the reader's own calendar."""
    WITHDRAWN = "withdrawn"
    """To an address that is no longer in use: what it got for its calendar is taken back."""
    REPLY_STOP = "reply_stop"
    REPLY_START = "reply_start"
    REPLY_HELP = "reply_help"
    REPLY_CONFIRMED = "reply_confirmed"
    REPLY_OTHER_TIME = "reply_other_time"
    REPLY_CANNOT_COME = "reply_cannot_come"
    REPLY_UNCLEAR = "reply_unclear"
    STAFF = "staff"
    """To a member of staff, about nobody."""
    EMERGENCY_TAKEN = "emergency_taken"
    """To a clinic's administrators."""
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a name
    FACTOR_ADDED = "factor_added"
    FACTOR_REMOVED = "factor_removed"
    CODES_MADE = "codes_made"
    CODE_USED = "code_used"


class Placeholder(StrEnum):
    """What words may name; there are no others."""

    FIRST_NAME = "first_name"
    WEEKDAY_DATE = "weekday_date"
    TIME = "time"
    CLINIC_NAME = "clinic_name"
    CLINIC_PHONE = "clinic_phone"
    PLACE = "place"
    LINK = "link"
    ITEMS = "items"
    """Of a digest: what it holds, each with its date and time."""

    @property
    def mark(self) -> str:
        """As it stands in the words."""
        return f"{{{self.value}}}"


@dataclass(frozen=True, slots=True)
class Occasion:
    """What words are for, what carries them, and their language: each has one set of words."""

    purpose: Purpose
    channel: ChannelName
    language: str


_P, _F = Purpose, Placeholder
_CLINIC = frozenset({_F.CLINIC_NAME, _F.CLINIC_PHONE})
_WHEN = frozenset({_F.WEEKDAY_DATE, _F.TIME})
ABOUT_A_VISIT = frozenset({_P.VISIT, _P.VISIT_CONFIRM, _P.MOVED, _P.CANCELLED, _P.INVITATION})
REPLIES = frozenset(purpose for purpose in Purpose if purpose.value.startswith("reply_"))
MAY_COME_FIRST = frozenset(
    {_P.BOOK_VISIT, _P.VISIT, _P.VISIT_CONFIRM, _P.DIGEST, _P.PREPARATION, _P.CHECK_IN, _P.CHECK_IN_CHASE}
)
"""What may be the first that somebody hears of us: as a text it says how to end texts."""
ABOUT_AN_ACCOUNT = frozenset(
    {_P.PASSWORD_CHANGED, _P.FACTOR_ADDED, _P.FACTOR_REMOVED, _P.CODES_MADE, _P.CODE_USED}
)
"""What happened to somebody's own account, so that they notice what they did not do."""
TO_STAFF = ABOUT_AN_ACCOUNT | {_P.STAFF, _P.EMERGENCY_TAKEN}
EDITABLE = tuple(purpose for purpose in Purpose if purpose not in TO_STAFF)
"""The purposes for which a clinic may have words of its own."""
ONLY_BY_EMAIL = frozenset({_P.INVITATION, _P.WITHDRAWN}) | TO_STAFF
"""What has to do with a calendar, which no text can hold; what is not to the patient."""

REQUIRED: Mapping[Purpose, frozenset[Placeholder]] = MappingProxyType(
    {
        _P.BOOK_VISIT: _CLINIC | {_F.LINK},
        _P.VISIT: _CLINIC | _WHEN,
        _P.VISIT_CONFIRM: _CLINIC | _WHEN | {_F.LINK},
        _P.DIGEST: _CLINIC | {_F.ITEMS},
        _P.PREPARATION: _CLINIC | {_F.LINK},
        _P.CHECK_IN: _CLINIC | {_F.LINK},
        _P.CHECK_IN_CHASE: _CLINIC | {_F.LINK},
        _P.MOVED: _CLINIC | _WHEN,
        _P.CANCELLED: _CLINIC | _WHEN,
        _P.INVITATION: _CLINIC | _WHEN | {_F.LINK},
        _P.WITHDRAWN: _CLINIC,
        **dict.fromkeys(REPLIES, _CLINIC),
        **dict.fromkeys(TO_STAFF, frozenset({_F.LINK})),
        _P.EMERGENCY_TAKEN: frozenset({_F.LINK, _F.CLINIC_NAME}),
    }
)
"""What the words of a purpose must name."""

_ALWAYS_OFFERED = _CLINIC | {_F.FIRST_NAME}
_OFFERED_TOO: Mapping[Purpose, frozenset[Placeholder]] = MappingProxyType(
    {
        _P.VISIT: frozenset({_F.PLACE, _F.LINK}),
        _P.VISIT_CONFIRM: frozenset({_F.PLACE}),
        _P.DIGEST: frozenset({_F.PLACE, _F.LINK}),
        _P.PREPARATION: _WHEN | {_F.PLACE},
        _P.MOVED: frozenset({_F.PLACE, _F.LINK}),
        _P.INVITATION: frozenset({_F.PLACE}),
        _P.REPLY_CONFIRMED: _WHEN | {_F.PLACE},
    }
)


def channels_of(purpose: Purpose) -> tuple[ChannelName, ...]:
    """What carries the words of a purpose."""
    return (ChannelName.EMAIL,) if purpose in ONLY_BY_EMAIL else tuple(ChannelName)


def offered(purpose: Purpose) -> frozenset[Placeholder]:
    """What the words of a purpose may name. Before an operation the date may be open: name it in brackets."""
    if purpose in TO_STAFF or purpose is Purpose.WITHDRAWN:  # whoever reads it may be nobody we know
        return REQUIRED[purpose]
    return REQUIRED[purpose] | _ALWAYS_OFFERED | _OFFERED_TOO.get(purpose, frozenset())


def purpose_of(*, kind: str, step: str, wants_answer: bool = False, is_digest: bool = False) -> Purpose:
    """What a message's words are for."""
    match MessageKind(kind):
        case _ if is_digest:
            return _P.DIGEST
        case MessageKind.BOOK_VISIT:
            return _P.BOOK_VISIT
        case MessageKind.PREPARATION:
            return _P.PREPARATION
        case MessageKind.CHECK_IN:
            return _P.CHECK_IN_CHASE if step.startswith("chase") else _P.CHECK_IN
        case MessageKind.CHANGE:
            return _P.CANCELLED if step.startswith("cancelled") else _P.MOVED
        case MessageKind.INVITATION:
            return _OF_INVITATION.get(step, _P.INVITATION)
        case MessageKind.REPLY:
            return _REPLY_OF.get(step, _P.REPLY_UNCLEAR)
        case MessageKind.ESCALATION:
            return _OF_STAFF.get(step, _P.STAFF)
    return _P.VISIT_CONFIRM if wants_answer else _P.VISIT


_OF_STAFF: Mapping[str, Purpose] = MappingProxyType({purpose.value: purpose for purpose in TO_STAFF})
_OF_INVITATION: Mapping[str, Purpose] = MappingProxyType(
    {"moved": _P.MOVED, "cancelled": _P.CANCELLED, "withdrawn": _P.WITHDRAWN}
)
_REPLY_OF: Mapping[str, Purpose] = MappingProxyType(
    {
        "stop": _P.REPLY_STOP,
        "start": _P.REPLY_START,
        "help": _P.REPLY_HELP,
        "confirm": _P.REPLY_CONFIRMED,
        "confirmed": _P.REPLY_CONFIRMED,
        "reschedule": _P.REPLY_OTHER_TIME,
        "other_time": _P.REPLY_OTHER_TIME,
        "decline": _P.REPLY_CANNOT_COME,
        "cannot_come": _P.REPLY_CANNOT_COME,
    }
)
