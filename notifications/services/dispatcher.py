"""All that beat and the workers do, in one process that needs no broker: a thread for each channel and for each
thing that must not wait for another.

A carrier that stalls holds up its own channel and no other, and a clinic's night holds up nobody's message. A
database that is gone is waited for.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connections
from django.utils import timezone

from clinic.scope import across_clinics, in_clinic
from clinic.services.sealing import seal_everything
from notifications.domain.kinds import ChannelName
from notifications.selectors.operation import DISPATCHER, is_clock_trusted
from notifications.services.check_ins import open_missed_check_ins
from notifications.services.delivery.dispatch import Dispatcher
from notifications.services.delivery.sweeping import sweep
from notifications.services.inbound import take_up_left
from notifications.services.monitor import tell_monitor
from notifications.services.raising import raise_due
from notifications.services.reconciling import clinics_to_reconcile, reconcile_clinic
from scheduling.services.heartbeats import record_heartbeat
from scheduling.services.sweeps import run_everything
from scheduling.services.without_broker import bring_in_registers, keep_clinics

log = logging.getLogger(__name__)

HOUSE_SECONDS = 300.0
ESCALATION_SECONDS = 60.0
CLINIC_SECONDS = 60.0
SLICE_SECONDS = 30.0
AFTER_FAILURE_SECONDS = 2.0


class Loop:
    """Runs until ``stop``, SIGTERM or SIGINT; a message in hand is brought to its end first."""

    def __init__(self, *, pause_seconds: float, sweep_seconds: float) -> None:
        self.pause_seconds, self.sweep_seconds = pause_seconds, sweep_seconds
        self._stopped = threading.Event()

    def stop(self, *_: Any) -> None:
        self._stopped.set()

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        works = [
            self._sweeps,
            self._escalates,
            self._keeps_house,
            self._works_out,
            self._brings_in,
            self._keeps_clinics,
            *(self._delivers(channel) for channel in ChannelName),
        ]
        threads = [threading.Thread(target=self._keep_doing, args=[work]) for work in works]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            for thread in threads:
                thread.join(timeout=0.5)

    def _keep_doing(self, work: Callable[[], float]) -> None:
        """Do it again after as many seconds as it says, or a little later when it fails."""
        while not self._stopped.is_set():
            close_old_connections()
            try:
                with across_clinics("it does the work of every clinic"):
                    wait = work()
            except (DatabaseError, InterfaceError) as error:
                log.warning("the database did not answer (%s); trying again", type(error).__name__)
                connections.close_all()
                wait = AFTER_FAILURE_SECONDS
            except Exception:
                log.exception("a part of the dispatcher failed; trying again")
                wait = AFTER_FAILURE_SECONDS
            if wait:
                self._stopped.wait(wait)
        connections.close_all()

    def _delivers(self, channel: ChannelName) -> Callable[[], float]:
        dispatcher = Dispatcher()

        def deliver() -> float:
            if not is_clock_trusted(now=timezone.now()):
                log.error("nothing is sent: this clock and the database's are too far apart")
                return self.sweep_seconds
            return 0.0 if dispatcher.deliver(channel, clock=timezone.now) else self.pause_seconds

        return deliver

    def _sweeps(self) -> float:
        now = timezone.now()
        record_heartbeat(name=DISPATCHER, now=now)
        sweep(now=now)
        return self.sweep_seconds

    def _escalates(self) -> float:
        raise_due(timezone.now())
        take_up_left(timezone.now())
        return ESCALATION_SECONDS

    def _keeps_house(self) -> float:
        keep_house(now=timezone.now())
        return HOUSE_SECONDS

    def _works_out(self) -> float:
        until = time.monotonic() + SLICE_SECONDS
        done, failed = run_everything(
            now=timezone.now(), is_enough=lambda: self._stopped.is_set() or time.monotonic() > until
        )
        if failed:
            return CLINIC_SECONDS  # it stays queued and would fail again at once
        return 0.0 if done else self.pause_seconds

    def _brings_in(self) -> float:
        bring_in_registers(clock=timezone.now, is_enough=self._stopped.is_set)
        return self.pause_seconds

    def _keeps_clinics(self) -> float:
        keep_clinics(now=timezone.now(), seconds=SLICE_SECONDS)
        return CLINIC_SECONDS


def keep_house(*, now: datetime) -> None:
    """What is to be done now and then besides sending: calls for check-ins let pass, the hourly comparison, a seal over
    the audit trail, and word to the outside monitor."""
    open_missed_check_ins(now)
    for clinic_id in clinics_to_reconcile(now=now):
        with in_clinic(clinic_id):
            reconcile_clinic(clinic_id=clinic_id, now=now)
    seal_everything(now=now)
    tell_monitor(settings.MONITOR_URL, now=now)
