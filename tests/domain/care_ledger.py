"""A clinic's follow-ups in memory: applies differences as the database does, with the database's rules."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from scheduling.domain.care.difference import (
    UNFINISHED,
    Change,
    ChangeKind,
    EndedBecause,
    State,
    Stored,
    difference,
)
from scheduling.domain.care.plan import CareFacts, FollowUpKey, Planned, plan
from scheduling.domain.care.protocol import REFILL_ROW_KEY, Row

STATE_AFTER = {
    ChangeKind.FINISH: State.DONE,
    ChangeKind.END: State.ENDED,
    ChangeKind.REINSTATE: State.OPEN,
    ChangeKind.RESUME: State.OPEN,
}


@dataclass
class Ledger:
    """The follow-ups of one patient and pump; ``run`` plans, writes and returns what it wrote."""

    facts: CareFacts
    rows: Sequence[Row]
    stored: dict[FollowUpKey, Stored] = field(default_factory=dict)
    because: dict[FollowUpKey, EndedBecause] = field(default_factory=dict)

    def all(self) -> list[Stored]:
        return list(self.stored.values())

    def one(self, row_key: str) -> Stored:
        (found,) = [one for one in self.all() if one.key.row_key == row_key]
        return found

    def close(self, row_key: str, state: State) -> None:
        for one in [one for one in self.all() if one.key.row_key == row_key]:
            self.stored[one.key] = replace(one, state=state, postponed_until=None)

    def postpone(self, row_key: str, until: date) -> None:
        one = self.one(row_key)
        self.stored[one.key] = replace(one, state=State.POSTPONED, postponed_until=until)

    def planned(self, today: date, until: date | None = None) -> list[Planned]:
        kept = [one.key for one in self.all() if one.state in {*UNFINISHED, State.ENDED}]
        return plan(self.facts, self.rows, today=today, until=until, kept=kept)

    def changes(self, today: date, until: date | None = None) -> list[Change]:
        """What there is to write on the day, or on any day until another."""
        return difference(self.facts, self.planned(today, until), self.all(), today=until or today)

    def run(self, today: date) -> list[Change]:
        changes = self.changes(today)
        for change in changes:
            self._write(change)
            live = [
                one for one in self.all() if one.key.row_key == REFILL_ROW_KEY and one.state in UNFINISHED
            ]
            assert len(live) <= 1, "two refill items of one pump"
        return changes

    def _write(self, change: Change) -> None:
        if change.kind is ChangeKind.CREATE:
            assert change.planned is not None
            assert change.planned.key not in self.stored
            stored = _stored(len(self.stored) + 1, change.planned)
        else:
            assert change.stored is not None
            stored = change.stored
            if change.kind is ChangeKind.END:
                assert change.because is not None
                self.because[stored.key] = change.because
            if change.planned is not None:
                stored = replace(
                    _stored(stored.id, change.planned),
                    state=stored.state,
                    postponed_until=stored.postponed_until,
                )
            state = State.OPEN if change.resumes else STATE_AFTER.get(change.kind, stored.state)
            until = stored.postponed_until if state is State.POSTPONED else None
            stored = replace(stored, state=state, postponed_until=until)
        self.stored[stored.key] = stored


def _stored(number: int, planned: Planned) -> Stored:
    return Stored(
        id=number,
        key=planned.key,
        anchor=planned.anchor,
        anchored_on=planned.anchored_on,
        target_on=planned.target_on,
        latest_on=planned.latest_on,
        title=planned.title,
        instructions=planned.instructions,
        mode=planned.mode,
        visit_kind_key=planned.visit_kind_key,
        state=State.OPEN,
    )
