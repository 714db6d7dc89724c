"""Between now and the moment named, time alone gives no other plan; whatever is known and whenever one asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.domain.plan import (
    DEFAULT_RULES,
    Holding,
    Known,
    PatientFacts,
    Plan,
    Policy,
    RefillFacts,
    next_moment,
    plan,
)
from notifications.domain.states import State
from tests.domain.reminders import CHICAGO, NOW, TODAY, facts, planned, reader, stored, visit
from tests.domain.test_reminder_laws import patients, policies

SECOND = timedelta(seconds=1)
MOST = timedelta(days=90)
STATES = st.sampled_from(
    [State.QUEUED] * 4
    + [State.ACCEPTED, State.ACCEPTED, State.SUPPRESSED, State.UNKNOWN, State.FAILED, State.MISSED]
)


def says(found: Plan) -> tuple[object, ...]:
    return (found.messages, found.why_gone, found.versions, found.outdated)


@st.composite
def known_patients(draw: st.DrawFn, policy: Policy) -> PatientFacts:
    """As stored after earlier plans, some of it sent, and the facts moved on since."""
    of = draw(patients())
    rows = []
    for row in stored(planned(of, policy=policy)):
        if draw(st.integers(0, 4)) == 0:
            continue
        state = draw(STATES)
        if state in (State.ACCEPTED, State.UNKNOWN, State.FAILED):
            sent_at = row.due_at - timedelta(hours=draw(st.integers(0, 400)))
            left = draw(st.sampled_from([Holding.NOTHING, Holding.ENTRY]))
            rows.append(replace(row, state=state, first_sent_at=sent_at, left=left))
        else:
            rows.append(replace(row, state=state))
    visits = tuple(replace(each, sequence=each.sequence + draw(st.integers(0, 1))) for each in of.visits)
    return replace(of, known=tuple(rows), visits=visits)


@settings(max_examples=400, deadline=None)
@given(st.data(), policies, st.integers(0, 60 * 24 * 60), st.floats(0, 1))
def test_no_plan_changes_before_the_moment(
    data: st.DataObject, policy: Policy, minutes: int, share: float
) -> None:
    of = data.draw(known_patients(policy))
    now = NOW + timedelta(minutes=minutes)
    until = moment(of, policy=policy, now=now)
    last = now + MOST if until is None else until - SECOND
    before = says(planned(of, policy=policy, now=now))
    for then in (last, now + (last - now) * share):
        assert says(planned(of, policy=policy, now=max(then, now))) == before


def moment(of: PatientFacts, *, policy: Policy | None = None, now: datetime = NOW) -> datetime | None:
    policy = policy or Policy()
    return next_moment(of, plan(of, DEFAULT_RULES, policy, now=now), policy, now=now)


def test_of_somebody_with_nothing_ahead_there_is_none() -> None:
    assert moment(facts()) is None


def test_it_is_the_hour_of_the_first_letter_then_of_the_next() -> None:
    of = facts(visits=(visit(30),))
    first, second, third = (each.due_at for each in planned(of).messages)
    assert moment(of) == first
    assert moment(of, now=first) == second
    assert moment(of, now=second) == third


def test_whoever_was_asked_lately_is_asked_again_a_fortnight_on() -> None:
    refill = RefillFacts(
        implant_id=3,
        fill_id=7,
        target_visit_on=TODAY + timedelta(days=10),
        latest_visit_on=TODAY + timedelta(days=60),
    )
    asked = planned(facts(refills=(refill,))).messages[0]
    row = replace(stored(planned(facts(refills=(refill,))))[0], version="2000-01-01")
    told: Known = replace(row, state=State.ACCEPTED, first_sent_at=NOW - timedelta(days=9))
    of = facts(refills=(refill,), known=(told,))
    assert asked.sends
    assert not any(each.sends for each in planned(of).messages)
    again_at = NOW + timedelta(days=5)
    assert (moment(of) or again_at) <= again_at
    assert any(each.sends for each in planned(of, now=again_at).messages)


def test_an_invitation_ends_with_the_last_hour_before_it_that_is_not_quiet() -> None:
    policy = Policy(is_invitation_on=True)
    of = facts(readers=(reader(),), visits=(visit(1, at=time(7, 30)),))
    evening = datetime.combine(TODAY, time(20, 59), CHICAGO)
    sends = [each for each in planned(of, policy=policy, now=evening).messages if each.sends]
    night = [
        each for each in planned(of, policy=policy, now=evening + timedelta(minutes=2)).messages if each.sends
    ]
    assert len(night) < len(sends)
    until = moment(of, policy=policy, now=evening)
    assert until is not None
    assert until <= evening + timedelta(minutes=1)
