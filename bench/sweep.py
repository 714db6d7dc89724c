"""The nightly sweep, against reading and writing the same rows; its memory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from datetime import timedelta
from typing import Any

from django.core.management import call_command
from django.db import connections

from bench.floor import Floor
from bench.national.build import Country
from bench.places import Sized, some
from bench.plain import PlainConnection
from bench.screen import step
from bench.table import Row, seconds_of
from clinic.selectors.facts import implant_ranges
from scheduling.models import SweepRun
from scheduling.selectors.settled import TURNS
from scheduling.services.sweeps import CHUNK_IMPLANTS, begin_night

ALL_CHANGED, NOTHING_CHANGED = 3.0, 2.0


def prepare() -> None:
    """Bring up the embedded server and its tables."""
    with step("Starting PostgreSQL and bringing the tables up to date"):
        call_command("migrate", verbosity=0)


def run(country: Country) -> list[Row]:
    """Clinic by clinic, the floor and the sweep by turns, with every forecast outdated and with none.

    With none: a night as it is after one that found nothing to write, on average over the seven of a week.
    """
    plain, spent, places = PlainConnection(), defaultdict[str, float](float), some()
    with step(f"Sweeping {len(places)} of {country.clinics} clinics"), _Child(country) as child:
        for place in places:
            _sweep_both_ways(place, country, child, plain, spent)
        peak = child.peak_bytes()
    plain.close()
    pumps = sum(place.pumps for place in places)
    named = f"{pumps:,} pumps"
    return [
        Row(
            what=f"sweep, all changed, {named}",
            ours=spent["changed"],
            floor=spent["writing"],
            floor_is="reading and writing the rows",
            bar=ALL_CHANGED,
            size=pumps,
            grows_with_size=True,
        ),
        Row(
            what=f"sweep, nothing changed, {named}",
            ours=spent["unchanged"],
            floor=spent["reading"],
            floor_is="reading the rows",
            bar=NOTHING_CHANGED,
            size=pumps,
            grows_with_size=True,
        ),
        Row(
            what=f"sweep, Python's own share, {named}",
            ours=spent["changed_cpu"],
            size=pumps,
            grows_with_size=True,
            peak_bytes=peak,
        ),
    ]


def _sweep_both_ways(
    place: Sized, country: Country, child: _Child, plain: PlainConnection, spent: dict[str, float]
) -> None:
    clinic_id = place.clinic.pk
    floor = Floor(clinic_id, implant_ranges(clinic_id=clinic_id, size=CHUNK_IMPLANTS), plain)
    kept = floor.keep()
    spent["writing"] += seconds_of(lambda: floor.read_and_write(kept))
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE scheduling_forecast SET fingerprint = '' WHERE clinic_id = %s", [clinic_id])
    figures, run = child.sweep(clinic_id, country)
    assert run.accounts_for_all
    assert run.changed == run.expected == place.pumps
    spent["changed"] += figures["seconds"]
    spent["changed_cpu"] += figures["cpu_seconds"]
    child.sweep(clinic_id, country)  # has nothing more to write, and keeps what stands
    spent["reading"] += seconds_of(floor.read)
    for night in range(TURNS):  # a whole week, so that every chunk has its turn once
        figures, run = child.sweep(clinic_id, country, night=night)
        assert run.accounts_for_all
        assert (run.changed, run.drifted) == (0, 0)
        spent["unchanged"] += figures["seconds"] / TURNS


class _Child:
    """The process that sweeps."""

    def __init__(self, country: Country) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.child", country.now.isoformat()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> _Child:
        assert self._line() == "ready\n"
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def sweep(self, clinic_id: int, country: Country, *, night: int = 0) -> tuple[dict[str, float], SweepRun]:
        """A night of the clinic, in place of the one before: its seconds, and the run's own count."""
        SweepRun.objects.filter(clinic_id=clinic_id).delete()
        begin_night(
            clinic_id=clinic_id, night=country.now.date() + timedelta(days=1 + night), now=country.now
        )
        assert self.process.stdin is not None
        self.process.stdin.write(f"{clinic_id}\n")
        self.process.stdin.flush()
        figures: dict[str, float] = json.loads(self._line())
        return figures, SweepRun.objects.get(clinic_id=clinic_id)

    def peak_bytes(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        found: dict[str, Any] = json.loads(self._line())
        return int(found["peak_bytes"])

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()
