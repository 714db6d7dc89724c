"""What a clinic tells of its own accord: which step of which kind, so many days away, at what hour, through what.

Days: a trial with 54,066 patients, fewer missed visits with a reminder at three days and one at one day than with
either alone; the fortnight leaves time to confirm and to arrange transport. See docs/reference/reminders.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from types import MappingProxyType

from notifications.domain.kinds import VISIT_KINDS, ChannelName, MessageKind
from notifications.domain.quiet_hours import USUAL, QuietHours

SENDING_TIME = time(9)
STEP_BOOK_VISIT = "book_visit"
STEP_CHECK_IN = "check_in"
STEP_MOVED = "moved"
STEP_CANCELLED = "cancelled"
STEP_INVITED = "invitation"
STEP_LENGTH = "length"
"""To a calendar that holds the visit: it begins as before and ends at another time, which no words say."""
STEP_WITHDRAWN = "withdrawn"
"""To an address that is no longer the reader's: the visit is taken out of that calendar."""
BOOKING_NOTICE = timedelta(days=14)
"""How long before the day the clinic aims for a patient is asked to book, to begin with."""
NOT_AGAIN_WITHIN = timedelta(days=14)
"""Somebody who was asked to book is not asked again so soon because the date moved."""
CHANGE_WAITS = timedelta(minutes=10)
"""A moved or cancelled visit is told of so long after: what is undone by then was never said."""
UNPLACED_WAITS = timedelta(hours=1)
"""The same for a visit that has lost its time and is about to be given another."""

EMAIL_FIRST = (ChannelName.EMAIL, ChannelName.SMS)
TEXT_FIRST = (ChannelName.SMS, ChannelName.EMAIL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One step of one kind. ``days`` from what it is about, negative before it; ``at`` on the reader's clock."""

    kind: MessageKind
    step: str
    days: int
    at: time = SENDING_TIME
    channels: tuple[ChannelName, ...] = TEXT_FIRST
    wants_answer: bool = False
    is_critical: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Hours and caps. The caps are on texts to one reader about one patient, over local days."""

    quiet: QuietHours = USUAL
    most_texts_a_day: int = 1
    most_texts_a_week: int = 3
    is_text_on: bool = True
    is_invitation_on: bool = False


def _visit_rules(kind: MessageKind) -> tuple[Rule, ...]:
    is_refill = kind is MessageKind.REFILL
    return (
        Rule(kind=kind, step="d14", days=-14, channels=EMAIL_FIRST, wants_answer=True),
        Rule(kind=kind, step="d3", days=-3, wants_answer=True, is_critical=is_refill),
        Rule(kind=kind, step="d1", days=-1, is_critical=is_refill),
    )


DEFAULT_RULES: tuple[Rule, ...] = (
    Rule(
        kind=MessageKind.BOOK_VISIT,
        step=STEP_BOOK_VISIT,
        days=-BOOKING_NOTICE.days,
        channels=EMAIL_FIRST,
        wants_answer=True,
    ),
    *(rule for kind in VISIT_KINDS for rule in _visit_rules(kind)),
    Rule(kind=MessageKind.PREPARATION, step="d3", days=-3),
    Rule(kind=MessageKind.PREPARATION, step="d1", days=-1),
    Rule(kind=MessageKind.CHECK_IN, step=STEP_CHECK_IN, days=0, channels=EMAIL_FIRST, wants_answer=True),
    Rule(kind=MessageKind.CHECK_IN, step="chase1", days=1, channels=EMAIL_FIRST, wants_answer=True),
)
"""What every clinic begins with. E-mail first where several may come in a week: texts have a cap."""

PRIORITY: Mapping[MessageKind, int] = MappingProxyType(
    {
        kind: place
        for place, kind in enumerate(
            (
                MessageKind.CHANGE,
                MessageKind.REFILL,
                MessageKind.PREPARATION,
                MessageKind.WOUND_CHECK,
                MessageKind.CHECK_IN,
                MessageKind.BOOK_VISIT,
                MessageKind.CHECK_UP,
                MessageKind.OTHER_VISIT,
                MessageKind.INVITATION,
                MessageKind.REPLY,
                MessageKind.ESCALATION,
            )
        )
    }
)
"""Whose text goes first when a cap allows one of them, and which of a day's messages carries the others."""

UNCAPPED = frozenset({MessageKind.CHANGE})
"""Goes whatever went before it: somebody who is not told stands before a closed door. It counts all the same."""
ASKED_FOR = frozenset({MessageKind.REPLY, MessageKind.ESCALATION})
"""Counts against nobody's cap: an answer to a text, and what is not to the patient."""
TRUE_UNTIL_THE_END = frozenset({MessageKind.BOOK_VISIT, MessageKind.CHANGE, MessageKind.INVITATION})
"""Worth saying however late, as long as it is true; the others are skipped once their time had passed."""
STANDS_ALONE = frozenset({MessageKind.CHANGE, MessageKind.INVITATION})
"""Carries nothing else and is carried by nothing: a change is read at once, an invitation is one entry of a calendar."""
TO_HELPERS = frozenset(
    {
        MessageKind.BOOK_VISIT,
        *VISIT_KINDS,
        MessageKind.PREPARATION,
        MessageKind.CHANGE,
        MessageKind.INVITATION,
    }
)
"""What a helper hears too. How somebody feels after an operation is asked of the patient alone."""
