"""How many messages a second one, two and four processes deliver, against a Celery task that does nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.db import connections

from bench.national.build import Country
from bench.no_op import QUEUE, nothing
from bench.screen import step
from bench.table import Row
from notifications.domain.kinds import ChannelName
from notifications.services.delivery import claim_due
from tests.faults.mail_room import PROMISES, Gateway, gateway

MOST, CLAIMED_AT_ONCE, TASKS, PROCESSES, BAR = 1_000, 100, 1_000, (1, 2, 4), 0.5
WARMS_UP_WITH = 20
"""So many texts, or empty tasks, each process has had before the clock starts: it then runs for weeks."""
MOST_SECONDS = 600
"""A worker that has not begun by then, on however busy a machine, does not."""
_SMS = "state = 'queued' AND channel = 'sms' AND visit_id IS NOT NULL AND recipient_id IS NOT NULL"


def run(country: Country) -> list[Row]:
    """The carrier is a real gateway process that keeps what it takes. Afterwards the messages wait as before."""
    rows: list[Row] = []
    with _due_together(country) as (number, clock):
        rows.append(_claimed(number, clock))
        for processes in PROCESSES:
            with step(f"Delivering {number:,} messages by {processes} processes, and as many empty tasks"):
                floor = _tasks_a_second(processes)
                ours = _delivered_a_second(number, clock, processes)
            rows.append(
                Row(
                    what=f"dispatch, {processes} process{'es' if processes > 1 else ''}",
                    ours=ours,
                    floor=floor,
                    floor_is="empty tasks",
                    bar=BAR,
                    is_rate=True,
                    size=number,
                )
            )
    return rows


def _claimed(number: int, clock: datetime) -> Row:
    began, claimed = time.perf_counter(), 0
    while claims := claim_due(now=clock, size=CLAIMED_AT_ONCE, channel=ChannelName.SMS):
        claimed += len(claims)
    assert claimed >= number
    what = f"messages claimed, {CLAIMED_AT_ONCE} at a time"
    return Row(what=what, ours=claimed / (time.perf_counter() - began), is_rate=True, size=claimed)


@contextmanager
def _due_together(country: Country) -> Iterator[tuple[int, datetime]]:
    """The first text of each of many patients, and a moment at which all are due; no other text waits then.

    One a patient: a clinic's cap would keep a second one back.
    """
    with connections["owner"].cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_messages")
        cursor.execute(
            "CREATE TABLE bench_messages AS SELECT * FROM (SELECT DISTINCT ON (patient_id) * FROM notifications_message"
            f" WHERE {_SMS} AND due_at > %s ORDER BY patient_id, due_at, id) AS first ORDER BY due_at, id LIMIT %s",
            [country.now, MOST],
        )
        cursor.execute("SELECT count(*), min(due_at) FROM bench_messages")
        number, due_at = cursor.fetchone()
        assert number, "no text waits in this country"
        cursor.execute(  # the others of their kind wait an hour longer
            "UPDATE notifications_message SET due_at = due_at + interval '1 hour'"
            f" WHERE {_SMS} AND due_at <= %s AND id NOT IN (SELECT id FROM bench_messages)",
            [due_at],
        )
    _wait_again(due_at)
    try:
        yield number, due_at + timedelta(minutes=2)
    finally:
        _wait_again()
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                f"UPDATE notifications_message SET due_at = due_at - interval '1 hour' WHERE {_SMS}"
                " AND due_at <= %s + interval '1 hour' AND due_at > %s AND id NOT IN (SELECT id FROM bench_messages)",
                [due_at, due_at],
            )
            cursor.execute("DROP TABLE bench_messages")


def _wait_again(due_at: datetime | None = None) -> None:
    """Every message of the trial as it was, or due at that moment, and no trace of its sending."""
    with connections["owner"].cursor() as cursor:
        for table in ("attempt", "patientlink"):
            cursor.execute(
                f"DELETE FROM notifications_{table} WHERE message_id IN (SELECT id FROM bench_messages)"
            )
        cursor.execute("SELECT * FROM bench_messages LIMIT 0")
        names = [column.name for column in cursor.description if column.name != "id"]
        values = ", ".join("coalesce(%s, b.due_at)" if name == "due_at" else f"b.{name}" for name in names)
        cursor.execute(
            f"UPDATE notifications_message AS m SET ({', '.join(names)}) = ROW({values}) FROM bench_messages AS b"
            " WHERE m.id = b.id",
            [due_at],
        )


def _delivered_a_second(number: int, clock: datetime, processes: int) -> float:
    """Messages a second until every one of them has been taken by the gateway, by processes that are warm."""
    _wait_again(clock)
    arguments, promised = PROMISES["idempotent"]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        place = stack.enter_context(gateway(folder, *arguments, **promised))
        children = [_child(place, clock) for _ in range(processes)]
        _wait_until_warm(children)
        before = sum(place.taken().values())
        seconds, sent = _seconds_of(children)
        taken = sum(place.taken().values()) - before
        assert sent >= taken > number // 2, "most of them are still wanted then"
        return taken / seconds


def _child(place: Gateway, clock: datetime) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "bench.dispatch_child", clock.isoformat(), str(WARMS_UP_WITH)],
        env=os.environ | place.settings | {"MESSAGE_LEASE_SECONDS": "60"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _wait_until_warm(children: list[subprocess.Popen[str]]) -> None:
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"


def _seconds_of(children: list[subprocess.Popen[str]]) -> tuple[float, int]:
    began = time.perf_counter()
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    sent = sum(json.loads(child.communicate()[0])["sent"] for child in children)
    return time.perf_counter() - began, sent


def _tasks_a_second(processes: int) -> float:
    """Empty tasks a second, through the same broker with the same promises, by so many worker processes that are warm.

    From the first one's sending to the last one's end: a message that waits in the outbox is brought to no queue, a task is.
    """
    broker: Any = redis.Redis.from_url(settings.CELERY_BROKER_URL)
    broker.delete(QUEUE)
    worker = subprocess.Popen(
        [
            *(sys.executable, "-m", "celery", "-A", "bench.no_op", "worker", "--queues", QUEUE),
            *(
                "--concurrency",
                str(processes),
                "--without-mingle",
                "--without-gossip",
                "--loglevel",
                "CRITICAL",
            ),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(WARMS_UP_WITH * processes):
            nothing.delay()
        _wait_until_done(broker)
        began = time.perf_counter()
        for _ in range(TASKS):
            nothing.delay()
        _wait_until_done(broker)
        return TASKS / (time.perf_counter() - began)
    finally:
        worker.terminate()
        worker.wait()


def _wait_until_done(broker: Any) -> None:
    until = time.monotonic() + MOST_SECONDS
    while broker.llen(QUEUE) or broker.hlen("unacked"):
        assert time.monotonic() < until, "the worker does nothing"
        time.sleep(0.002)
