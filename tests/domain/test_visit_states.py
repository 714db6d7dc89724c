"""What may happen to a visit: the table, from every side; and the diagram in the reference is the table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from clinic.domain.checks import RecordError
from scheduling.domain.visit_states import (
    BLOCKING,
    CANNOT,
    ENDED,
    TRANSITIONS,
    Standing,
    Transition,
    VisitEvent,
    VisitState,
    When,
    can,
    check_can,
    events_possible,
    needs_reason,
    state_diagram,
    steps,
)
from tests.servers import SOURCE

S, E = VisitState, VisitEvent
START = datetime(2026, 3, 3, 15, tzinfo=UTC)
DAY = datetime(2026, 3, 3, 6, tzinfo=UTC)
LATER = START + timedelta(hours=1)


def standing(state: VisitState) -> Standing:
    return Standing(state, starts_at=START, day_starts_at=DAY)


def test_a_visit_blocks_or_has_ended_or_waits() -> None:
    assert set(S) == BLOCKING | ENDED | {S.WAITLIST}
    assert not BLOCKING & ENDED


@pytest.mark.parametrize(("event", "state"), list(product(E, S)), ids=str)
def test_what_is_not_in_the_table_is_refused(event: VisitEvent, state: VisitState) -> None:
    rows = steps(event, state)
    assert can(event, standing(state), now=LATER) == bool(rows)
    if rows:
        assert check_can(event, standing(state), now=LATER, reason="why") is rows[0].after
    else:
        with pytest.raises(RecordError) as refused:
            check_can(event, standing(state), now=LATER, reason="why")
        assert (refused.value.field, refused.value.reason.message) == ("status", CANNOT[event])


@pytest.mark.parametrize("row", [row for row in TRANSITIONS if row.before], ids=str)
def test_a_step_waits_for_its_time_and_for_its_reason(row: Transition) -> None:
    assert row.before is not None
    place = standing(row.before)
    for when, at in ((When.BEGUN, START), (When.ITS_DAY, DAY)):
        if row.when is when:
            assert not can(row.event, place, now=at - timedelta(microseconds=1), after=row.after)
            assert can(row.event, place, now=at, after=row.after)
    if row.needs_reason:
        with pytest.raises(RecordError, match="reason: say why"):
            check_can(row.event, place, now=LATER, reason="  ", after=row.after)


def test_an_ended_visit_comes_back_by_an_undo_only() -> None:
    for state in ENDED:
        assert events_possible(standing(state), now=LATER) == {E.UNDO}


def test_an_undo_leads_where_a_step_came_from() -> None:
    there = {(row.before, row.after) for row in TRANSITIONS if row.event not in (E.UNDO, E.MOVE, E.DISPLACE)}
    back = {(row.after, row.before) for row in TRANSITIONS if row.event is E.UNDO}
    assert back == {(before, after) for before, after in there if before not in (None, S.PROPOSED) and after}


def test_an_undo_to_another_status_than_the_one_before_is_refused() -> None:
    assert can(E.UNDO, standing(S.CHECKED_IN), now=LATER, after=S.ARRIVED)
    assert not can(E.UNDO, standing(S.CHECKED_IN), now=LATER, after=S.PENDING)


def test_not_coming_is_no_cancellation_and_needs_the_hour() -> None:
    assert not can(E.MISS, standing(S.BOOKED), now=START - timedelta(seconds=1))
    assert can(E.CANCEL, standing(S.BOOKED), now=START - timedelta(seconds=1))
    assert needs_reason(E.CANCEL, S.BOOKED)
    assert not needs_reason(E.MISS, S.BOOKED)


def test_every_status_but_one_is_reached_and_the_table_says_a_thing_once() -> None:
    reached = {row.after for row in TRANSITIONS}
    assert set(S) - reached == {S.WAITLIST}
    keys = [(row.event, row.before, row.after) for row in TRANSITIONS]
    assert len(keys) == len(set(keys))


def test_the_diagram_in_the_reference_is_the_table() -> None:
    text = (SOURCE / "docs" / "reference" / "visits.md").read_text()
    assert f"```mermaid\n{state_diagram()}```" in text, "run `manage.py draw_visits`"
