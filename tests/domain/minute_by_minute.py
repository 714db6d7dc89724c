"""The slow truth about free times: every grid minute of every day, every minute of the visit, one by one.

It shares nothing with the search but the values it is asked with: clocks are read by zoneinfo, never computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from scheduling.domain.opening import Opening
from scheduling.domain.seats import Busy, Resource, ResourceKind
from scheduling.domain.slots import Needs

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Free:
    """A start and who could serve it."""

    starts_at: datetime
    nurses: frozenset[int]
    rooms: frozenset[int]


def free_times(
    day: date,
    needs: Needs,
    opening: Opening,
    resources: Sequence[Resource],
    *,
    now: datetime,
    slot_minutes: int,
    patient_busy: Sequence[Busy] = (),
) -> Iterator[Free]:
    """Every start on this local day that is free of everything, with the nurses and rooms that are."""
    kinds = {kind: [each for each in resources if each.kind is kind] for kind in ResourceKind}
    capacities = [each for each in kinds[ResourceKind.CAPACITY] if each.id == needs.capacity_id]
    if day in opening.closed_on or day.weekday() not in opening.open_weekdays:
        return
    for start in minutes_of(day, opening):
        shown = start.astimezone(opening.zone)
        if (shown.hour * 60 + shown.minute) % slot_minutes or start < now:
            continue
        visit = [start + number * MINUTE for number in range(needs.duration_minutes)]
        if any(at.astimezone(opening.zone).date() != day for at in visit):
            continue
        if any(busy.starts_at < visit[-1] + MINUTE and busy.ends_at > start for busy in patient_busy):
            continue
        nurses = {each.id for each in kinds[ResourceKind.NURSE] if serves(each, visit, opening)}
        rooms = {each.id for each in kinds[ResourceKind.ROOM] if serves(each, visit, opening)}
        if needs.nurse_id is not None:
            nurses &= {needs.nurse_id}
        if (needs.needs_nurse and not nurses) or (needs.needs_room and not rooms):
            continue
        if not needs.needs_nurse and opening.house_hours is not None:
            weekday = [each for each in opening.house_hours if each.weekday == day.weekday()]
            if not all(any(covers(at, h.starts_at, h.ends_at, opening) for h in weekday) for at in visit):
                continue
        if needs.capacity_id is not None and not any(serves(each, visit, opening) for each in capacities):
            continue
        yield Free(start, frozenset(nurses), frozenset(rooms))


def minutes_of(day: date, opening: Opening) -> Iterator[datetime]:
    noon = datetime.combine(day, time(12), UTC)
    for number in range(-40 * 60, 40 * 60):
        at = noon + number * MINUTE
        if at.astimezone(opening.zone).date() == day:
            yield at


def serves(resource: Resource, visit: Sequence[datetime], opening: Opening) -> bool:
    """Whether the resource is there for every minute and one of its seats is free for all of them."""
    if not all(is_there(resource, at, opening) for at in visit):
        return False
    if any(
        sum(each.starts_at <= at < each.ends_at for each in resource.busy) >= resource.seats for at in visit
    ):
        return False
    return any(
        not any(
            each.seat == seat and each.starts_at <= at < each.ends_at
            for each in resource.busy
            for at in visit
        )
        for seat in range(1, resource.seats + 1)
    )


def is_there(resource: Resource, at: datetime, opening: Opening) -> bool:
    day = at.astimezone(opening.zone).date()
    if day in opening.closed_on or day.weekday() not in opening.open_weekdays:
        return False
    changes = [change for change in resource.changes if change.first_on <= day <= change.last_on]
    for change in changes:
        if not change.is_available and covers(at, change.starts_at, change.ends_at, opening):
            return False
    if any(
        change.is_available and covers(at, change.starts_at, change.ends_at, opening) for change in changes
    ):
        return True
    if not resource.hours:
        return resource.kind is not ResourceKind.NURSE
    return any(
        each.weekday == day.weekday() and covers(at, each.starts_at, each.ends_at, opening)
        for each in resource.hours
    )


def covers(at: datetime, starts_at: time | None, ends_at: time | None, opening: Opening) -> bool:
    shown = at.astimezone(opening.zone).time()
    return (starts_at or time()) <= shown and (ends_at is None or ends_at == time() or shown < ends_at)
