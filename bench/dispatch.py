"""How many messages a second are claimed, and how many are delivered by one process and by two."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from django.db import connections

from bench.data import make_clinic
from bench.screen import console, step, table
from clinic.audit import recording
from clinic.models import Clinic, User
from notifications.domain.kinds import ChannelName
from notifications.domain.states import State
from notifications.models import Message
from notifications.services.delivery import claim_due
from tests.faults.mail_room import PROMISES, Gateway, gateway
from tests.message_rows import make_due_messages, zone_where_it_is_day

CLAIMED, DELIVERED, BATCH = 10_000, 1_000, 100


def run() -> None:
    """Print the claims and deliveries per second. The carrier is a real gateway process that keeps what it takes."""
    now = datetime.now(UTC)
    with step(f"Making {CLAIMED:,} due messages"):
        clinic = Clinic.objects.get(pk=make_clinic(implants=10, now=now))
        user_id = User.objects.get().pk
        with recording(actor_id=user_id, reason="bench"):
            Clinic.objects.filter(pk=clinic.pk).update(time_zone=zone_where_it_is_day())
        clinic.refresh_from_db()
        make_due_messages(clinic, number=CLAIMED, actor_id=user_id, now=now)
    claimed = _claim_all(now)
    one, two = _deliver(processes=1), _deliver(processes=2)
    table(
        "Dispatch",
        ["", "messages a second"],
        [
            [f"claimed, one process, {BATCH} at a time", f"{claimed:,.0f}"],
            ["delivered, one process", f"{one:,.0f}"],
            ["delivered, two processes", f"{two:,.0f}"],
        ],
    )
    console.print(
        f"Two processes are {two / one:.2f} times as fast as one. The aim for claims is 2,000 a second."
    )


def _claim_all(now: datetime) -> float:
    began = time.perf_counter()
    while claim_due(now=now, size=BATCH, channel=ChannelName.SMS):
        pass
    return CLAIMED / (time.perf_counter() - began)


def _deliver(*, processes: int) -> float:
    """Messages a second until ``DELIVERED`` have been taken by the gateway."""
    with connections["default"].cursor() as cursor:
        cursor.execute("DELETE FROM notifications_attempt")
        cursor.execute("DELETE FROM notifications_patientlink")
    Message.objects.update(state=State.CANCELLED, reason="cancelled", lease_until=None, first_sent_at=None)
    chosen = Message.objects.order_by("id").values("id")[:DELIVERED]
    Message.objects.filter(pk__in=chosen).update(state=State.QUEUED, reason="", provider_message_id=None)
    arguments, settings = PROMISES["idempotent"]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        place = stack.enter_context(gateway(folder, *arguments, **settings))
        seconds = _seconds_of([_child(place) for _ in range(processes)])
        assert sum(place.taken().values()) == DELIVERED
    return DELIVERED / seconds


def _child(place: Gateway) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "bench.dispatch_child"],
        env=os.environ | place.settings | {"MESSAGE_LEASE_SECONDS": "60"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _seconds_of(children: list[subprocess.Popen[str]]) -> float:
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    began = time.perf_counter()
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    for child in children:
        json.loads(child.communicate()[0])
    return time.perf_counter() - began
