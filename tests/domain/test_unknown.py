"""What becomes of a message of which nobody knows whether it left; and a carrier that is of no use rests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.breaker import LONGEST_REST, TRIPS_AFTER, Breaker
from notifications.domain.states import (
    BACKOFF,
    LONGEST_RETRY_AFTER,
    MOST_ATTEMPTS,
    TABLE,
    TRANSITIONS,
    Outcome,
    State,
    after_attempt,
    moves_forward,
    state_diagram,
    wait_after,
)
from notifications.domain.transport import Capability
from notifications.domain.unknown import MOST_LOOKS, Means, WayOut, way_out

NOW = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
REMEMBERS = Capability(idempotent_for=HOUR)
ANSWERS = Capability(settle=10 * SECOND)
BOTH = Capability(idempotent_for=HOUR, settle=10 * SECOND)
NEITHER = Capability()


def out(
    capability: Capability, *, sent: timedelta = 2 * SECOND, looks: int = 0, **more: bool
) -> WayOut | None:
    """The way out, so long after the first and only attempt; the waits at their longest."""
    return way_out(
        capability,
        first_sent_at=NOW - sent,
        last_sent_at=NOW - sent,
        looks_made=looks,
        now=NOW,
        chance=1.0,
        **more,
    )


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        (out(REMEMBERS), WayOut(NOW + SECOND, Means.SEND_AGAIN)),
        (out(REMEMBERS, looks=1), WayOut(NOW + BACKOFF[0], Means.SEND_AGAIN)),
        (out(REMEMBERS, sent=timedelta(minutes=53)), WayOut(NOW + SECOND, Means.SEND_AGAIN)),
        (out(REMEMBERS, sent=timedelta(minutes=54)), None),  # the last tenth of its memory is left alone
        (out(REMEMBERS, is_wanted=False), None),
        (out(ANSWERS), WayOut(NOW + 8 * SECOND, Means.LOOK_UP)),
        (out(ANSWERS, sent=HOUR), WayOut(NOW, Means.LOOK_UP)),
        (out(ANSWERS, is_wanted=False), WayOut(NOW + 8 * SECOND, Means.LOOK_UP)),
        (out(ANSWERS, looks=2), WayOut(NOW + BACKOFF[1], Means.LOOK_UP)),
        (out(ANSWERS, looks=MOST_LOOKS), None),
        (out(BOTH), WayOut(NOW + SECOND, Means.SEND_AGAIN)),
        (out(BOTH, sent=HOUR), WayOut(NOW, Means.LOOK_UP)),
        (out(BOTH, is_wanted=False), WayOut(NOW + 8 * SECOND, Means.LOOK_UP)),
        (out(NEITHER), None),
    ],
)
def test_an_unknown_message_is_cleared_up_by_what_its_carrier_promises(
    way: WayOut | None, expected: WayOut | None
) -> None:
    assert way == expected


@given(
    window=st.timedeltas(SECOND, timedelta(days=2)),
    sent=st.timedeltas(timedelta(0), timedelta(days=3)),
    looks=st.integers(0, 12),
    chance=st.floats(0, 1),
)
def test_nothing_is_sent_again_when_the_carrier_may_have_forgotten_the_key(
    window: timedelta, sent: timedelta, looks: int, chance: float
) -> None:
    way = way_out(
        Capability(idempotent_for=window),
        first_sent_at=NOW - sent,
        last_sent_at=NOW,
        looks_made=looks,
        now=NOW,
        chance=chance,
    )
    assert way is None or (way.at > NOW and way.at - (NOW - sent) < window * 0.9)


@given(
    attempts=st.integers(1, 20), chance=st.floats(0, 1), asked=st.timedeltas(timedelta(0), timedelta(days=2))
)
def test_a_wait_is_at_most_its_step_and_at_least_what_the_provider_asks(
    attempts: int, chance: float, asked: timedelta
) -> None:
    wait = wait_after(attempts, chance=chance, retry_after=asked)
    least = min(asked, LONGEST_RETRY_AFTER)
    assert max(least, SECOND) <= wait <= max(least, BACKOFF[-1])


def test_six_attempts_are_made_and_no_more() -> None:
    states = [after_attempt(Outcome.POSTPONED, n)[0] for n in range(1, MOST_ATTEMPTS + 1)]
    assert states == [State.QUEUED] * 5 + [State.DEAD]


def test_reports_in_any_order_and_any_number_end_in_the_same_state() -> None:
    from itertools import permutations

    reports = (State.ACCEPTED, State.FAILED, State.DELIVERED, State.ACCEPTED, State.DELIVERED)
    for start in (State.UNKNOWN, State.ACCEPTED, State.QUEUED, State.DEAD):
        ends = set()
        for order in permutations(reports):
            state = start
            for each in order:
                if moves_forward(state, each):
                    assert each in TRANSITIONS[state]
                    state = each
            ends.add(state)
        assert ends == {State.DELIVERED}


def test_only_what_was_certainly_not_sent_goes_back_to_the_queue() -> None:
    back = {(before, why.name) for before, why, afters in TABLE if State.QUEUED in afters}
    assert back == {
        (State.CLAIMED, "LOOK"),
        (State.CLAIMED, "LEASE"),
        (State.SENDING, "OUTCOME"),
        (State.UNKNOWN, "PROOF"),
        (State.MISSED, "CHANGE"),
        (State.SUPPRESSED, "CHANGE"),
        (State.CANCELLED, "CHANGE"),
    }


def test_a_carrier_that_fails_again_and_again_rests_and_is_tried_with_one() -> None:
    fuse = Breaker()
    assert fuse.most(now=NOW, size=20) == 20
    for n in range(1, TRIPS_AFTER):
        fuse = fuse.after(Outcome.UNKNOWN, now=NOW)
        assert fuse.most(now=NOW, size=20) == TRIPS_AFTER - n
    fuse = fuse.after(Outcome.POSTPONED, now=NOW)
    assert fuse.most(now=NOW, size=20) == 0
    assert fuse.rests_until is not None
    assert fuse.most(now=fuse.rests_until, size=20) == 1
    for _ in range(20):
        fuse = fuse.after(Outcome.UNKNOWN, now=NOW)
    assert fuse.rests_until == NOW + LONGEST_REST
    assert fuse.after(Outcome.REFUSED, now=NOW) == Breaker(), "a refusal is an answer"


def test_the_diagram_in_the_reference_is_the_table() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "reference" / "messages.md"
    assert f"```mermaid\n{state_diagram()}```" in page.read_text(), "run `manage.py draw_messages`"
