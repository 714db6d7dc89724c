"""Reading a protocol as an administrator enters it: every fault at its row and field, none repaired by guess."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from clinic.domain.register.reasons import Reason, gettext_noop
from scheduling.domain.care.protocol import (
    ANCHORS_WITHOUT_END,
    REFILL_ROW_KEY,
    Anchor,
    Mode,
    Row,
    Step,
    occurrences,
)
from scheduling.domain.care.relative_date import NotARelativeDate, RelativeDate, shortest_days

LONGEST_KEY = 40
LONGEST_TITLE = 80
LONGEST_INSTRUCTIONS = 1000
MOST_ROWS = 100
MOST_STEPS = 4
MOST_OCCURRENCES = 120
"""A row may come due so often in all, or in two years where it repeats for good."""
SHORTEST_REPEAT_FOR_GOOD_DAYS = 7

_KEY = re.compile(r"[a-z][a-z0-9_]*")
_SOME_DAY = date(2001, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEntry:
    """``until`` is empty for a step that goes on for good."""

    every: str
    until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowEntry:
    """A row as it is typed: dates are texts of RelativeDate."""

    key: str
    title: str
    anchor: str
    mode: str
    target: str
    latest: str
    instructions: str = ""
    repeats: tuple[StepEntry, ...] = ()
    visit_kind_key: str = ""
    only_programmable: bool = False
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with one field of the row at ``position`` (from 0)."""

    position: int
    field: str
    reason: Reason


def read_rows(
    entries: Sequence[RowEntry], *, visit_kind_keys: Collection[str]
) -> tuple[tuple[Row, ...], tuple[RowFault, ...]]:
    """The rows, and every fault found. Where there is a fault the rows are not to be used.

    ``visit_kind_keys`` are the kinds of visit that the clinic has.
    """
    rows: list[Row] = []
    faults: list[RowFault] = []
    seen: set[str] = set()
    for position, entry in enumerate(entries):
        row, found = _read(entry, seen, visit_kind_keys)
        faults += [RowFault(position, field, reason) for field, reason in found]
        if row is not None:
            rows.append(row)
        seen.add(entry.key)
    if not entries or len(entries) > MOST_ROWS:
        faults.append(RowFault(0, "", Reason(gettext_noop("a protocol has 1 to 100 rows"))))
    return tuple(rows), tuple(faults)


def entry_of(row: Row) -> RowEntry:
    """The row as it would be typed; ``read_rows`` reads it back."""
    return RowEntry(
        key=row.key,
        title=row.title,
        instructions=row.instructions,
        anchor=row.anchor.value,
        mode=row.mode.value,
        target=str(row.target),
        latest=str(row.latest),
        repeats=tuple(
            StepEntry(every=str(step.every), until="" if step.until is None else str(step.until))
            for step in row.repeats
        ),
        visit_kind_key=row.visit_kind_key,
        only_programmable=row.only_programmable,
        is_active=row.is_active,
    )


_Faults = list[tuple[str, Reason]]


def _read(entry: RowEntry, seen: Collection[str], kinds: Collection[str]) -> tuple[Row | None, _Faults]:
    faults = [*_name_faults(entry, seen), *_choice_faults(entry, kinds)]
    target = _relative(entry.target, "target", faults)
    latest = _relative(entry.latest, "latest", faults)
    steps = _steps(entry, faults)
    if target is None or latest is None or steps is None or faults:
        return None, faults
    row = Row(
        key=entry.key,
        title=entry.title.strip(),
        instructions=entry.instructions.strip(),
        anchor=Anchor(entry.anchor),
        mode=Mode(entry.mode),
        target=target,
        latest=latest,
        repeats=steps,
        visit_kind_key=entry.visit_kind_key,
        only_programmable=entry.only_programmable,
        is_active=entry.is_active,
    )
    return row, list(_date_faults(row))


