"""The outside monitor hears from us only while every clinic's night is accounted for."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from django.conf import LazySettings

from notifications.models import Message, ReconcilerRun
from notifications.services.reconciling import clinics_to_reconcile, reconcile_clinic
from notifications.tasks import watch
from scheduling.models import Heartbeat, SweepRun
from scheduling.services.sweeps import run_everything
from scheduling.tasks import heartbeat
from tests.factories import House, make_clinic, make_running_pump
from tests.servers import free_port
from tests.services.test_messages import reachable

pytestmark = pytest.mark.django_db


class _Monitor(BaseHTTPRequestHandler):
    pings: list[str] = []

    def do_GET(self) -> None:
        self.pings.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def monitor(settings: LazySettings) -> Iterator[list[str]]:
    """The pings that an outside monitor on this machine has had."""
    _Monitor.pings = []
    server = HTTPServer(("127.0.0.1", 0), _Monitor)
    Thread(target=server.serve_forever, daemon=True).start()
    settings.MONITOR_URL = f"http://127.0.0.1:{server.server_port}/ping"
    yield _Monitor.pings
    server.shutdown()
    server.server_close()


@pytest.fixture
def house() -> House:
    """Two clinics founded days ago, one of them with a pump."""
    house = make_clinic(now=datetime.now(UTC) - timedelta(days=3))
    make_running_pump(house)
    return house


def everything_is_done() -> None:
    run_everything(now=datetime.now(UTC))
    for clinic_id in clinics_to_reconcile(now=datetime.now(UTC)):
        reconcile_clinic(clinic_id=clinic_id, now=datetime.now(UTC))


def test_a_tick_tells_the_monitor_when_every_night_is_accounted_for(house: House, monitor: list[str]) -> None:
    everything_is_done()
    watch()
    assert monitor == ["/ping"]


def test_a_night_that_is_missing_keeps_it_silent(house: House, monitor: list[str]) -> None:
    everything_is_done()
    SweepRun.objects.filter(clinic=house.clinic).update(business_date="2020-01-01")
    watch()
    assert monitor == []


def test_a_pump_without_a_date_and_without_a_flag_keeps_it_silent(house: House, monitor: list[str]) -> None:
    everything_is_done()
    SweepRun.objects.filter(clinic=house.clinic).update(expected=2)
    watch()
    assert monitor == []


@pytest.mark.parametrize("found", ["unwatched", "missing", "surplus", "overdue", "ownerless"])
def test_an_outbox_that_is_not_in_order_keeps_it_silent(house: House, monitor: list[str], found: str) -> None:
    everything_is_done()
    ReconcilerRun.objects.filter(clinic=house.clinic).update(**{found: 1})
    watch()
    assert monitor == []


def test_a_comparison_that_is_old_keeps_it_silent(house: House, monitor: list[str]) -> None:
    everything_is_done()
    ReconcilerRun.objects.update(finished_at=datetime.now(UTC) - timedelta(hours=3))
    watch()
    assert monitor == []


def test_a_comparison_counts_what_is_missing_and_puts_it_right() -> None:
    house = make_clinic(now=datetime.now(UTC) - timedelta(days=3))
    make_running_pump(house, reachable(house))
    everything_is_done()
    now = datetime.now(UTC)
    waiting = Message.objects.filter(state="queued", clinic=house.clinic)
    number = waiting.count()
    assert number > 0
    waiting.delete()
    for missing in (number, 0):
        ReconcilerRun.objects.all().delete()
        assert sum(run.missing for run in compared(now)) == missing
    assert waiting.count() == number


def compared(now: datetime) -> list[ReconcilerRun]:
    return [reconcile_clinic(clinic_id=clinic_id, now=now) for clinic_id in clinics_to_reconcile(now=now)]


def test_a_monitor_that_is_down_does_not_stop_the_tick(house: House, settings: LazySettings) -> None:
    everything_is_done()
    settings.MONITOR_URL = f"http://127.0.0.1:{free_port()}/ping"
    watch()
    settings.MONITOR_URL = "file:///etc/hostname"
    watch()


def test_a_heartbeat_leaves_the_workers_sign() -> None:
    heartbeat()
    assert Heartbeat.objects.get().name == "worker"
