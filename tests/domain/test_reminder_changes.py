"""What somebody who was told of a visit is told when it moves, is called off, or stands again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from notifications.domain.plan import (
    Move,
    PatientFacts,
    Standing,
    WhyNot,
)
from notifications.domain.states import State
from tests.domain.reminders import (
    NOW,
    SMS,
    facts,
    known,
    planned,
    reader,
    steps,
    stored,
    visit,
    with_known,
)

MOVED, CANCELLED = "moved", "cancelled"


def told(of: PatientFacts, step: str, *, at: datetime = NOW, state: State = State.ACCEPTED) -> PatientFacts:
    """The same once one of its messages went out."""
    (message,) = [each for each in planned(of).messages if each.wish.step == step]
    return with_known(of, known(message, state, first_sent_at=at))


LATER = NOW + timedelta(hours=1)


@pytest.mark.parametrize("state", [State.ACCEPTED, State.DELIVERED])
def test_who_was_told_of_a_visit_is_told_that_it_moved(state: State) -> None:
    before = visit(30)
    moved = replace(
        visit(33),
        sequence=1,
        since=LATER,
        moves=(Move(LATER, before.starts_at),),
    )
    of = replace(told(facts(visits=(before,)), "d14", state=state), visits=(moved,))
    found = planned(of, now=LATER)
    assert steps(found) == [(MOVED, "email"), ("d14", "email"), ("d3", "sms"), ("d1", "sms")]
    (change, *_) = found.messages
    assert (change.due_at, change.not_after) == (LATER + timedelta(minutes=10), moved.starts_at)
    assert change.wish.version == "1"
    assert found.outdated == {900}


@pytest.mark.parametrize("standing", [Standing.OFF, Standing.UNPLACED])
def test_who_was_told_of_a_visit_is_told_that_it_is_off(standing: Standing) -> None:
    off = visit(30, standing=standing, sequence=1, since=LATER)
    of = replace(told(facts(visits=(visit(30),)), "d14"), visits=(off,))
    assert steps(planned(of, now=LATER)) == [(CANCELLED, "email")]


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN])
def test_what_may_have_gone_out_is_marked_and_corrected_once_it_is_known(state: State) -> None:
    off = visit(30, standing=Standing.OFF, sequence=1, since=LATER)
    found = planned(replace(told(facts(visits=(visit(30),)), "d14", state=state), visits=(off,)), now=LATER)
    assert not found.messages
    assert found.outdated == {900}


def test_who_was_never_told_is_told_of_no_change() -> None:
    of = facts(visits=(visit(30),))
    waiting = stored(planned(of))
    off = visit(30, standing=Standing.OFF, sequence=1, since=LATER)
    found = planned(replace(of, visits=(off,), known=waiting), now=LATER)
    assert not found.messages
    assert not found.outdated


def test_a_change_that_is_undone_before_it_was_told_is_none() -> None:
    again = visit(30, sequence=2, since=LATER)
    of = replace(told(facts(visits=(visit(30),)), "d14"), visits=(again,))
    assert MOVED not in dict(steps(planned(of, now=LATER)))
    assert CANCELLED not in dict(steps(planned(of, now=LATER)))


def test_who_was_told_that_it_is_off_is_told_that_it_is_on_again() -> None:
    off = visit(30, standing=Standing.OFF, sequence=1, since=LATER)
    of = replace(told(facts(visits=(visit(30),)), "d14"), visits=(off,))
    (change,) = planned(of, now=LATER).messages
    of = with_known(of, known(change, State.ACCEPTED, number=901, first_sent_at=change.due_at))
    later = LATER + timedelta(hours=1)
    again = planned(replace(of, visits=(visit(30, sequence=2, since=later),)), now=later)
    assert (MOVED, "email") in steps(again)


@pytest.mark.parametrize(
    ("version", "least", "most", "seconds", "is_outdated"),
    [
        (0, 1, 1, 2, True),  # the move began before the message and was committed after it
        (0, 1, 2, 2, True),
        (1, 1, 1, 0, False),  # another step came later; the message knew of the move
        (1, 0, 1, 0, False),
        (1, 0, 2, 0, True),  # only the clock can tell
        (1, 0, 2, 2, False),
    ],
)
def test_a_message_said_what_its_version_says_whatever_the_clock(
    version: int, least: int, most: int, seconds: int, is_outdated: bool
) -> None:
    before, sent_at = visit(30, sequence=version), LATER + timedelta(seconds=seconds)
    now = visit(33, sequence=2, since=LATER, moves=(Move(LATER, before.starts_at, least, most),))
    of = replace(told(facts(visits=(before,)), "d14", at=sent_at), visits=(now,))
    found = planned(of, now=LATER + timedelta(minutes=1))
    assert (bool(found.outdated), MOVED in dict(steps(found))) == (is_outdated, is_outdated)


def test_another_nurse_at_the_same_time_is_nothing_to_tell() -> None:
    before = visit(30)
    same = visit(30, sequence=1, since=LATER, moves=(Move(LATER, before.starts_at),))
    found = planned(replace(told(facts(visits=(before,)), "d14"), visits=(same,)), now=LATER)
    assert MOVED not in dict(steps(found))
    assert not found.outdated


def test_one_who_has_died_and_whose_visit_is_called_off_hears_nothing_more() -> None:
    off = visit(30, standing=Standing.OFF, sequence=1, since=LATER)
    of = replace(told(facts(visits=(visit(30),)), "d14"), visits=(off,), has_died=True)
    found = planned(of, now=LATER)
    assert not found.messages
    assert found.why_not(of.known[0], now=LATER) is WhyNot.ENDED


def test_a_change_is_told_whatever_went_before() -> None:
    before = visit(2, since=NOW - timedelta(days=5))
    off = visit(2, standing=Standing.OFF, sequence=1, since=NOW)
    (last,) = [each for each in planned(facts(visits=(before,)), now=NOW).messages if each.wish.step == "d1"]
    went = known(last, State.DELIVERED, first_sent_at=NOW - timedelta(minutes=30))
    found = planned(facts(visits=(off,), known=(went,), readers=(reader(SMS),)))
    assert steps(found) == [(CANCELLED, "sms")]
