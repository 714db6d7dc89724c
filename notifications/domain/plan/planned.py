"""What the planner answers with: each message, to whom, when, through what, or why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from notifications.domain.kinds import ChannelName, MessageKind
from notifications.domain.plan.facts import Address, Known
from notifications.domain.plan.why_not import WhyNot
from notifications.domain.plan.wishes import Wish


@dataclass(frozen=True, slots=True)
class Key:
    """What makes a message that message: planned twice it is one, moved it is another."""

    recipient_id: int
    kind: str
    occurrence: str
    step: str
    channel: str
    version: str


Same = tuple[int | None, str, str, str, str, int]
"""The same thing to the same reader, through whichever channel and address; of a calendar's entry, at which address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A message to send from ``due_at`` on and not after ``not_after``; or held back, with why.

    ``carried_by`` is the message of the same day and channel that says this one too. Without an address there is
    nothing to send to and no key. ``is_told``: it went out already, or is being seen to in another way.
    """

    wish: Wish
    proxy_id: int | None
    address: Address | None
    due_at: datetime
    not_after: datetime
    why_not: WhyNot | None = None
    carried_by: Key | None = None
    is_told: bool = False

    @property
    def sends(self) -> bool:
        return self.why_not is None and not self.is_told

    @property
    def channel(self) -> ChannelName | None:
        return self.address.channel if self.address else None

    @property
    def same(self) -> Same:
        wish = self.wish
        contact_id = self.address.contact_id if self.address else 0
        where = contact_id if wish.kind is MessageKind.INVITATION else 0
        return (self.proxy_id, wish.kind.value, wish.occurrence, wish.step, wish.version, where)

    @property
    def key(self) -> Key | None:
        if self.address is None:
            return None
        _, kind, occurrence, step, version, _ = self.same
        return Key(self.address.contact_id, kind, occurrence, step, self.address.channel.value, version)


def same_of(known: Known) -> Same:
    """The stored message's name apart from how it goes."""
    where = known.recipient_id if known.kind is MessageKind.INVITATION else 0
    return (known.proxy_id, known.kind.value, known.occurrence, known.step, known.version, where)


def key_of(known: Known) -> Key:
    """The stored message's unique key."""
    return Key(
        known.recipient_id,
        known.kind.value,
        known.occurrence,
        known.step,
        known.channel.value,
        known.version,
    )
