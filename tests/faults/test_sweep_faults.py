"""Real workers and beats on a real broker, killed, doubled and cut off: the end is the same, only later."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil
import pytest
import redis
from django.db import connections, transaction

from clinic.models import Implant
from config.embedded.valkey import Valkey
from notifications.models import ReconcilerRun
from scheduling.models import Forecast, SweepChunk, SweepRun
from scheduling.models.runs import ChunkState, RunKind, RunState
from scheduling.selectors.sweeps import queued_chunks
from scheduling.services import sweeps
from scheduling.services.doorbell import ring
from scheduling.services.sweeps import begin_due_nights, start_recalculation
from tests.conftest import broker_url
from tests.factories import House, make_clinic, make_running_pump
from tests.faults.waiting import chunk_waits, somebody_waits, wait_until
from tests.servers import Process

pytestmark = pytest.mark.django_db(transaction=True)
PUMPS = 6
StartProcess = Callable[..., Process]


class Night:
    """A clinic whose stored forecasts are all wrong, the right ones, and its run of three chunks."""

    def __init__(self) -> None:
        self.house: House = make_clinic()
        self.implants = [make_running_pump(self.house) for _ in range(PUMPS)]
        self.right = self.forecasts()
        Forecast.objects.update(must_refill_by="2001-01-01", target_visit_on=None, latest_visit_on=None)
        self.wrong = self.forecasts()
        self._compare_no_messages()

    def _compare_no_messages(self) -> None:
        """The hourly comparison of messages takes the pumps' locks as well; let it have been already."""
        hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        for clinic in (self.house.clinic, self.house.elsewhere):
            for at in (hour, hour + timedelta(hours=1)):
                ReconcilerRun.objects.create(clinic=clinic, hour=at, started_at=at, finished_at=at)

    def forecasts(self) -> list[dict[str, Any]]:
        rows = Forecast.objects.order_by("implant_id").values()
        return [{k: v for k, v in row.items() if k not in ("id", "computed_at")} for row in rows]

    def begin(self) -> list[int]:
        begin_due_nights(now=datetime.now(UTC))
        return queued_chunks(run_id=self.run.pk)

    @property
    def run(self) -> SweepRun:
        """The only run of this clinic's night: a second one fails here."""
        return SweepRun.objects.get(clinic=self.house.clinic, kind=RunKind.NIGHT)

    def is_over(self) -> bool:
        runs = SweepRun.objects.filter(clinic=self.house.clinic)
        return runs.exists() and not runs.filter(state=RunState.RUNNING).exists()

    def assert_whole(self) -> None:
        assert self.forecasts() == self.right
        run = self.run
        assert (run.state, run.expected, run.projected, run.unaccounted) == (
            RunState.FINISHED,
            PUMPS,
            PUMPS,
            0,
        )
        assert run.changed == PUMPS, "each row was written once"


@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch) -> Night:
    monkeypatch.setattr(sweeps, "CHUNK_IMPLANTS", 2)
    return Night()


@contextmanager
def holding(model: type[Implant] | type[SweepRun], pk: int) -> Iterator[None]:
    """Hold a row's lock, so that whoever needs it stands still at exactly this place."""
    with transaction.atomic(using="owner"):
        model.objects.using("owner").select_for_update(no_key=True).get(pk=pk)
        yield


def children_of(worker: Process) -> list[psutil.Process]:
    return psutil.Process(worker.pid).children(recursive=True)


@pytest.mark.parametrize("moment", ["before it reads", "after it wrote, before it commits"])
@pytest.mark.parametrize(
    "victim",
    [
        "the whole worker",
        pytest.param("the child that works", marks=pytest.mark.broker("only a Celery worker has children")),
    ],
)
def test_kill_9_in_mid_chunk(night: Night, start_worker: StartProcess, moment: str, victim: str) -> None:
    night.begin()
    held: tuple[Any, int] = (
        (Implant, night.implants[0].pk) if moment == "before it reads" else (SweepRun, night.run.pk)
    )
    with holding(*held):
        worker = start_worker()
        wait_until(somebody_waits, worker)
        if victim == "the whole worker":
            worker.kill()
        else:
            for child in children_of(worker):
                os.kill(child.pid, signal.SIGKILL)
        assert night.forecasts() == night.wrong, "no half of a chunk is ever seen"
    if victim == "the whole worker":
        worker = start_worker()  # as a supervisor would
    wait_until(night.is_over, worker)
    night.assert_whole()


