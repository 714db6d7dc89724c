"""What passes between the outbox and whoever carries a message: values, and what a carrier can be asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from notifications.domain.kinds import ChannelName
from notifications.domain.states import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """The calendar that goes with an e-mail: what it asks of the reader's own (RFC 5546), and of which entry.

    ``ends_at``: when the visit ends by it. ``text`` is the whole of it. Patient data.
    """

    method: str
    uid: UUID
    sequence: int
    ends_at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message as it goes out. ``key`` is the same at every attempt: the idempotency key. Patient data."""

    key: str
    channel: ChannelName
    address: str
    text: str
    subject: str = ""
    html: str = ""
    sender_name: str = ""
    invite: Invite | None = None


STOPPED = "stopped"
"""What the error of such a receipt begins with."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """How one attempt ended. ``error`` is a class and a code, never a text or an address."""

    outcome: Outcome
    provider_message_id: str | None = None
    error: str = ""
    retry_after: timedelta | None = None

    @property
    def says_stop(self) -> bool:
        """Refused because whoever has the number said stop to the provider."""
        return self.error.startswith(STOPPED)


class Found(StrEnum):
    """What a carrier says of a message that may have been sent."""

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED = "failed"
    ABSENT = "absent"
    """It certainly has no such message, after it had time to take one in."""
    UNSURE = "unsure"
    """It cannot say now; ask again."""


@dataclass(frozen=True, slots=True)
class LookUp:
    found: Found
    provider_message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Capability:
    """What a carrier promises, and so what an ``unknown`` message may become.

    ``idempotent_for``: the same key sends nothing twice within this time of the first attempt. ``settle``: it can be
    asked, and after this time its answer *absent* is certain (its longest stall and our own time-out). Neither:
    nobody can tell.
    """

    idempotent_for: timedelta | None = None
    settle: timedelta | None = None


class Carrier(Protocol):
    """Takes messages of one channel to a provider. Never raises for what a provider does; never called in a
    transaction.
    """

    name: str
    """As messages and reports name the provider; at most 30 characters."""
    capability: Capability
    longest: timedelta
    """No ``send`` or ``look_up`` takes longer."""

    def send(self, outgoing: Outgoing) -> Receipt:
        """Hand it over. Whatever does not prove that it was not taken is ``Outcome.UNKNOWN``."""

    def look_up(self, *, key: str, address: str, since: datetime) -> LookUp:
        """Ask for the message with this key, first attempted at ``since``."""
