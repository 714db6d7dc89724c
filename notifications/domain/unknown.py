"""What becomes of a message of which nobody knows whether it left: by what its carrier promises.

Idempotent: the same key again, as long as the provider certainly remembers it. To be asked: look it up, once the
provider has had time to take in whatever it was given. Neither: nobody can tell, and a person must.
Sources: ``reliability`` measurements in docs/RELIABILITY.md; a look-up before the provider has settled doubled
28 of 10,000 messages, after it none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from notifications.domain.states import wait_after
from notifications.domain.transport import Capability

SAFE_SHARE_OF_WINDOW = 0.9
"""Providers forget keys; the last tenth of the time they promise is left alone."""
MOST_LOOKS = 8
"""So often a carrier may say that it is not sure before a person is asked: about three hours."""


class Means(StrEnum):
    """How an unknown message is cleared up."""

    SEND_AGAIN = "send_again"
    LOOK_UP = "look_up"


@dataclass(frozen=True, slots=True)
class WayOut:
    """When the next try to clear it up may be made, and how."""

    at: datetime
    means: Means


def way_out(
    capability: Capability,
    *,
    first_sent_at: datetime,
    last_sent_at: datetime,
    looks_made: int,
    now: datetime,
    chance: float,
    is_wanted: bool = True,
) -> WayOut | None:
    """The next step for an unknown message; None: nobody can tell.

    ``is_wanted`` False: what it says was taken back meanwhile, so it is never sent again, not even under its key.
    """
    if looks_made >= MOST_LOOKS:
        return None
    wait = wait_after(looks_made, chance=chance) if looks_made else timedelta(0)
    if is_wanted and capability.idempotent_for is not None:
        at = now + max(wait, timedelta(seconds=1))
        if at < first_sent_at + capability.idempotent_for * SAFE_SHARE_OF_WINDOW:
            return WayOut(at, Means.SEND_AGAIN)
    if capability.settle is not None:
        return WayOut(max(last_sent_at + capability.settle, now + wait), Means.LOOK_UP)
    return None
