"""Databases of the test runs on the embedded server: made from a template, dropped when their run is dead."""

import contextlib
import fcntl
import hashlib
import os
import subprocess
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.db import connections
from psycopg import sql

from config.embedded import processes
from config.embedded.installation import SUPERUSER, Installation
from config.embedded.postgres import programs
from tests.servers import SOURCE

_RUNS = "test_refillwise_"
_TEMPLATES = "template_refillwise_"
_AFTERWARDS = ("grants.py", "triggers.py", "walls.py")
"""What else says how a migrated database looks."""


def template_name() -> str:
    """One template for one set of migrations: migrating from nothing takes many seconds."""
    digest = hashlib.sha256()
    for path in [
        *sorted(SOURCE.glob("*/migrations/*.py")),
        *(SOURCE / "config" / name for name in _AFTERWARDS),
    ]:
        digest.update(path.name.encode() + path.read_bytes())
    return _TEMPLATES + digest.hexdigest()[:12]


class Template:
    """The migrated database that a run copies. Whoever finds none makes it, and the others wait until it is there."""

    def __init__(self, var: Path) -> None:
        self._lock = os.open(var / "template.lock", os.O_RDWR | os.O_CREAT, 0o600)
        self._is_made = False

    def __enter__(self) -> Self:
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._is_made = _prepare()
        if self._is_made:
            fcntl.flock(self._lock, fcntl.LOCK_UN)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._lock)

    def keep(self) -> None:
        """Keep this run's freshly migrated database for the next ones, unless it is itself a copy."""
        if not self._is_made:
            _keep()
            self._is_made = True
            fcntl.flock(self._lock, fcntl.LOCK_UN)


def _prepare() -> bool:
    """Drops what killed runs left; returns whether the run's database will be made from a template."""
    with server_as("owner") as server:
        for name in _names(server, _RUNS):
            if not processes.is_running(int(name.rpartition("_")[2])):
                _drop(server, name)
        if template_name() not in _names(server, _TEMPLATES):
            return False
    connections["owner"].settings_dict["TEST"]["TEMPLATE"] = template_name()
    return True


def _keep() -> None:
    """Copies the freshly migrated database of this run for the next ones, in place of older templates."""
    made_of = connections["owner"].settings_dict["NAME"]
    connections.close_all()
    with server_as("owner") as server:
        for name in _names(server, _TEMPLATES):
            _drop(server, name)
        with contextlib.suppress(psycopg.errors.DuplicateDatabase):  # another run, at the same moment
            server.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(template_name()), sql.Identifier(made_of)
                )
            )


def copy_to(var: Path) -> None:
    """Put what this run's database was migrated to into an installation's that is still empty, rights and walls included.

    For tests whose subject is not the migrating, which takes the better part of a minute.
    """
    there = Installation.load_or_create(var).database_url(SUPERUSER)
    here = Installation.load_or_create(settings.VAR_DIR).database_url(SUPERUSER)
    run = urlsplit(here)._replace(path=f"/{connections['owner'].settings_dict['NAME']}").geturl()
    dump = subprocess.run(
        [programs() / "pg_dump", "--format=custom", "--compress=0", f"--dbname={run}"],
        check=True,
        capture_output=True,
    ).stdout
    subprocess.run(
        [programs() / "pg_restore", "--exit-on-error", f"--dbname={there}"],
        input=dump,
        check=True,
        capture_output=True,
    )


def server_as(alias: str) -> "psycopg.Connection[Any]":
    """The server itself, in none of the runs' databases, with the role of this alias."""
    parameters: dict[str, Any] = connections[alias].get_connection_params()
    known = {name: parameters[name] for name in ("host", "port", "user", "password")}
    return psycopg.connect(dbname="postgres", autocommit=True, **known)


def _names(server: "psycopg.Connection[Any]", prefix: str) -> list[str]:
    rows = server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix])
    return [name for (name,) in rows.fetchall()]


def _drop(server: "psycopg.Connection[Any]", name: str) -> None:
    with contextlib.suppress(psycopg.errors.ObjectInUse):  # a run is copying it at this moment
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
