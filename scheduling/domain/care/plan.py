"""From the facts about one patient and pump to the follow-ups that are wanted.

A follow-up's key stays the same for as long as its reason does: (patient, row, anchor, occurrence). Dates are not
part of it, so a corrected date moves a follow-up and never doubles it. The same facts give the same plan on the
same day; a later day only adds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from clinic.domain.register.reasons import gettext_noop
from scheduling.domain.care.protocol import (
    REFILL_ROW_KEY,
    Anchor,
    Mode,
    Occurrence,
    Row,
    occurrences,
)
from scheduling.domain.care.relative_date import RelativeDate, Unit

HORIZON = RelativeDate(13, Unit.MONTH)
"""What repeats is planned so far ahead; of what is rarer, the next one always."""

RECORDED_LATE_DAYS = 30
"""What was due so long before its anchor was recorded is history, and nobody is asked to do it now."""

LOOK_BACK_DAYS = 120
"""A follow-up never planned is not begun so long after its last day: longer than any outage, and the bound on
how far back anchors are read."""

_NONE: frozenset[int] = frozenset()
REFILL_TITLE = gettext_noop("Refill")
REFILL_VISIT_KIND = "refill"


class FollowUpKey(NamedTuple):
    """Which follow-up of a patient. ``anchor_key`` names the fact it is counted from: ``fill:12``."""

    row_key: str
    anchor_key: str
    occurrence: int = 0


@dataclass(frozen=True, slots=True)
class AnchorFact:
    """Something that happened, or is planned, on a local date; ``recorded_on`` is when it was first typed in."""

    kind: Anchor
    key: str
    on: date
    recorded_on: date


@dataclass(frozen=True, slots=True)
class RefillFacts:
    """The next refill of a pump in place: counted from the newest fill, or from the implant before the first.

    The dates are the forecast's, both None while it is in review. ``earlier_keys`` are the anchors that this
    one has taken the place of.
    """

    anchor: Anchor
    anchor_key: str
    anchored_on: date
    target_on: date | None
    latest_on: date | None
    earlier_keys: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class CareFacts:
    """One patient's pump, or, without ``implant_id``, what the patient has planned before there is one."""

    patient_id: int
    implant_id: int | None = None
    anchors: tuple[AnchorFact, ...] = ()
    is_programmable: bool = True
    died_on: date | None = None
    explanted_on: date | None = None
    refill: RefillFacts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A follow-up as it should be. One that may not be created is wanted only where it is stored already."""

    key: FollowUpKey
    anchor: Anchor
    anchored_on: date
    target_on: date | None
    latest_on: date | None
    title: str
    mode: Mode
    instructions: str = ""
    visit_kind_key: str = ""
    row_id: int | None = field(default=None, compare=False)
    may_be_created: bool = field(default=True, compare=False)


def plan(
    facts: CareFacts,
    rows: Sequence[Row],
    *,
    today: date,
    until: date | None = None,
    kept: Collection[FollowUpKey] = (),
) -> list[Planned]:
    """Every follow-up that is wanted on ``today``, in the order of anchors and rows; with ``until``, on any of the days
    from today until then.

    ``kept`` are the keys of the stored ones that are not closed by a person: they are planned wherever the
    facts still call for them, however long ago they were due, so that none is dropped for its age. A death ends
    the plan; an explant ends all of it but what follows the explant itself.
    """
    if facts.died_on is not None:
        return []
    kept_numbers: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    for key in kept:
        kept_numbers[key.row_key, key.anchor_key].add(key.occurrence)
    by_anchor = rows_by_anchor(rows)
    until = until or today
    span = _Span(today, until, HORIZON.on(until))
    planned = [_refill(facts.refill)] if facts.refill is not None and facts.explanted_on is None else []
    for anchor in facts.anchors:
        if facts.explanted_on is not None and anchor.kind is not Anchor.EXPLANT:
            continue
        days_ago = (today - anchor.on).days - LOOK_BACK_DAYS
        for row in by_anchor.get(anchor.kind, ()):
            if row.only_programmable and not facts.is_programmable:
                continue
            numbers = kept_numbers.get((row.key, anchor.key), _NONE)
            if not numbers and row.reach_days is not None and max(row.reach_days, 0) < days_ago:
                continue  # all of it is over for too long to be begun
            planned += [
                _planned(row, anchor, occurrence, may_be_created=is_new)
                for occurrence, is_new in _wanted(row, anchor, span, numbers)
            ]
    return planned


def rows_by_anchor(rows: Sequence[Row]) -> Mapping[Anchor, list[Row]]:
    """The rows in use, by what they are counted from."""
    grouped: defaultdict[Anchor, list[Row]] = defaultdict(list)
    for row in rows:
        if row.is_active:
            grouped[row.anchor].append(row)
    return grouped


def furthest_back(rows: Sequence[Row], kind: Anchor, *, today: date) -> date:
    """An anchor of this kind before this day can call for nothing new any more."""
    reaches = [row.reach_days for row in rows if row.anchor is kind and row.is_active]
    most = max((reach for reach in reaches if reach is not None), default=0)
    return today - timedelta(days=max(most, 0) + LOOK_BACK_DAYS)


def is_made_up_for(row: Row, anchor: AnchorFact, latest_on: date, *, today: date) -> bool:
    """Whether a follow-up that was never planned is still begun.

    An anchor typed in late creates no history: not what passed more than 30 days before anybody recorded it,
    or before the protocol had the row, and no watch that was over by then. What is to be done *before* something
    that was still ahead then is no history, however short the time left. Nothing is begun 120 days after both
    its last day and its anchor.
    """
    if max(latest_on, anchor.on) < today - timedelta(days=LOOK_BACK_DAYS):
        return False
    known_on = anchor.recorded_on if row.introduced_on is None else max(anchor.recorded_on, row.introduced_on)
    if latest_on <= anchor.on and anchor.on >= known_on:
        return True
    grace = 0 if row.mode is Mode.WATCH else RECORDED_LATE_DAYS
    return latest_on >= known_on - timedelta(days=grace)


class _Span(NamedTuple):
    """The days of which a plan is asked: from the first on things are begun, by the last one the horizon has moved on."""

    first: date
    last: date
    horizon: date


def _wanted(
    row: Row, anchor: AnchorFact, span: _Span, kept: Collection[int]
) -> Iterator[tuple[Occurrence, bool]]:
    """The occurrences that are wanted, each with whether it may be created."""
    last_kept = max(kept, default=-1)
    has_next = False
    since = None if kept else span.first - timedelta(days=LOOK_BACK_DAYS)
    for occurrence in occurrences(row, anchor.on, since=since):
        is_far = bool(row.repeats) and has_next and occurrence.target_on > span.horizon
        if is_far and occurrence.number > last_kept:
            return
        has_next = has_next or occurrence.target_on > span.last
        is_new = not is_far and is_made_up_for(row, anchor, occurrence.latest_on, today=span.first)
        if is_new or occurrence.number in kept:
            yield occurrence, is_new


def _planned(row: Row, anchor: AnchorFact, occurrence: Occurrence, *, may_be_created: bool) -> Planned:
    return Planned(
        key=FollowUpKey(row.key, anchor.key, occurrence.number),
        anchor=anchor.kind,
        anchored_on=anchor.on,
        target_on=occurrence.target_on,
        latest_on=occurrence.latest_on,
        title=row.title,
        instructions=row.instructions,
        mode=row.mode,
        visit_kind_key=row.visit_kind_key,
        row_id=row.row_id,
        may_be_created=may_be_created,
    )


def _refill(refill: RefillFacts) -> Planned:
    return Planned(
        key=FollowUpKey(REFILL_ROW_KEY, refill.anchor_key),
        anchor=refill.anchor,
        anchored_on=refill.anchored_on,
        target_on=refill.target_on,
        latest_on=refill.latest_on,
        title=REFILL_TITLE,
        mode=Mode.VISIT,
        visit_kind_key=REFILL_VISIT_KIND,
    )
