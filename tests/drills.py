"""A database of a drill's own, that it may drop: a copy of this run's, on the same server."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pyrage
from django.db import connections
from psycopg import sql

from config.backup.programs import major_of, programs_for, server_version, surroundings
from tests.databases import server_as
from tests.servers import Process, environment

ALIASES = ("default", "owner")


@contextmanager
def own_database() -> Iterator[str]:
    """Let this process, and those of ``drill_environment``, work on a copy; its name."""
    run, drill = connections["owner"].settings_dict["NAME"], f"test_refillwise_drill_{os.getpid()}"
    connections.close_all()
    _on_server("CREATE DATABASE {} TEMPLATE {}", drill, run, without_visitors=run)
    try:
        _work_on(drill)
        yield drill
    finally:
        connections.close_all()
        _work_on(run)
        _on_server("DROP DATABASE IF EXISTS {}", drill, without_visitors=drill)


def lose_database(name: str) -> None:
    """The disaster, and the empty database that somebody makes after it."""
    connections.close_all()
    _on_server("DROP DATABASE {}", name, without_visitors=name)
    _on_server("CREATE DATABASE {}", name)


def drill_environment(broker_url: str = "", **more: str) -> dict[str, str]:
    """Of a process that also knows the owner: of `backup`, `restore` and `migrate`."""
    parameters = connections["owner"].get_connection_params()
    owner = "postgres://{user}:{password}@{host}:{port}/{dbname}".format(**parameters)
    return environment(broker_url=broker_url, DATABASE_OWNER_URL=owner, **more)


def manage(folder: Path, *words: str, **more: str) -> Process:
    """A command of manage.py as a process."""
    return Process(
        words[0], ["tests.command_line", *words], environment=drill_environment(**more), folder=folder
    )


def key_pair(folder: Path) -> tuple[Path, str]:
    """A file with a secret key, and its public one."""
    identity, path = pyrage.x25519.Identity.generate(), folder / "backup.key"
    path.write_text(f"# a key\n{identity}\n")
    return path, str(identity.to_public())


_WRITTEN_OTHERWISE = re.compile(r"::character varying|::text|\[\]|[()]")
"""PostgreSQL writes a list's types into each of its members once a constraint was dumped and read again."""


def shape() -> list[str]:
    """Everything but rows: tables, constraints, indexes, triggers, policies, functions, rights, as pg_dump says it."""
    programs = programs_for(major_of(server_version()))
    said = subprocess.run(
        [programs.dump, "--schema-only", "--no-password"],
        env=surroundings(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [
        _WRITTEN_OTHERWISE.sub("", line).rstrip(",")
        for line in said.splitlines()
        if line and not line.startswith(("--", "\\restrict", "\\unrestrict"))
    ]


def _work_on(name: str) -> None:
    for alias in ALIASES:
        connections[alias].settings_dict["NAME"] = name


def _on_server(statement: str, *names: str, without_visitors: str = "") -> None:
    for is_last in (False, False, True):
        _send_away(without_visitors)
        try:
            with server_as("owner") as server:
                server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
            return
        except psycopg.errors.ObjectInUse:  # a process came back in between
            if is_last:
                raise


def _send_away(database: str) -> None:
    """End this run's sessions there: of a web server that a test left, of processes that were killed.

    Each role ends its own. WITH (FORCE) would end all as the owner, who has no right to those of others, nor to the
    server's own vacuum; without it that one makes way.
    """
    for alias in ALIASES:
        with server_as(alias) as server:
            server.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                " WHERE datname = %s AND usename = current_user",
                [database],
            )
