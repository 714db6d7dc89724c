"""The nightly sweep against merely reading and writing the same rows, its memory, and a loop over the ORM."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.management import call_command
from django.db import connections

from bench.data import make_clinic
from bench.floor import Floor
from bench.screen import console, step, table
from clinic.models import Implant
from clinic.selectors.catalogue import catalogue
from clinic.selectors.facts import clinic_facts, implant_facts, implant_ranges
from scheduling.domain.engine import project
from scheduling.domain.fingerprint import fingerprint
from scheduling.models import Forecast, SweepRun
from scheduling.services.cases import case_of, setting_of
from scheduling.services.forecasts import COLUMNS, stored_values
from scheduling.services.standing import Judgement
from scheduling.services.sweeps import CHUNK_IMPLANTS, begin_night

SMALL = 10_000
SAMPLE = 2_000


@dataclass(frozen=True)
class Sweep:
    """One run: wall seconds, processor seconds of its Python processes, the largest one's peak memory."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    changed: int


def prepare() -> None:
    """Bring up the embedded server and its tables."""
    with step("Starting PostgreSQL and bringing the tables up to date"):
        call_command("migrate", verbosity=0)


def run(*, implants: int, rounds: int) -> None:
    """Measure and print. Best of so many rounds, sweep and floor by turns."""
    small = min(SMALL, implants)
    with step(f"Making a clinic of {small:,} pumps"):
        clinic_id = make_clinic(implants=small, now=datetime.now(UTC))
    empty_forecasts()
    with step(f"Sweeping {small:,}"):
        small_sweep = sweep(clinic_id, workers=1)
    with step(f"Making a clinic of {implants:,} pumps"):
        clinic_id = make_clinic(implants=implants, now=datetime.now(UTC))
    first, first_two, night, floors, reads = _measure(clinic_id, rounds)
    with step(f"Looping over {SAMPLE:,} through the ORM"):
        loop = one_at_a_time(clinic_id, SAMPLE) * implants / SAMPLE
    _print(implants, first, first_two, night, min(floors), min(reads), loop)
    table(
        "Peak memory of the sweeping process",
        ["pumps", "peak", "for each further pump"],
        [
            [f"{small:,}", f"{small_sweep.peak_bytes / 1e6:.0f} MB", ""],
            [
                f"{implants:,}",
                f"{first.peak_bytes / 1e6:.0f} MB",
                f"{(first.peak_bytes - small_sweep.peak_bytes) / max(implants - small, 1):.0f} bytes",
            ],
        ],
    )


def _measure(clinic_id: int, rounds: int) -> tuple[Sweep, Sweep, Sweep, list[float], list[float]]:
    firsts, pairs, nights, floors, reads = [], [], [], [], []
    floor = Floor(
        connections["default"].get_connection_params(),
        clinic_id,
        implant_ranges(clinic_id=clinic_id, size=CHUNK_IMPLANTS),
    )
    for number in range(1, rounds + 1):
        with step(f"Round {number}: a sweep that writes every row, one process"):
            empty_forecasts()
            firsts.append(sweep(clinic_id, workers=1))
        with step(f"Round {number}: a night in which nothing changed"):
            nights.append(sweep(clinic_id, workers=1))
        with step(f"Round {number}: a sweep that writes every row, two processes"):
            empty_forecasts()
            pairs.append(sweep(clinic_id, workers=2))
        with step(f"Round {number}: reading the same rows with psycopg"):
            reads.append(_seconds(floor.read))
        kept = floor.keep()
        with step(f"Round {number}: reading and writing them"):
            empty_forecasts()
            floors.append(_seconds(lambda kept=kept: floor.read_and_write(kept)))

    def best(sweeps: list[Sweep]) -> Sweep:
        return min(sweeps, key=lambda each: each.seconds)

    return best(firsts), best(pairs), best(nights), floors, reads


def _print(
    implants: int, first: Sweep, pair: Sweep, night: Sweep, floor: float, read: float, loop: float
) -> None:
    def line(name: str, seconds: float, base: float) -> list[str]:
        return [name, f"{seconds:.1f} s", f"{implants / seconds:,.0f}", f"{seconds / base:.1f}"]

    table(
        f"{implants:,} pumps, every forecast written ({CHUNK_IMPLANTS} to a chunk)",
        ["", "time", "pumps/s", "ratio to floor"],
        [
            line("floor: the same rows read and written with psycopg", floor, floor),
            line("sweep, one process", first.seconds, floor),
            line("sweep, two processes (as the worker runs it)", pair.seconds, floor),
            line(f"one pump at a time through the ORM (scaled up from {SAMPLE:,})", loop, floor),
        ],
    )
    table(
        f"{implants:,} pumps, a night in which nothing changed",
        ["", "time", "pumps/s", "ratio to floor"],
        [
            line("floor: the same rows read with psycopg", read, read),
            line("sweep, one process", night.seconds, read),
        ],
    )
    console.print(
        f"Of the one-process sweep's time {first.cpu_seconds:.1f} s were Python's own. "
        f"{first.changed:,} and {night.changed:,} rows were written."
    )


def empty_forecasts() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("TRUNCATE scheduling_forecast")
        cursor.execute("VACUUM ANALYZE clinic_implant")


def sweep(clinic_id: int, *, workers: int) -> Sweep:
    """A whole night of the clinic, its chunks shared among so many processes."""
    now = datetime.now(UTC)
    SweepRun.objects.all().delete()
    begin_night(clinic_id=clinic_id, night=now.date(), now=now)
    children = [_child(share, workers) for share in range(workers)]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    began = time.perf_counter()
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    figures: list[dict[str, Any]] = []
    for child in children:
        output, _ = child.communicate()
        figures.append(json.loads(output))
    run = SweepRun.objects.get()
    assert run.accounts_for_all, "the sweep left pumps out"
    return Sweep(
        seconds=max(each["seconds"] for each in figures) if workers == 1 else time.perf_counter() - began,
        cpu_seconds=sum(each["cpu_seconds"] for each in figures),
        peak_bytes=max(each["peak_bytes"] for each in figures),
        changed=run.changed,
    )


def _child(share: int, shares: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "bench.child", str(share), str(shares)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def one_at_a_time(clinic_id: int, number: int) -> float:
    """Seconds for so many pumps the way one first writes it: six selects, a projection and a save for each."""
    now = datetime.now(UTC)
    setting = setting_of(clinic_facts(clinic_id=clinic_id), catalogue=catalogue(), now=now)

    def loop() -> None:
        for implant in Implant.objects.for_clinic(clinic_id).order_by("id")[:number]:
            (facts,) = implant_facts(clinic_id=clinic_id, implant_ids=[implant.pk])
            case = case_of(facts, setting)
            assert case is not None
            full = project(case)
            judgement = Judgement(case, full, full, fingerprint(case))
            values = dict(zip(COLUMNS, stored_values(judgement), strict=True))
            Forecast.objects.update_or_create(
                implant=implant, defaults={"clinic_id": clinic_id, "computed_at": now, **values}
            )

    return _seconds(loop)


def _seconds(function: Any) -> float:
    began = time.perf_counter()
    function()
    return time.perf_counter() - began
