"""Workers, beat and dispatcher killed at random while thousands of messages leave: none is lost, none is doubled.

A tenth of it runs with every `make test`; `make soak` runs it in full and prints the figures that
docs/RELIABILITY.md quotes. Same code, another number.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis
from django.db.models import Q

from notifications.domain.states import State
from notifications.models import Attempt, Escalation, Message
from tests import broker
from tests.factories import make_clinic
from tests.faults.mail_room import PROMISES, Crew, Gateway, gateway, say
from tests.message_rows import make_due_messages, zone_where_it_is_day
from tests.servers import Process, dispatcher, environment

pytestmark = pytest.mark.django_db(transaction=True)
StartProcess = Callable[..., Process]

IN_FULL = bool(os.environ.get("SOAK"))
SHARE = 1 if IN_FULL else 10
MESSAGES = 10_000 // SHARE
KILLS = 50 // SHARE
FLUSHES = 3 if IN_FULL else 1
LONGEST_SECONDS = 3_600 if IN_FULL else 420
SEED = int(os.environ.get("SOAK_SEED", "1"))
ON_ITS_WAY = Q(state__in=[State.QUEUED, State.CLAIMED, State.SENDING]) | Q(
    state=State.UNKNOWN, look_again_at__isnull=False
)


def fill_outbox() -> None:
    house = make_clinic(time_zone=zone_where_it_is_day())
    made = make_due_messages(house.clinic, number=MESSAGES, actor_id=house.nurse.id, now=datetime.now(UTC))
    assert len(made) == MESSAGES


def left() -> int:
    return Message.objects.filter(ON_ITS_WAY, channel="sms").count()


def run_to_the_end(crew: Crew, at_shares: Callable[[int], None]) -> float:
    """Kill somebody each time another share of the messages has left, then wait for the last; the seconds it took."""
    began = time.monotonic()
    crew.begin()
    done = 0
    while remaining := left():
        share = (MESSAGES - remaining) * (KILLS + 1) // MESSAGES
        if share > done and done < KILLS:
            done += 1
            crew.kill_one()
            at_shares(done)
        assert time.monotonic() - began < LONGEST_SECONDS, f"{remaining} are left:\n{crew.output()}"
        time.sleep(0.2)
    assert crew.killed.total() == KILLS, "all of it happened while messages were leaving"
    return time.monotonic() - began


def judge(place: Gateway, promise: str) -> tuple[int, int, int]:
    """(lost, doubled, unknown), by what the gateway itself wrote down that it took."""
    taken: Counter[str] = place.taken()
    refs = {
        str(ref): state for ref, state in Message.objects.filter(channel="sms").values_list("ref", "state")
    }
    assert set(taken) <= set(refs)
    unknown = {ref for ref, state in refs.items() if state == State.UNKNOWN}
    owned = set(
        Escalation.objects.filter(acknowledged_at__isnull=True, message__channel="sms").values_list(
            "message__ref", flat=True
        )
    )
    assert {str(ref) for ref in owned} == unknown, "each in somebody's hands, and nothing else"
    assert set(refs.values()) <= {State.ACCEPTED, State.DELIVERED, State.UNKNOWN}
    lost = [ref for ref in refs if ref not in taken and ref not in unknown]
    doubled = [ref for ref, times in taken.items() if times > 1]
    if promise != "neither":
        assert not unknown, "whoever can be asked, or knows keys, leaves nobody in doubt"
    assert len(unknown) <= Attempt.objects.filter(outcome="unknown").count()
    return len(lost), len(doubled), len(unknown)


def tell(what: str, crew: Crew, seconds: float, figures: tuple[int, int, int]) -> None:
    lost, doubled, unknown = figures
    killed = ", ".join(f"{number} {name}" for name, number in sorted(crew.killed.items()))
    unsure = Attempt.objects.filter(outcome="unknown").count()
    say(
        f"{what}: {MESSAGES} messages, {crew.killed.total()} kill -9 ({killed}): {lost} lost, {doubled} doubled, "
        f"{unknown} unknown and owned; {unsure} of {Attempt.objects.count()} attempts ended in doubt; {seconds:.0f} s"
    )


@pytest.fixture
def killed_crew(
    broker_address: str, start_worker: StartProcess, start_beat: StartProcess, tmp_path: Path
) -> Iterator[Callable[[Gateway], Crew]]:
    """Two workers, beat and a dispatcher, on the gateway's settings; with BROKER=off four dispatchers."""
    crews: list[Crew] = []

    def make(place: Gateway) -> Crew:
        settings = place.settings
        alone = environment(broker_url=broker_address, **settings)
        crew = Crew(
            {
                "worker 1": lambda: start_worker(**settings),
                "worker 2": lambda: start_worker(**settings),
                "beat": lambda: start_beat(**settings),
                "dispatcher": lambda: dispatcher(alone, tmp_path),
            },
            random.Random(SEED),
        )
        crews.append(crew)
        return crew

    yield make
    for crew in crews:
        crew.end()


@pytest.mark.parametrize("promise", PROMISES)
def test_nothing_is_lost_or_doubled_whoever_is_killed(
    promise: str, broker_address: str, killed_crew: Callable[[Gateway], Crew], tmp_path: Path
) -> None:
    fill_outbox()
    flushed: list[int] = []
    arguments, settings = PROMISES[promise]

    def flush_sometimes(share: int) -> None:
        if share * (FLUSHES + 1) // (KILLS + 1) > len(flushed):
            if not broker.IS_OFF:
                redis.Redis.from_url(broker_address).flushall()
            flushed.append(share)

    with gateway(tmp_path / "gateway", "--faults", f"--seed={SEED}", *arguments, **settings) as place:
        crew = killed_crew(place)
        seconds = run_to_the_end(crew, flush_sometimes)
        figures = judge(place, promise)
    assert len(flushed) == FLUSHES
    tell(f"{promise}, {'no broker' if broker.IS_OFF else f'{FLUSHES} FLUSHALL'}", crew, seconds, figures)
    assert figures[:2] == (0, 0)


def test_the_same_without_any_redis(tmp_path: Path, transactional_db: None) -> None:
    fill_outbox()
    arguments, settings = PROMISES["idempotent"]
    with gateway(tmp_path / "gateway", "--faults", f"--seed={SEED}", *arguments, **settings) as place:
        nowhere = environment(broker_url=broker.NOWHERE, **place.settings)
        crew = Crew(
            {f"dispatcher {n}": lambda: dispatcher(nowhere, tmp_path) for n in (1, 2)}, random.Random(SEED)
        )
        try:
            seconds = run_to_the_end(crew, lambda share: None)
        finally:
            crew.end()
        figures = judge(place, "idempotent")
    tell("idempotent, no Redis", crew, seconds, figures)
    assert figures == (0, 0, 0)
