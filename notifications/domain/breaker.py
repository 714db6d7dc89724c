"""A fuse for each channel: a carrier that fails again and again is left alone for a while.

Otherwise each of its messages would be tried, and each try can take as long as the carrier stalls.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications.domain.states import Outcome

TRIPS_AFTER = 5
SHORTEST_REST = timedelta(seconds=30)
LONGEST_REST = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Breaker:
    """How often in a row a carrier was of no use, and until when it is left alone."""

    failures: int = 0
    rests_until: datetime | None = None

    def most(self, *, now: datetime, size: int) -> int:
        """How many messages may be taken now: all, none while it rests, then one to see."""
        if self.failures < TRIPS_AFTER:
            return min(size, TRIPS_AFTER - self.failures) if self.failures else size
        if self.rests_until is not None and now < self.rests_until:
            return 0
        return 1

    def after(self, outcome: Outcome, *, now: datetime) -> Breaker:
        """What it is after one more attempt. A refusal is an answer: the carrier works."""
        if outcome in (Outcome.ACCEPTED, Outcome.REFUSED):
            return Breaker()
        failures = self.failures + 1
        if failures < TRIPS_AFTER:
            return Breaker(failures)
        rest = min(SHORTEST_REST * 2 ** min(failures - TRIPS_AFTER, 10), LONGEST_REST)
        return Breaker(failures, now + rest)
