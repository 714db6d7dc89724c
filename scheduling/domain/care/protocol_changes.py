"""What differs between two versions of a protocol, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum

from scheduling.domain.care.protocol_entry import RowEntry


class RowChangeKind(StrEnum):
    """What became of a row. ``moved`` rows differ in their place alone."""

    ADDED = "added"
    CHANGED = "changed"
    PUT_IN_USE = "put_in_use"
    PUT_OUT_OF_USE = "put_out_of_use"
    REMOVED = "removed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row that differs; ``changed`` names the fields that do. A row added has no before, one removed no after."""

    kind: RowChangeKind
    before: RowEntry | None
    after: RowEntry | None
    changed: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What the row is called now, or was called."""
        row = self.after or self.before
        return row.title if row is not None else ""


def changes_between(before: Sequence[RowEntry], after: Sequence[RowEntry]) -> list[RowChange]:
    """The rows that differ, in the order of ``after``, those removed last. Empty for the same protocol."""
    old = {row.key: row for row in before}
    new = {row.key: row for row in after}
    moved = _moved(
        [row.key for row in before if row.key in new], [row.key for row in after if row.key in old]
    )
    found = [
        change for row in after if (change := _change(old.get(row.key), row, row.key in moved)) is not None
    ]
    return [*found, *(RowChange(RowChangeKind.REMOVED, row, None) for row in before if row.key not in new)]


def _change(before: RowEntry | None, after: RowEntry, is_moved: bool) -> RowChange | None:
    if before is None:
        return RowChange(RowChangeKind.ADDED, None, after)
    changed = tuple(
        field.name
        for field in fields(RowEntry)
        if field.name != "is_active" and getattr(before, field.name) != getattr(after, field.name)
    )
    if before.is_active != after.is_active:
        kind = RowChangeKind.PUT_IN_USE if after.is_active else RowChangeKind.PUT_OUT_OF_USE
        return RowChange(kind, before, after, changed)
    if changed:
        return RowChange(RowChangeKind.CHANGED, before, after, changed)
    return RowChange(RowChangeKind.MOVED, before, after) if is_moved else None


def _moved(before: Sequence[str], after: Sequence[str]) -> set[str]:
    """The keys outside one longest run that kept its order: the fewest that can be said to have moved."""
    place = {key: number for number, key in enumerate(before)}
    best: list[list[str]] = []
    for key in after:
        longest = max((run for run in best if place[run[-1]] < place[key]), key=len, default=list[str]())
        best.append([*longest, key])
    kept = max(best, key=len, default=[])
    return set(after) - set(kept)