def _name_faults(entry: RowEntry, seen: Collection[str]) -> Iterator[tuple[str, Reason]]:
    if len(entry.key) > LONGEST_KEY or not _KEY.fullmatch(entry.key):
        yield "key", Reason(gettext_noop("small letters, digits and _, beginning with a letter"))
    elif entry.key == REFILL_ROW_KEY:
        yield "key", Reason(gettext_noop("the refill itself comes from the pump's dates"))
    elif entry.key in seen:
        yield "key", Reason(gettext_noop("another row has this key"))
    if not 0 < len(entry.title.strip()) <= LONGEST_TITLE:
        yield "title", Reason(gettext_noop("1 to 80 characters"))
    if len(entry.instructions.strip()) > LONGEST_INSTRUCTIONS:
        yield "instructions", Reason(gettext_noop("at most 1000 characters"))


def _choice_faults(entry: RowEntry, kinds: Collection[str]) -> Iterator[tuple[str, Reason]]:
    if entry.anchor not in tuple(Anchor):
        yield "anchor", Reason(gettext_noop("is not one of the choices"))
    if entry.mode not in tuple(Mode):
        yield "mode", Reason(gettext_noop("is not one of the choices"))
    if entry.visit_kind_key and entry.visit_kind_key not in kinds:
        yield "visit_kind_key", Reason(gettext_noop("the clinic has no such kind of visit"))
    elif entry.mode == Mode.VISIT and not entry.visit_kind_key:
        yield "visit_kind_key", Reason(gettext_noop("say which kind of visit"))


def _relative(text: str, field: str, faults: _Faults) -> RelativeDate | None:
    try:
        return RelativeDate.parse(text)
    except NotARelativeDate as error:
        faults.append((field, error.reason))
        return None


def _steps(entry: RowEntry, faults: _Faults) -> tuple[Step, ...] | None:
    steps: list[Step] = []
    if len(entry.repeats) > MOST_STEPS:
        faults.append(("repeats", Reason(gettext_noop("at most four steps"))))
        return None
    for number, step in enumerate(entry.repeats, 1):
        every = _relative(step.every, "repeats", faults)
        if every is None:
            return None
        if every.count <= 0:
            faults.append(("repeats", Reason(gettext_noop("a repetition is at least a day later"))))
            return None
        if not step.until.strip():
            if number < len(entry.repeats):
                faults.append(("repeats", Reason(gettext_noop("only the last step may go on for good"))))
            steps.append(Step(every))
            continue
        until = _relative(step.until, "repeats", faults)
        if until is None:
            return None
        steps.append(Step(every, until))
    return tuple(steps)


def _date_faults(row: Row) -> Iterator[tuple[str, Reason]]:
    if not row.latest.is_never_before(row.target):
        yield "latest", Reason(gettext_noop("may fall before the day to aim for"))
    last = row.target
    for step in row.repeats:
        if step.until is not None and not step.until.is_never_before(last):
            yield "repeats", Reason(gettext_noop("each step ends after the one before"))
            return
        last = step.until or last
    if row.repeats_for_good:
        if row.anchor not in ANCHORS_WITHOUT_END:
            yield "repeats", Reason(gettext_noop("only what follows an operation may repeat for good"))
        if shortest_days(row.repeats[-1].every.offset) < SHORTEST_REPEAT_FOR_GOOD_DAYS:
            yield "repeats", Reason(gettext_noop("what repeats for good is at least a week apart"))
            return
    if _comes_too_often(row):
        yield "repeats", Reason(gettext_noop("that is more than 120 times"))


def _comes_too_often(row: Row) -> bool:
    """Whether more than ``MOST_OCCURRENCES`` are due in all, or, where it goes on for good, in two years."""
    end = date(_SOME_DAY.year + 2, 1, 1) if row.repeats_for_good else date.max
    first = next(occurrences(row, _SOME_DAY)).target_on
    counted = islice(occurrences(row, _SOME_DAY), MOST_OCCURRENCES + 1)
    return sum(1 for one in counted if one.target_on - first < end - _SOME_DAY) > MOST_OCCURRENCES
