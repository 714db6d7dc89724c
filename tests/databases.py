"""Databases of the test runs on the embedded server: made from a template, dropped when their run is dead."""

import contextlib
import hashlib
from typing import Any

import psycopg
from django.db import connections
from psycopg import sql

from config.embedded import processes
from tests.servers import SOURCE

_RUNS = "test_refillwise_"
_TEMPLATES = "template_refillwise_"


def template_name() -> str:
    """One template for one set of migrations: migrating from nothing takes many seconds."""
    digest = hashlib.sha256()
    for path in sorted(SOURCE.glob("*/migrations/*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return _TEMPLATES + digest.hexdigest()[:12]


def prepare() -> bool:
    """Drops what killed runs left; returns whether the run's database will be made from a template."""
    with _server() as server:
        for name in _names(server, _RUNS):
            if not processes.is_running(int(name.rpartition("_")[2])):
                _drop(server, name)
        if template_name() not in _names(server, _TEMPLATES):
            return False
    connections["owner"].settings_dict["TEST"]["TEMPLATE"] = template_name()
    return True


def keep_as_template() -> None:
    """Copies the freshly migrated database of this run for the next ones, in place of older templates."""
    made_of = connections["owner"].settings_dict["NAME"]
    connections.close_all()
    with _server() as server:
        for name in _names(server, _TEMPLATES):
            _drop(server, name)
        with contextlib.suppress(psycopg.errors.DuplicateDatabase):  # another run, at the same moment
            server.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(template_name()), sql.Identifier(made_of)
                )
            )


def _server() -> "psycopg.Connection[Any]":
    parameters = connections["owner"].get_connection_params()
    known = {name: parameters[name] for name in ("host", "port", "user", "password")}
    return psycopg.connect(dbname="postgres", autocommit=True, **known)


def _names(server: "psycopg.Connection[Any]", prefix: str) -> list[str]:
    rows = server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix])
    return [name for (name,) in rows.fetchall()]


def _drop(server: "psycopg.Connection[Any]", name: str) -> None:
    with contextlib.suppress(psycopg.errors.ObjectInUse):  # a run is copying it at this moment
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
