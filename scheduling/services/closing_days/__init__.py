"""Closing days: one proposal, one confirmation, one undo. See docs/adr/0011-new-times-for-closed-days.md."""

from scheduling.services.closing_days.confirm import Confirmation, confirm_closing
from scheduling.services.closing_days.propose import propose_closing, withdraw_proposal
from scheduling.services.closing_days.undo import LeftWhereItIs, Undone, undo_closing

__all__ = [
    "Confirmation",
    "LeftWhereItIs",
    "Undone",
    "confirm_closing",
    "propose_closing",
    "undo_closing",
    "withdraw_proposal",
]
