"""Whether anybody is told of a visit: told, nobody to tell it to, or nothing that the clinic wants told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from notifications.domain.plan import (
    DEFAULT_RULES,
    Move,
    PatientFacts,
    Policy,
    Reach,
    Reader,
    Rule,
    Standing,
    reach_of_visits,
)
from notifications.domain.states import State
from tests.domain.reminders import (
    ALL,
    EMAIL,
    NOW,
    SMS,
    address,
    facts,
    known,
    planned,
    reader,
    stored,
    visit,
    with_known,
)

NOBODY = (Reader(),)
NO_CONSENT = frozenset[object]()


def reach(
    of: PatientFacts,
    *,
    rules: tuple[Rule, ...] = DEFAULT_RULES,
    policy: Policy | None = None,
    later: timedelta = timedelta(),
) -> Reach | None:
    return reach_of_visits(of, rules, policy or Policy(), now=NOW + later).get(5)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, Reach.TOLD),
        ({"readers": NOBODY}, Reach.NOBODY),
        ({"consents": NO_CONSENT}, Reach.NOBODY),
        ({"readers": (Reader(addresses=(address(EMAIL, is_stopped=True),)),)}, Reach.NOBODY),
        ({"readers": (reader(SMS),), "consents": {(EMAIL, "reminders")}}, Reach.NOBODY),
        ({"readers": (reader(SMS),), "consents": {(SMS, "check_ins")}}, Reach.NOBODY),
        # A helper who hears of it is somebody.
        ({"readers": (Reader(), reader(EMAIL, proxy_id=4))}, Reach.TOLD),
        ({"readers": (reader(SMS),)}, Reach.TOLD),
    ],
)
def test_who_can_be_reached_by_some_way_is_told(change: dict[str, object], expected: Reach) -> None:
    assert reach(facts(visits=(visit(30),), **change)) is expected


def test_a_clinic_without_texts_reaches_nobody_by_number() -> None:
    of = facts(visits=(visit(30),), readers=(reader(SMS),))
    assert reach(of, policy=Policy(is_text_on=False)) is Reach.NOBODY


def test_what_the_clinic_does_not_tell_and_what_was_past_at_booking_is_nobodys_fault() -> None:
    unreachable = facts(visits=(visit(30),), readers=NOBODY)
    assert reach(unreachable, rules=()) is Reach.NOT_WANTED
    assert reach(facts(visits=(visit(0, at=visit().starts_at.time()),), readers=NOBODY)) is Reach.NOT_WANTED
    # Two of three steps had passed, the last had not.
    assert reach(facts(visits=(visit(2),), readers=NOBODY)) is Reach.NOBODY


def test_it_stays_so_after_the_hour_of_the_last_step() -> None:
    unreachable = facts(visits=(visit(3),), readers=NOBODY)
    assert reach(unreachable, later=timedelta(days=2, hours=12)) is Reach.NOBODY
    # An address that comes too late for every step tells nobody anything, and is nobody's absence either.
    assert reach(facts(visits=(visit(3),)), later=timedelta(days=2, hours=12)) is Reach.NOT_WANTED


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.QUEUED, Reach.TOLD),
        (State.DELIVERED, Reach.TOLD),
        (State.UNKNOWN, Reach.TOLD),
        (State.FAILED, Reach.NOBODY),
        (State.SUPPRESSED, Reach.NOBODY),
    ],
)
def test_who_was_told_before_the_address_went_is_told(state: State, expected: Reach) -> None:
    of = facts(visits=(visit(30),))
    first = planned(of).messages[0]
    of = replace(of, readers=NOBODY)
    assert reach(with_known(of, known(first, state))) is expected


def test_who_was_told_another_time_is_not_told_of_this_one() -> None:
    of = facts(visits=(visit(30),))
    old = known(planned(of).messages[0], State.DELIVERED, first_sent_at=NOW - timedelta(hours=1))
    moved = visit(31, sequence=1)
    as_it_stands = replace(of, visits=(moved,), readers=NOBODY)
    elsewhere = replace(moved, moves=(Move(NOW - timedelta(minutes=1), visit(30).starts_at),))
    same = replace(moved, moves=(Move(NOW - timedelta(minutes=1), moved.starts_at),))
    assert reach(with_known(replace(as_it_stands, visits=(elsewhere,)), old)) is Reach.NOBODY
    assert reach(with_known(replace(as_it_stands, visits=(same,)), old)) is Reach.TOLD


def test_an_answer_is_word_enough_and_one_in_a_digest_is_told() -> None:
    assert reach(facts(visits=(visit(30, answer="confirmed"),), readers=NOBODY)) is Reach.TOLD
    two = facts(visits=(visit(30), visit(30, number=6)))
    carried = with_known(two, *stored(planned(two)))
    assert set(
        reach_of_visits(replace(carried, readers=NOBODY), DEFAULT_RULES, Policy(), now=NOW).values()
    ) == {Reach.TOLD}


@pytest.mark.parametrize("standing", [each for each in Standing if each is not Standing.BOOKED])
def test_only_what_stands_is_asked_about(standing: Standing) -> None:
    assert reach(facts(visits=(visit(30, standing=standing),), readers=NOBODY, consents=ALL)) is None
