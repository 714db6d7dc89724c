"""A protocol that is being changed: kept in the session of the person who changes it until it is put in force.

It holds no patient data. It ends with the session, and knows the version that it began from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from scheduling.domain.care.default_protocol import DEFAULT_PROTOCOL
from scheduling.domain.care.protocol_changes import RowChange, changes_between
from scheduling.domain.care.protocol_entry import RowEntry, StepEntry, entry_of
from scheduling.selectors.protocols import protocol_in_force, protocol_rows
from scheduling.selectors.rows import Protocol, ProtocolRow
from web.access import ClinicRequest

DEFAULT_ROWS = tuple(entry_of(default.row) for default in DEFAULT_PROTOCOL)
FIRST = 1


@dataclass(frozen=True, slots=True)
class Draft:
    """The rows as they would be, those in force, and the version that the draft began from."""

    base: int
    rows: tuple[RowEntry, ...]
    in_force: tuple[RowEntry, ...]
    version: int
    """The version in force now; another than ``base`` when somebody has saved one meanwhile."""

    @property
    def changes(self) -> list[RowChange]:
        """What putting the draft in force would change."""
        return changes_between(self.in_force, self.rows)

    @property
    def is_overtaken(self) -> bool:
        """Whether somebody has put another version in force since the draft began."""
        return self.base != self.version

    def row(self, key: str) -> RowEntry | None:
        """The row with this key."""
        return next((row for row in self.rows if row.key == key), None)

    def with_row(self, row: RowEntry) -> tuple[RowEntry, ...]:
        """The rows with this one in the place of the one with its key, or after the last of its anchor."""
        if self.row(row.key) is not None:
            return tuple(row if each.key == row.key else each for each in self.rows)
        places = [place for place, each in enumerate(self.rows, 1) if each.anchor == row.anchor]
        place = places[-1] if places else len(self.rows)
        return (*self.rows[:place], row, *self.rows[place:])

    def swapped(self, one: str, other: str) -> tuple[RowEntry, ...]:
        """The rows with these two in each other's place."""
        found = {row.key: row for row in self.rows}
        places = {one: found[other], other: found[one]}
        return tuple(places.get(row.key, row) for row in self.rows)

    def with_default(self) -> tuple[RowEntry, ...]:
        """The default protocol; rows of the clinic's own stay, out of use, so that their keys stay theirs."""
        known = {row.key for row in DEFAULT_ROWS}
        own = (replace(row, is_active=False) for row in self.rows if row.key not in known)
        return (*DEFAULT_ROWS, *own)


def read_draft(request: ClinicRequest) -> Draft:
    """The draft of this person, or the version in force where nothing was changed."""
    protocol = protocol_in_force(clinic_id=request.clinic.id)
    version, in_force = _in_force(request, protocol)
    kept: dict[str, Any] | None = request.session.get(_name(request))
    if kept is None:
        return Draft(base=version, rows=in_force, in_force=in_force, version=version)
    rows = tuple(
        RowEntry(**{**row, "repeats": tuple(StepEntry(**step) for step in row["repeats"])})
        for row in kept["rows"]
    )
    return Draft(base=kept["base"], rows=rows, in_force=in_force, version=version)


def keep_draft(request: ClinicRequest, draft: Draft, rows: Sequence[RowEntry]) -> None:
    """Keep these rows; a draft that changes nothing any more is none."""
    if tuple(rows) == draft.in_force:
        discard_draft(request)
        return
    request.session[_name(request)] = {"base": draft.base, "rows": [asdict(row) for row in rows]}


def discard_draft(request: ClinicRequest) -> None:
    """Forget what was changed."""
    request.session.pop(_name(request), None)


def entry_of_stored(row: ProtocolRow) -> RowEntry:
    """A stored row as it would be typed."""
    return RowEntry(
        key=row.key,
        title=row.title,
        instructions=row.instructions,
        anchor=row.anchor,
        mode=row.mode,
        target=row.target,
        latest=row.latest,
        repeats=tuple(StepEntry(every=step["every"], until=step.get("until", "")) for step in row.repeats),
        visit_kind_key=row.visit_kind_key,
        only_programmable=row.only_programmable,
        is_active=row.is_active,
    )


def entries_of(request: ClinicRequest, protocol: Protocol) -> tuple[RowEntry, ...]:
    """The rows of one version."""
    rows = protocol_rows(clinic_id=request.clinic.id, protocol_id=protocol.pk)
    return tuple(entry_of_stored(row) for row in rows)


def _in_force(request: ClinicRequest, protocol: Protocol | None) -> tuple[int, tuple[RowEntry, ...]]:
    """A clinic that has none yet gets the default as its first version when something asks for it."""
    return (FIRST, DEFAULT_ROWS) if protocol is None else (protocol.version, entries_of(request, protocol))


def _name(request: ClinicRequest) -> str:
    return f"protocol_{request.clinic.id}"
