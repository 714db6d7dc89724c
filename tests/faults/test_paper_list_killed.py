"""A writer of a paper list that is killed leaves the list of before whole, and the next one writes the new one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test.utils import override_settings

from scheduling.models import PaperList, SweepRun
from scheduling.services.paper_lists import write_due_list
from scheduling.services.sweeps import run_everything
from tests.factories import House, make_clinic, make_patient, make_running_pump
from tests.faults.waiting import wait_until
from tests.servers import SOURCE, Process, environment

WRITER = """
import sys, time, os
import django
django.setup()
from datetime import datetime
from clinic.scope import in_clinic
from scheduling.services import paper_files
from scheduling.services.paper_lists import write_due_list

renames = os.replace
def slowly(part, path):
    print("about to rename", path, flush=True)
    time.sleep(60 if str(path).endswith(sys.argv[3]) else 0)
    renames(part, path)
paper_files.os.replace = slowly
with in_clinic(int(sys.argv[1])):
    write_due_list(clinic_id=int(sys.argv[1]), now=datetime.fromisoformat(sys.argv[2]))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with override_settings(PAPER_LIST_DIR=str(tmp_path / "paper")):
        yield tmp_path / "paper"


def kill_a_writer(house: House, folder: Path, broker_address: str, now: datetime, *, before: str) -> None:
    """Start a writer that stops just before it gives this file its name, and kill it there (kill -9)."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(house.clinic.id), now.isoformat(), before],
        cwd=SOURCE,
        env=environment(broker_url=broker_address, PAPER_LIST_DIR=str(folder)),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout is not None
    for line in writer.stdout:
        if line.strip().endswith(before):
            break
    time.sleep(0.2)
    writer.send_signal(signal.SIGKILL)
    writer.communicate()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("before", ["refill-list-2026-11-21.html", "latest.html"])
def test_a_writer_killed_in_the_middle_leaves_whole_lists_and_is_made_up_for(
    folder: Path, broker_address: str, before: str
) -> None:
    house = make_clinic(now=datetime(2026, 11, 20, 15, tzinfo=UTC))
    make_running_pump(
        house, make_patient(house, last_name="Before"), filled_on=house.today - timedelta(days=150)
    )
    run_everything(now=house.now)
    assert write_due_list(clinic_id=house.clinic.id, now=house.now)
    place = folder / house.clinic.slug
    old = (place / "latest.html").read_bytes()
    make_running_pump(
        house, make_patient(house, last_name="Since"), filled_on=house.today - timedelta(days=150)
    )
    tomorrow = house.now + timedelta(days=1)
    run_everything(now=tomorrow)
    kill_a_writer(house, folder, broker_address, tomorrow, before=before)
    assert (place / "latest.html").read_bytes() == old
    assert any(name.endswith(".part") for name in os.listdir(place))
    assert not PaperList.objects.filter(state="written", business_date="2026-11-21").exists()
    assert write_due_list(clinic_id=house.clinic.id, now=tomorrow)
    page = (place / "latest.html").read_text()
    assert page.endswith("</html>\n")
    assert "Since" in page
    assert not any(name.endswith(".part") for name in os.listdir(place))


@pytest.mark.django_db(transaction=True)
def test_a_worker_writes_the_list_once_the_nights_check_is_done(
    folder: Path, start_worker: Callable[..., Process]
) -> None:
    house = make_clinic()
    make_running_pump(
        house, make_patient(house, last_name="Here"), filled_on=house.today - timedelta(days=150)
    )
    worker = start_worker(PAPER_LIST_DIR=str(folder))
    wait_until(lambda: SweepRun.objects.filter(clinic=house.clinic, state="finished").exists(), worker)
    start_worker(PAPER_LIST_DIR=str(folder))  # one that comes up asks at once which lists are due
    wait_until(lambda: PaperList.objects.filter(clinic=house.clinic, state="written").exists(), worker)
    assert "Here" in (folder / house.clinic.slug / "latest.html").read_text()
    assert "Here" not in worker.output()


@pytest.mark.django_db(transaction=True)
def test_two_writers_at_once_write_one_list(folder: Path, broker_address: str) -> None:
    house = make_clinic(now=datetime(2026, 11, 20, 15, tzinfo=UTC))
    run_everything(now=house.now)
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(house.clinic.id), house.now.isoformat(), "none"],
            cwd=SOURCE,
            env=environment(broker_url=broker_address, PAPER_LIST_DIR=str(folder)),
        )
        for _ in range(2)
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert PaperList.objects.for_clinic(house.clinic.id).get().state == "written"
