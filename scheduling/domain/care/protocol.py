"""A care protocol: rows that say what is to be done, how, and when relative to what.

A row's dates are relative to its anchor, something that happened or is planned. A row that repeats has steps, one
after the other: every day until day 14, then every week until day 90.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from scheduling.domain.care.relative_date import (
    Offset,
    RelativeDate,
    day_after,
    longest_days,
    shortest_days,
)

REFILL_ROW_KEY = "refill"
"""No protocol row may have this key: it is the item every pump in place has, its next refill."""


_SHORT_MONTH_DAYS = 3
"""By so many days a month can be shorter than another."""


class Anchor(StrEnum):
    """What a row's dates are counted from."""

    SURGERY_PLANNED = "surgery_planned"
    SURGERY = "surgery"
    REFILL = "refill"
    DOSE_CHANGE = "dose_change"
    MRI = "mri"
    EXPLANT = "explant"
    END_OF_SERVICE = "end_of_service"


ANCHORS_WITHOUT_END = frozenset({Anchor.SURGERY, Anchor.EXPLANT})
"""Only these may have rows that repeat for good: of the others a patient gathers new ones all the time."""


class Mode(StrEnum):
    """How a follow-up is done: a visit, a call, a task of the clinic's own, a check-in that the patient
    answers, or a watch: something to look at while it may still come up.
    """

    VISIT = "visit"
    CALL = "call"
    TASK = "task"
    CHECK_IN = "check_in"
    WATCH = "watch"


@dataclass(frozen=True, slots=True)
class Step:
    """``every`` so often until a day relative to the anchor, that day included; None: for good."""

    every: RelativeDate
    until: RelativeDate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing to do. ``introduced_on`` is the day since which the clinic's protocol has had it: what was
    due long before is not made up for. The default protocol says where each row comes from in ``source``.
    """

    key: str
    title: str
    anchor: Anchor
    mode: Mode
    target: RelativeDate
    latest: RelativeDate
    instructions: str = ""
    repeats: tuple[Step, ...] = ()
    visit_kind_key: str = ""
    only_programmable: bool = False
    is_active: bool = True
    introduced_on: date | None = None
    row_id: int | None = None
    """The stored row, where there is one."""
    reach_days: int | None = field(init=False, compare=False, repr=False)
    """At most so many days after its anchor the last occurrence is to be done; None: no end."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "reach_days", _reach_days(self))

    @property
    def repeats_for_good(self) -> bool:
        """Whether there is always a next one."""
        return any(step.until is None for step in self.repeats)


class Occurrence(NamedTuple):
    """One time that a row is due: its number from 0, the day to aim for and the last good one."""

    number: int
    target_on: date
    latest_on: date


def occurrences(row: Row, anchored_on: date, *, since: date | None = None) -> Iterator[Occurrence]:
    """When the row is due, counted from ``anchored_on``, in order; without end where it repeats for good.

    ``since`` leaves out, of what repeats for good, most of what was to be done before that day, and nothing else:
    a pump may have been in place for years.
    """
    target, latest = row.target.offset, row.latest.offset
    number, months, days = 0, target.months, target.days
    latest_months, latest_days = latest.months - months, latest.days - days
    target_on = day_after(anchored_on, months, days)
    yield Occurrence(0, target_on, max(target_on, latest.after(anchored_on)))
    for step in row.repeats:
        every = step.every.offset
        last_on = None if step.until is None else step.until.on(anchored_on)
        if last_on is None and since is not None:
            passed = _passed(row, day_after(anchored_on, months, days), every, since)
            months, days, number = months + every.months * passed, days + every.days * passed, number + passed
        while True:
            target_on = day_after(anchored_on, months + every.months, days + every.days)
            if last_on is not None and target_on > last_on:
                break
            months, days, number = months + every.months, days + every.days, number + 1
            latest_on = day_after(anchored_on, months + latest_months, days + latest_days)
            yield Occurrence(number, target_on, max(target_on, latest_on))


def _passed(row: Row, first_on: date, every: Offset, since: date) -> int:
    """So many repetitions after ``first_on`` are over by ``since`` for certain."""
    return max(0, ((since - first_on).days - _window_days(row)) // longest_days(every) - 1)


def _window_days(row: Row) -> int:
    """At most so many days lie between the target and the last day of an occurrence."""
    return max(0, longest_days(row.latest.offset) - shortest_days(row.target.offset)) + _SHORT_MONTH_DAYS


def _reach_days(row: Row) -> int | None:
    if row.repeats_for_good:
        return None
    ends = [step.until.offset for step in row.repeats if step.until is not None]
    last_target = max(longest_days(offset) for offset in [row.target.offset, *ends])
    return last_target + _window_days(row)
