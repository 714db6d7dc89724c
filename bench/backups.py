"""A backup, its reading and its restoring against PostgreSQL's own programs on the same rows, and the memory of each."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pyrage
from django.conf import settings
from django.db import connections

from bench.national.build import Country
from bench.screen import step
from bench.table import Row
from config.backup.programs import major_of, programs_for, server_version, surroundings
from config.embedded.installation import APPLICATION_ROLE, OWNER_ROLE, Installation

SOURCE = Path(__file__).resolve().parent.parent
EMPTY = "bench_empty"
"""The database that is restored into, new each time."""
START = "the program's own start, part of each of ours"
ROUNDS = 2
_EACH_SECONDS = 0.02


@dataclass(frozen=True)
class Run:
    """One command from its start to its end, and the most memory that it and the programs it started held together."""

    seconds: float
    peak_bytes: int


def run(country: Country) -> list[Row]:
    """The best of so many rounds, our command and PostgreSQL's program by turns."""
    connections.close_all()
    with tempfile.TemporaryDirectory(dir=settings.VAR_DIR) as name:
        runs = [_round(Path(name)) for _ in range(ROUNDS)]
        sizes = {file.suffix: file.stat().st_size for file in Path(name).iterdir()}
    best = {what: min((each[what] for each in runs), key=lambda one: one.seconds) for what in runs[0]}
    said = f", {country.rows:,} rows, {sizes['.dump'] / 1e6:.0f} MB as a dump"
    return [
        Row(what=START, ours=best[START].seconds, peak_bytes=best[START].peak_bytes),
        *(
            Row(
                what=ours + said,
                ours=best[ours].seconds,
                floor=best[floor].seconds,
                floor_is=floor,
                peak_bytes=best[ours].peak_bytes,
            )
            for floor, ours in (
                ("pg_dump -Fc", "backup"),
                ("pg_restore to nowhere", "verify_backup"),
                ("pg_restore into an empty database", "restore into an empty database"),
            )
        ),
    ]


def _round(folder: Path) -> dict[str, Run]:
    dump, backup, key = folder / "plain.dump", folder / "bench.tar.age", folder / "bench.key"
    for file in (dump, backup):
        file.unlink(missing_ok=True)
    identity = pyrage.x25519.Identity.generate()
    key.write_text(f"{identity}\n")
    programs, plain = programs_for(major_of(server_version())), surroundings()
    connections.close_all()
    found: dict[str, Run] = {}

    def measure(what: str, command: Sequence[str | Path], environment: Mapping[str, str]) -> None:
        with step(what):
            found[what] = measured(command, environment)

    def manage(*words: str | Path) -> list[str | Path]:
        return [sys.executable, "manage.py", *words]

    measure(START, manage("backup", "--help"), os.environ)
    dumping: list[str | Path] = [programs.dump, "--format=custom", "--enable-row-security", f"--file={dump}"]
    measure("pg_dump -Fc", dumping, plain)
    measure("backup", manage("backup", backup, "--recipient", str(identity.to_public())), os.environ)
    measure("pg_restore to nowhere", [programs.restore, "--file=/dev/null", dump], plain)
    measure("verify_backup", manage("verify_backup", backup, "--key", key), os.environ)
    rest: list[str | Path] = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-acl", dump]
    with _empty_database():
        loading: list[str | Path] = [programs.restore, f"--dbname={EMPTY}", *rest]
        measure("pg_restore into an empty database", loading, plain)
    with _empty_database() as there:
        measure("restore into an empty database", manage("restore", backup, "--key", key), there)
    return found


@contextmanager
def _empty_database() -> Iterator[dict[str, str]]:
    """What a process is told that works on it."""
    server = Installation.load_or_create(settings.VAR_DIR)
    addresses = {
        variable: urlsplit(server.database_url(role))._replace(path=f"/{EMPTY}").geturl()
        for variable, role in (
            ("DATABASE_URL", APPLICATION_ROLE),
            ("DATABASE_OWNER_URL", OWNER_ROLE),
        )
    }
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {EMPTY}")
        cursor.execute(f"CREATE DATABASE {EMPTY}")
    connections.close_all()
    yield {**os.environ, **addresses, "SECRET_KEY": server.secret_key}
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"DROP DATABASE {EMPTY}")
    connections.close_all()


def measured(command: Sequence[str | Path], environment: Mapping[str, str]) -> Run:
    """Run it. Raises RuntimeError with its last words where it fails."""
    began, peak = time.perf_counter(), 0
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            command, cwd=SOURCE, env=dict(environment), stdout=subprocess.DEVNULL, stderr=said
        ) as process,
    ):
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            peak = max(peak, _resident(watched))
            with suppress(subprocess.TimeoutExpired):
                process.wait(_EACH_SECONDS)
        seconds = time.perf_counter() - began
        if process.returncode != 0:
            said.seek(0)
            raise RuntimeError(said.read().decode(errors="replace")[-2000:])
    return Run(seconds, peak)


def _resident(process: psutil.Process) -> int:
    total = 0
    with suppress(psutil.NoSuchProcess):
        for each in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                total += each.memory_info().rss
    return total
