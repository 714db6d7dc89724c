"""Follow-ups of one patient that are due near each other become one visit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from scheduling.domain.slots import Window

NEAR_DAYS = 7
"""Due within a week of each other: one journey to the clinic instead of two."""


@dataclass(frozen=True, slots=True)
class Due:
    """A follow-up that a visit can fulfil, with its window and the kind of visit that it takes."""

    id: int
    kind_id: int
    duration_minutes: int
    window: Window


@dataclass(frozen=True, slots=True)
class Combined:
    """One visit for several follow-ups. The first kind is the chosen follow-up's."""

    follow_up_ids: tuple[int, ...]
    kind_ids: tuple[int, ...]
    duration_minutes: int
    window: Window


def is_near(due: Due, chosen: Due, *, near_days: int = NEAR_DAYS) -> bool:
    """Whether the windows overlap, or the targets are at most ``near_days`` apart."""
    one, other = due.window, chosen.window
    overlap = one.target_on <= other.latest_on and other.target_on <= one.latest_on
    return overlap or abs(one.target_on - other.target_on) <= timedelta(days=near_days)


def fits_on(due: Due, day: date, *, near_days: int = NEAR_DAYS) -> bool:
    """Whether a visit on ``day`` can serve: in the window, at most ``near_days`` before it, or when it is overdue."""
    return day >= due.window.target_on - timedelta(days=near_days)


def combine(
    chosen: Due, others: Iterable[Due], *, visit_on: date | None = None, near_days: int = NEAR_DAYS
) -> Combined:
    """One visit for the chosen follow-up and those of the same patient that are near it.

    Before a day is chosen those count whose windows overlap the chosen one's or whose targets are near; with
    ``visit_on``, those that a visit on that day can serve. The duration is the sum over the distinct kinds of visit:
    two follow-ups of one kind are seen to at once. The window is the one in which all are in time; where
    there is none, it ends with the earliest ``latest_on`` and begins with the chosen target or at that end.
    """
    taken = [chosen]
    for due in sorted(others, key=lambda each: (each.window.latest_on, each.window.target_on, each.id)):
        is_taken = is_near(due, chosen, near_days=near_days) if visit_on is None else fits_on(due, visit_on)
        if due.id != chosen.id and is_taken:
            taken.append(due)
    kinds: dict[int, int] = {}
    for due in taken:
        kinds.setdefault(due.kind_id, due.duration_minutes)
    return Combined(
        follow_up_ids=tuple(due.id for due in taken),
        kind_ids=tuple(kinds),
        duration_minutes=sum(kinds.values()),
        window=_window(chosen, taken),
    )


def _window(chosen: Due, taken: Sequence[Due]) -> Window:
    windows = [due.window for due in taken]
    latest_on = min(window.latest_on for window in windows)
    target_on = max(window.target_on for window in windows)
    if target_on > latest_on:
        target_on = min(chosen.window.target_on, latest_on)
    limits = [window.must_by for window in windows if window.must_by is not None]
    return Window(
        target_on=target_on,
        latest_on=latest_on,
        must_by=min(limits, default=None),
        earliest_on=chosen.window.earliest_on,
    )
