"""A day's messages become one, and texts keep to their caps; what a cap holds back goes by another channel.

Local days are those of the reader's clock. What went out already counts and carries nothing more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from notifications.domain.kinds import ChannelName
from notifications.domain.plan.facts import Reader
from notifications.domain.plan.planned import Planned
from notifications.domain.plan.routing import Setting, route
from notifications.domain.plan.rules import ASKED_FOR, PRIORITY, STANDS_ALONE, UNCAPPED
from notifications.domain.plan.why_not import WhyNot

_WEEK = 7


def share(planned: Sequence[Planned], reader: Reader, setting: Setting) -> list[Planned]:
    """One reader's messages, put together by day and held to the caps."""
    settled = [each for each in planned if not each.sends]
    sending = [each for each in planned if each.sends]
    texts = [each for each in sending if each.channel is ChannelName.SMS]
    others = [each for each in sending if each.channel is not ChannelName.SMS]
    room = Room.of(reader, setting)
    for group in sorted(_by_day(texts), key=_rank):
        if group[0].wish.kind in UNCAPPED or room.has(_day_of(group[0])):
            room.take(_day_of(group[0]))
            settled += _as_one(group)
            continue
        for each in group:
            instead = route(each.wish, reader, setting, without=(ChannelName.SMS,))
            if instead is not None:
                (others if instead.sends else settled).append(instead)
    for group in _by_day(others):
        settled += _as_one(group)
    return settled


@dataclass(slots=True)
class Room:
    """How many texts go to a reader on each local day, against the most that may in a day and in any seven days."""

    taken: Counter[date]
    most_a_day: int
    most_a_week: int

    @classmethod
    def of(cls, reader: Reader, setting: Setting) -> Room:
        """With what went out already."""
        address = reader.by(ChannelName.SMS)
        zone = address.zone if address else setting.facts.zone
        taken = Counter(
            known.first_sent_at.astimezone(zone).date()
            for known in setting.facts.known
            if known.proxy_id == reader.proxy_id
            and known.channel is ChannelName.SMS
            and known.kind not in ASKED_FOR
            and known.first_sent_at is not None
            and known.went_out
            and not known.was_carried
        )
        return cls(taken, setting.policy.most_texts_a_day, setting.policy.most_texts_a_week)

    def has(self, day: date) -> bool:
        """Whether one more fits on the day."""
        if self.taken[day] >= self.most_a_day:
            return False
        near = [self.taken[day + timedelta(days=n)] for n in range(1 - _WEEK, _WEEK)]
        return all(sum(near[first : first + _WEEK]) < self.most_a_week for first in range(_WEEK))

    def take(self, day: date) -> None:
        self.taken[day] += 1


def _day_of(planned: Planned) -> date:
    if planned.address is None:
        raise ValueError("what is sent has an address")
    return planned.due_at.astimezone(planned.address.zone).date()


def _rank(group: Sequence[Planned]) -> tuple[object, ...]:
    return _order(group[0])


def _order(planned: Planned) -> tuple[object, ...]:
    """The graver kind first; of a kind what is nearest: today's questions carry the chase of yesterday's."""
    wish = planned.wish
    return (
        PRIORITY[wish.kind],
        planned.due_at,
        wish.days_away,
        wish.occurrence,
        wish.step,
        wish.version,
    )


def _by_day(planned: Iterable[Planned]) -> Iterator[list[Planned]]:
    """What one address gets on one local day through one channel, the most important first.

    A change stands alone: it is read at once. So does a second word about the same thing: it is said again on purpose.
    """
    groups: dict[tuple[object, ...], list[Planned]] = {}
    for each in sorted(planned, key=_order):
        address = each.address
        place: tuple[object, ...] = (address.contact_id if address else None, _day_of(each))
        if each.wish.kind in STANDS_ALONE:
            place = (*place, each.wish.kind, each.wish.occurrence, each.wish.version, each.wish.step)
        while any(other.wish.occurrence == each.wish.occurrence for other in groups.get(place, ())):
            place = (*place, "again")
        groups.setdefault(place, []).append(each)
    yield from groups.values()


def _as_one(group: Sequence[Planned]) -> Iterator[Planned]:
    """The first carries the others: due with the earliest, over with the earliest."""
    first = group[0]
    yield replace(
        first,
        due_at=min(each.due_at for each in group),
        not_after=min(each.not_after for each in group),
    )
    for each in group[1:]:
        yield replace(each, why_not=WhyNot.DIGEST, carried_by=first.key)