@pytest.mark.broker("flushes it")
def test_a_flushed_broker_loses_nothing(
    night: Night, broker: Valkey, start_worker: StartProcess, start_beat: StartProcess
) -> None:
    chunk_ids = night.begin()
    with holding(Implant, night.implants[0].pk):
        worker = start_worker()  # what it asks for when it comes up rings the chunks
        wait_until(chunk_waits, worker)
        redis.Redis.from_url(broker_url(broker)).flushall()
    wait_until(
        lambda: not SweepChunk.objects.filter(pk=chunk_ids[0], state=ChunkState.QUEUED).exists(), worker
    )
    time.sleep(1)
    assert not night.is_over(), f"the rings for the other chunks are gone:\n{worker.output()[-4000:]}"
    start_beat(SWEEP_TICK_SECONDS="1")
    wait_until(night.is_over, worker)
    night.assert_whole()


def test_three_beats_begin_each_night_once(
    night: Night, start_worker: StartProcess, start_beat: StartProcess
) -> None:
    worker = start_worker(concurrency=2)
    for _ in range(3):
        start_beat(SWEEP_TICK_SECONDS="1")
    wait_until(night.is_over, worker)
    time.sleep(3)
    night.assert_whole()
    assert SweepRun.objects.filter(kind=RunKind.NIGHT).count() == 2, "one for each of the two clinics"


def test_eight_ticks_at_once_begin_a_night_once(night: Night) -> None:
    begun: list[int] = []
    together = threading.Barrier(8)

    def tick() -> None:
        together.wait()
        begun.extend(begin_due_nights(now=datetime.now(UTC)))
        connections.close_all()

    ticks = [threading.Thread(target=tick) for _ in range(8)]
    for each in ticks:
        each.start()
    for each in ticks:
        each.join()
    assert len(begun) == len(set(begun)) == 2
    assert night.run.chunks.count() == 3


@pytest.mark.broker("delivers a task more than once")
def test_a_task_delivered_three_times_to_two_workers(night: Night, start_worker: StartProcess) -> None:
    chunk_ids = night.begin()
    ring(chunk_ids * 3)
    worker = start_worker()
    start_worker()
    wait_until(night.is_over, worker)
    night.assert_whole()


@pytest.mark.broker("kills it and starts it again")
def test_a_broker_that_is_killed_and_comes_back(
    night: Night, broker: Valkey, start_worker: StartProcess
) -> None:
    worker = start_worker()
    chunk_ids = night.begin()
    assert broker.process is not None
    broker.process.kill()
    broker.process.wait()
    began = time.monotonic()
    assert ring(chunk_ids) == 0
    assert time.monotonic() - began < 5
    broker.start()
    wait_until(lambda: ring(chunk_ids) == len(chunk_ids))
    wait_until(night.is_over, worker)
    night.assert_whole()


@pytest.mark.broker("freezes it")
def test_a_frozen_broker_holds_up_nobody(night: Night, broker: Valkey, start_worker: StartProcess) -> None:
    assert broker.process is not None
    os.kill(broker.process.pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        run = start_recalculation(clinic_id=night.house.clinic.id, now=datetime.now(UTC))
        assert time.monotonic() - began < 1
    finally:
        os.kill(broker.process.pid, signal.SIGCONT)
    worker = start_worker()
    wait_until(night.is_over, worker)
    run.refresh_from_db()
    assert (run.state, run.changed) == (RunState.FINISHED, PUMPS)
    assert night.forecasts() == night.right
