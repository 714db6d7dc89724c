"""Refills due per week against what the clinic can do.

Counted is the *next* refill of each pump, in the week of its target visit; one whose target has passed counts in
the week of today. Refills after that one are an estimate: the same interval again, from the target on.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from scheduling.domain.intervals import Spans, seconds_of, subtract
from scheduling.domain.opening import Opening, spans_at_work
from scheduling.domain.reports.weeks import Week, week_of
from scheduling.domain.seats import Resource, ResourceKind

LEAST_INTERVAL_DAYS = 7
"""A shorter one is a slip of the record; no repeats are expected from it."""


@dataclass(frozen=True, slots=True)
class DuePumps:
    """So many pumps whose next refill is to be on ``target_on`` and was filled ``interval_days`` before."""

    target_on: date
    interval_days: int | None
    pumps: int = 1


@dataclass(slots=True)
class RefillWeek:
    """One week: refills due, of them those whose target has passed, expected repeats, and what can be done.

    ``capacity`` is None where the clinic has no nurse or room that a refill needs.
    """

    week: Week
    due: int = 0
    overdue: int = 0
    repeats: int = 0
    booked: int = 0
    capacity: int | None = None

    @property
    def expected(self) -> int:
        """Due and estimated together."""
        return self.due + self.repeats

    @property
    def is_over(self) -> bool:
        """More refills due than can be done."""
        return self.capacity is not None and self.due > self.capacity

    @property
    def may_be_over(self) -> bool:
        """Over only with the estimated repeats."""
        return self.capacity is not None and not self.is_over and self.expected > self.capacity


def refill_weeks(
    due: Iterable[DuePumps],
    *,
    weeks: Sequence[Week],
    today: date,
    booked: Mapping[date, int],
    capacity: Mapping[date, int] | None,
) -> list[RefillWeek]:
    """Every week with its figures. ``booked`` counts refill visits by day, ``capacity`` refills that fit a day."""
    found = {week: RefillWeek(week) for week in weeks}
    for group in due:
        _count(found, group, today=today, last=weeks[-1].ends_on)
    for day, visits in booked.items():
        if (week := found.get(week_of(day))) is not None:
            week.booked += visits
    for row in found.values():
        row.capacity = None if capacity is None else sum(capacity.get(day, 0) for day in row.week.days)
    return list(found.values())


def _count(found: dict[Week, RefillWeek], group: DuePumps, *, today: date, last: date) -> None:
    on = max(group.target_on, today)
    if (week := found.get(week_of(on))) is not None:
        week.due += group.pumps
        week.overdue += group.pumps if group.target_on < today else 0
    if group.interval_days is None or group.interval_days < LEAST_INTERVAL_DAYS:
        return
    step = timedelta(days=group.interval_days)
    while (on := on + step) <= last:
        found[week_of(on)].repeats += group.pumps


@dataclass(frozen=True, slots=True)
class OtherVisits:
    """Minutes that visits other than refills take of nurses and of rooms on one day."""

    nurse_minutes: int = 0
    room_minutes: int = 0


@dataclass(frozen=True, slots=True)
class RefillNeeds:
    """What a refill takes."""

    minutes: int
    needs_nurse: bool = True
    needs_room: bool = True


@dataclass(slots=True)
class Staffing:
    """Who and what can do refills, when, and what else they are booked for."""

    opening: Opening
    resources: Sequence[Resource]
    needs: RefillNeeds
    other: Mapping[date, OtherVisits] = field(default_factory=dict)


def refills_that_fit(days: Iterable[date], staffing: Staffing, *, now: datetime) -> dict[date, int] | None:
    """How many refills fit each day at most: by the scarcer of nurses' and rooms' free minutes, whole ones.

    Hours before ``now`` no longer count. None where a refill needs a nurse or a room and there is none.
    """
    groups: defaultdict[ResourceKind, list[Resource]] = defaultdict(list)
    for resource in staffing.resources:
        groups[resource.kind].append(resource)
    wanted = [
        kind
        for kind, is_needed in (
            (ResourceKind.NURSE, staffing.needs.needs_nurse),
            (ResourceKind.ROOM, staffing.needs.needs_room),
        )
        if is_needed
    ]
    if not wanted or any(not groups[kind] for kind in wanted):
        return None
    past = [(0, seconds_of(now))]
    found: Counter[date] = Counter()
    for day in days:
        other = staffing.other.get(day, OtherVisits())
        taken = {ResourceKind.NURSE: other.nurse_minutes, ResourceKind.ROOM: other.room_minutes}
        free = min(_minutes(groups[kind], day, staffing.opening, past) - taken[kind] for kind in wanted)
        found[day] = max(0, free) // staffing.needs.minutes
    return dict(found)


def _minutes(resources: Iterable[Resource], day: date, opening: Opening, past: Spans) -> int:
    total = 0
    for resource in resources:
        spans = spans_at_work(
            day,
            hours=resource.hours,
            changes=resource.changes,
            opening=opening,
            is_always_there=resource.kind is not ResourceKind.NURSE,
        )
        total += resource.seats * sum(high - low for low, high in subtract(spans, past))
    return total // 60
