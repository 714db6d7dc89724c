"""Matters that end only in a person's acknowledgement with an outcome: opened, passed on, tried, acknowledged.

See docs/adr/0023-a-matter-ends-in-a-person.md.
"""

from notifications.services.escalations.acting import (
    ABOUT_NOBODY,
    acknowledge,
    acknowledge_messages,
    call_of,
    confirm_gone,
    try_without_answer,
)
from notifications.services.escalations.late import follow_refills, open_running_late
from notifications.services.escalations.opening import make_graver, open_escalation
from notifications.services.escalations.passing import pass_on_due
from notifications.services.escalations.red_flags import open_red_flag
from notifications.services.escalations.roster import save_roster
from notifications.services.escalations.unanswered import open_unanswered_of

__all__ = [
    "ABOUT_NOBODY",
    "acknowledge",
    "acknowledge_messages",
    "call_of",
    "confirm_gone",
    "follow_refills",
    "make_graver",
    "open_escalation",
    "open_red_flag",
    "open_running_late",
    "open_unanswered_of",
    "pass_on_due",
    "save_roster",
    "try_without_answer",
]
