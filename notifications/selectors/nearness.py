"""How grave matters about visits and messages are now; a constant number of queries however many."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from clinic.selectors.recipients import clinic_time_zone
from notifications.domain.escalation.causes import Cause
from notifications.domain.escalation.nearness import ABOUT_A_MESSAGE, LEAST, NEARNESS_COUNTS, rung_near
from notifications.domain.kinds import MessageKind
from notifications.models import Message
from scheduling.domain.care.rungs import Rung
from scheduling.selectors.late_refills import RefillStanding, refill_standings
from scheduling.selectors.rows import Status, Visit


class About(Protocol):
    """What a matter, or one to be opened, is about."""

    @property
    def cause(self) -> str: ...
    @property
    def visit_id(self) -> int | None: ...
    @property
    def message_id(self) -> int | None: ...


def rungs_near(clinic_id: int, wanted: Sequence[About], *, now: datetime) -> list[Rung]:
    """The rung of each by the days left, in that order; the least where nothing is ahead, or its cause has no days.

    What a visit that is over, off or moved was about is near nothing any more.
    """
    near = [each for each in wanted if each.cause in NEARNESS_COUNTS]
    if not near:
        return [LEAST] * len(wanted)
    zone = ZoneInfo(clinic_time_zone(clinic_id=clinic_id))
    messages = Message.objects.for_clinic(clinic_id).in_bulk(
        [each.message_id for each in near if each.message_id]
    )
    visits = (
        Visit.objects.for_clinic(clinic_id)
        .filter(status=Status.BOOKED, starts_at__gt=now)
        .in_bulk([each.visit_id for each in near if each.visit_id])
    )
    read = _Read(now.astimezone(zone).date(), zone, messages, visits)
    pumps = {pump for each in near if (pump := read.pump(each)) is not None}
    read.standings = refill_standings(clinic_id=clinic_id, now=now, implant_ids=pumps) if pumps else {}
    return [read.rung(each) if each.cause in NEARNESS_COUNTS else LEAST for each in wanted]


class _Read:
    """What was read for one call."""

    def __init__(
        self, today: date, zone: ZoneInfo, messages: dict[int, Message], visits: dict[int, Visit]
    ) -> None:
        self.today, self.zone, self.messages, self.visits = today, zone, messages, visits
        self.standings: dict[int, RefillStanding] = {}

    def pump(self, about: About) -> int | None:
        """The pump whose refill it is about."""
        visit, message = self._of(about)
        if visit is not None:
            return visit.implant_id if visit.is_refill else None
        is_to_book = message is not None and message.kind == MessageKind.BOOK_VISIT
        return message.implant_id if message is not None and is_to_book else None

    def rung(self, about: About) -> Rung:
        visit, message = self._of(about)
        standing = self.standings.get(self.pump(about) or 0)
        is_critical = visit is not None and visit.is_refill
        if Cause(about.cause) in ABOUT_A_MESSAGE:
            is_critical = message is not None and message.is_critical
        return rung_near(
            days_left=self._days_left(visit, message),
            is_critical=is_critical,
            hazard=standing.hazard if standing else None,
            late=standing.rung if standing else None,
        )

    def _of(self, about: About) -> tuple[Any, Any]:
        return self.visits.get(about.visit_id or 0), self.messages.get(about.message_id or 0)

    def _days_left(self, visit: Visit | None, message: Message | None) -> int | None:
        """To the visit; to the operation that a message prepares for."""
        if visit is not None:
            return (visit.local_on - self.today).days
        if message is None or message.kind != MessageKind.PREPARATION:
            return None
        left = (message.not_after.astimezone(self.zone).date() - self.today).days
        return left if left >= 0 else None
