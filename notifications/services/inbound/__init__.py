"""Texts that come in: kept first, then acted on, each clinic in a transaction of its own.

What a text may do by itself is little: stop and start texts, answer for the one visit that the last reminder asked
about. Everything else, and everything from a number that is several people's, goes to a person.
"""

from notifications.services.inbound.left import take_up_left
from notifications.services.inbound.nobodys import give_to_clinic, put_away
from notifications.services.inbound.stopping import stop_letters
from notifications.services.inbound.take import CameIn, take_text
from notifications.services.inbound.unread import mark_handled

__all__ = [
    "CameIn",
    "give_to_clinic",
    "mark_handled",
    "put_away",
    "stop_letters",
    "take_text",
    "take_up_left",
]
