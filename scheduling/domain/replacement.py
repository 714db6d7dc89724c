"""New times for the visits of closed days: every deadline that can be kept is kept, then as little changes as can be.

Visits are placed in the order of their deadlines, each at the free time that changes least for its patient. One that
finds none makes others that were placed here move on, as far as they keep their own deadlines (augmenting paths, as in
bipartite matching): no early choice costs a later visit its last time. With visits of one length on a grid of that
length the number in time is the greatest possible; with mixed lengths it is a good answer, and for a few visits all
combinations are tried. Visits that were booked before and are not displaced never move.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from scheduling.domain.intervals import instant_at
from scheduling.domain.replacement_board import Board, Displaced, Place
from scheduling.domain.seats import Busy
from scheduling.domain.slots import House

__all__ = ["Displaced", "NewTime", "place_anew"]

MOST_STEPS = 30_000
"""Places looked at in one round of making others move on; bounds the time when far more is displaced than fits."""
FEW_VISITS = 6
MOST_LOOKED_AT = 20_000


@dataclass(frozen=True, slots=True)
class NewTime:
    """Where a displaced visit goes. ``starts_at`` None: there is no time for it.

    ``is_past_latest``: the new time, or having none, is after the last safe day.
    """

    visit_id: int
    starts_at: datetime | None
    ends_at: datetime | None
    day: date | None
    nurse_id: int | None
    room_id: int | None
    is_past_latest: bool


def place_anew(
    displaced: Sequence[Displaced], house: House, *, patient_busy: Mapping[int, Sequence[Busy]]
) -> list[NewTime]:
    """New times for the displaced visits, in the order given. ``house`` holds the closing and not their old seats.

    A visit whose ``latest_on`` can be kept gets a time by it, whatever the order; then those that cannot get
    one by their ``last_on``; the rest get none. The same question has the same answer.
    """
    planner = _Planner(Board(displaced, house, patient_busy))
    planner.run()
    return [_new_time(visit, planner.board.where.get(visit.id)) for visit in displaced]


def _new_time(visit: Displaced, place: Place | None) -> NewTime:
    if place is None:
        return NewTime(visit.id, None, None, None, None, None, visit.latest_on is not None)
    return NewTime(
        visit_id=visit.id,
        starts_at=instant_at(place.start),
        ends_at=instant_at(place.start + visit.needs.seconds),
        day=place.day,
        nurse_id=place.nurse_id,
        room_id=place.room_id,
        is_past_latest=visit.latest_on is not None and place.day > visit.latest_on,
    )


class _Planner:
    def __init__(self, board: Board) -> None:
        self.board = board
        self.order = sorted(
            board.wanted.values(),
            key=lambda visit: (visit.latest_on or date.max, visit.last_on, visit.starts_at, visit.id),
        )
        self.until = {visit.id: _in_time_until(visit) for visit in self.order}
        self.stuck: set[int] = set()
        self.steps = 0

    def run(self) -> None:
        """Deadlines first, then the last possible days, then what is left at anybody's cost but the deadlines'."""
        self._place_missing()
        for visit in self._missing():
            self.until[visit.id] = visit.last_on
        self._place_missing()
        if self._missing():
            # Running dry is worse than passing the last safe day: now all may go up to their last day.
            self.until = {visit.id: visit.last_on for visit in self.order}
            self._place_missing()
        self._bring_back()
        if len(self.order) <= FEW_VISITS and self._faults() > (0, 0):
            _EveryCombination(self).run()
        self._change_less()

    def _place_missing(self) -> None:
        self.stuck, self.steps = set(), 0
        for visit in self._missing():
            self._settle_or_learn(visit)

    def _settle_or_learn(self, visit: Displaced) -> bool:
        visited: set[int] = set()
        is_settled = self._settle(visit, visited)
        if not is_settled:
            # Nobody whom this search asked can move: no later one need ask them again.
            self.stuck |= visited
        return is_settled

    def _missing(self) -> list[Displaced]:
        return [visit for visit in self.order if visit.id not in self.board.where]

    def _settle(self, visit: Displaced, visited: set[int]) -> bool:
        """Place the visit, moving others on if need be; False, and nothing changed, when that is not possible."""
        until = self.until[visit.id]
        place = self.board.best_free(visit, until)
        if place is not None:
            self.board.put(visit.id, place)
            return True
        visited.add(visit.id)
        for found in self.board.crowded_places(visit, until, visited | self.stuck):
            self.steps += 1
            if self.steps > MOST_STEPS:
                return False
            if found is None or not found[1].isdisjoint(visited):  # it has grown meanwhile
                continue
            place, blockers = found
            mark = self.board.mark()
            for blocker in blockers:
                self.board.lift(blocker)
            self.board.put(visit.id, place)
            if all(self._settle(self.board.wanted[each], visited) for each in sorted(blockers)):
                return True
            self.board.roll_back(mark)
        return False

    def _bring_back(self) -> None:
        """Try once more to bring each visit that is late before its deadline, without making another late."""
        self.stuck, self.steps = set(), 0
        for visit in self.order:
            place = self.board.where.get(visit.id)
            is_late = place is not None and place.day > _in_time_until(visit)
            self.until[visit.id] = visit.last_on if is_late else _in_time_until(visit)
        for visit in self.order:
            place = self.board.where.get(visit.id)
            if place is None or place.day <= _in_time_until(visit):
                continue
            mark = self.board.mark()
            self.board.lift(visit.id)
            self.until[visit.id] = _in_time_until(visit)
            if visit.id in self.stuck:
                self.stuck = set()  # its own place is free now, and may be what others need
            if not self._settle_or_learn(visit):
                self.board.roll_back(mark)
                self.until[visit.id] = visit.last_on

    def _change_less(self) -> None:
        """Let each visit take a better time that others have left meanwhile; nobody's day becomes less safe."""
        for visit in self.order:
            place = self.board.where.get(visit.id)
            if place is None:
                continue
            self.board.lift(visit.id)
            until = max(place.day, _in_time_until(visit))
            self.board.put(visit.id, self.board.best_free(visit, until) or place)

    def _faults(self) -> tuple[int, int]:
        """How many have no time, and how many are late."""
        where = self.board.where
        late = sum(visit.id in where and where[visit.id].day > _in_time_until(visit) for visit in self.order)
        return len(self.order) - len(where), late


class _EveryCombination:
    """Of a few visits, every combination of free places, as long as it can still be better than the best known."""

    def __init__(self, planner: _Planner) -> None:
        self.planner, self.board = planner, planner.board
        self.best = planner._faults()
        self.best_where = dict(planner.board.where)
        self.looked_at = 0

    def run(self) -> None:
        """Leave the best combination found on the board."""
        for visit_id in list(self.board.where):
            self.board.lift(visit_id)
        self._try(0, 0, 0)
        for visit_id, place in self.best_where.items():
            self.board.put(visit_id, place)

    def _try(self, position: int, missing: int, late: int) -> None:
        if (missing, late) >= self.best:
            return
        if position == len(self.planner.order):
            self.best, self.best_where = (missing, late), dict(self.board.where)
            return
        visit = self.planner.order[position]
        for place in self.board.free_places(visit, visit.last_on):
            self.looked_at += 1
            if self.looked_at > MOST_LOOKED_AT:
                return
            if place is not None:
                self.board.put(visit.id, place)
                self._try(position + 1, missing, late + (place.day > _in_time_until(visit)))
                self.board.lift(visit.id)
        self._try(position + 1, missing + 1, late)


def _in_time_until(visit: Displaced) -> date:
    return visit.last_on if visit.latest_on is None else min(visit.latest_on, visit.last_on)
