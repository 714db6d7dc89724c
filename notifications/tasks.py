"""What Celery runs for messages. Tasks carry a channel's name or a row's number; the rows say what is due."""

from __future__ import annotations

import logging
import time

from celery import current_app, shared_task
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import KombuError

from clinic.scope import across_clinics, in_clinic
from notifications.domain.kinds import ChannelName
from notifications.selectors.operation import DISPATCHER, backlog, clock_difference, is_clock_trusted
from notifications.services.check_ins import open_missed_check_ins
from notifications.services.delivery import Dispatcher, sweep
from notifications.services.inbound import take_up_left
from notifications.services.monitor import tell_monitor
from notifications.services.raising import raise_due
from notifications.services.reconciling import clinics_to_reconcile, reconcile_clinic
from scheduling.services.heartbeats import record_heartbeat

log = logging.getLogger(__name__)

LONGEST_SECONDS = 45
MOST_AT_ONCE = 4
"""Tasks for one channel at a time."""
WORTH_ANOTHER = 500
"""Due messages for which one more task is rung."""
_dispatcher = Dispatcher()


@shared_task(name="notifications.tick")
@across_clinics("which messages are due")
def tick() -> None:
    """Take back what dead processes held, and ring for every channel that has something due."""
    now = timezone.now()
    if not clocks_agree():
        return
    record_heartbeat(name=DISPATCHER, now=now)
    sweep(now=now)
    for channel, due in backlog(now=now).items():
        for _ in range(min(MOST_AT_ONCE, 1 + due // WORTH_ANOTHER)):
            _ring("notifications.deliver", channel)


@shared_task(name="notifications.deliver")
@across_clinics("messages leave in the order in which they are due, whoever sends them")
def deliver(channel: str) -> None:
    """Send what is due by one channel; what is left after three quarters of a minute waits for the next tick.

    Whoever rang has a clock of its own: the one that decides here is this machine's.
    """
    if not clocks_agree():
        return
    until = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < until and _dispatcher.deliver(ChannelName(channel), clock=timezone.now):
        pass


@shared_task(name="notifications.escalate")
@across_clinics("which matters are due")
def escalate() -> None:
    """Open what a person must act on, make it graver, pass on what nobody took in time; take up texts left behind."""
    raise_due(timezone.now())
    take_up_left(timezone.now())


@shared_task(name="notifications.check_in_tick")
@across_clinics("which check-ins were let pass")
def check_in_tick() -> None:
    """Ask for a call where a check-in was let pass."""
    open_missed_check_ins(timezone.now())


@shared_task(name="notifications.reconcile_tick")
@across_clinics("which clinics were not compared")
def reconcile_tick() -> None:
    """Ring for every clinic that was not compared in this hour."""
    for clinic_id in clinics_to_reconcile(now=timezone.now()):
        _ring("notifications.reconcile", clinic_id)


@shared_task(name="notifications.reconcile")
def reconcile(clinic_id: int) -> None:
    """Compare one clinic's messages with what they should be."""
    with in_clinic(clinic_id):
        reconcile_clinic(clinic_id=clinic_id, now=timezone.now())


@shared_task(name="notifications.watch")
@across_clinics("whether every clinic is accounted for")
def watch() -> None:
    """Tell the outside monitor while all is accounted for."""
    tell_monitor(settings.MONITOR_URL, now=timezone.now())


def clocks_agree() -> bool:
    """Whether this machine and the database agree what time it is; where not, nothing is sent from here."""
    if is_clock_trusted(now=timezone.now()):
        return True
    log.error(
        "nothing is sent: this clock and the database's are %s apart", clock_difference(now=timezone.now())
    )
    return False


def _ring(task: str, argument: str | int) -> None:
    try:
        current_app.send_task(task, args=[argument], retry=False, expires=60.0)
    except (KombuError, OSError) as error:
        log.warning("could not ring for %s (%s)", task, type(error).__name__)
