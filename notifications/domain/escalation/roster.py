"""Who is asked on a day, in order: the roster's people, and who steps in where a cell is empty or its person left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from notifications.domain.escalation.causes import ORDER, Duty

Cell = tuple[int, Duty]
"""A weekday (Monday 0) and a duty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The clinic's cells, and its people who may act, in the order in which they joined.

    ``default_nurse`` is whom open work goes to for want of anybody by name. Nobody who may not act is ever asked.
    """

    cells: Mapping[Cell, int]
    default_nurse: int | None
    nurses: tuple[int, ...]
    prescribers: tuple[int, ...]
    administrators: tuple[int, ...]
    eligible: frozenset[int]

    def on_duty(self, weekday: int, duty: Duty) -> int | None:
        """Who has the duty on that weekday: the cell's person, or who steps in; None where nobody can."""
        named = self.cells.get((weekday, duty))
        if named in self.eligible:
            return named
        if duty is Duty.NURSE:
            return self._first(self.default_nurse, *self.nurses, *self.administrators)
        if duty is Duty.SECOND:
            first = self.on_duty(weekday, Duty.NURSE)
            return self._first(*(nurse for nurse in self.nurses if nurse != first))
        if duty is Duty.PHYSICIAN:
            return self._first(*self.prescribers)
        return self._first(*self.administrators)

    def chain(self, first: Duty, weekday: int) -> tuple[int, ...]:
        """Everybody who is asked one after the other, beginning with ``first``, each once."""
        duties = ORDER[ORDER.index(first) : -1]
        people = [self.on_duty(weekday, duty) for duty in duties]
        people += [person for person in self.administrators if person in self.eligible]
        # Without an administrator by role whoever owns open work is better than nobody; without a nurse the physician.
        people.append(self.on_duty(weekday, Duty.NURSE) or self.on_duty(weekday, Duty.PHYSICIAN))
        return tuple(dict.fromkeys(person for person in people if person is not None))

    def _first(self, *people: int | None) -> int | None:
        return next((person for person in people if person in self.eligible), None)
