"""However a process ends, the next one finds its servers and its data."""

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import pytest

from config.embedded import keeper
from config.embedded.installation import HOST, OWNER_ROLE, Installation
from tests.faults.conftest import User, processes_of, product_environment, wait_until
from tests.servers import SOURCE

Start = Callable[..., User]


def connect(var: Path, *, role: str = OWNER_ROLE) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(
        Installation.load_or_create(var).database_url(role), connect_timeout=10, autocommit=True
    )


def write_a_row(var: Path) -> None:
    with connect(var) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('still here')")


def row_is_there(var: Path) -> bool:
    with connect(var) as connection:
        return connection.execute("SELECT word FROM kept").fetchall() == [("still here",)]


def running(var: Path, *words: str) -> list[psutil.Process]:
    return [
        process for process in processes_of(var) if all(word in " ".join(process.cmdline()) for word in words)
    ]


def keeper_process(var: Path) -> psutil.Process:
    return psutil.Process(int((var / keeper.READY).read_text()))


def postmaster(var: Path) -> psutil.Process:
    return psutil.Process(int((var / "postgresql" / "data" / "postmaster.pid").read_text().split("\n")[0]))


def test_the_servers_stop_after_the_last_user_and_keep_the_data(var: Path, start_user: Start) -> None:
    first, second = start_user(), start_user()
    write_a_row(var)
    first.go()
    assert row_is_there(var)
    second.go()
    wait_until(lambda: not processes_of(var))
    start_user()
    assert row_is_there(var)


def test_a_killed_user_leaves_nothing_running_and_nothing_lost(var: Path, start_user: Start) -> None:
    user = start_user()
    write_a_row(var)
    user.kill()
    wait_until(lambda: not processes_of(var))
    start_user()
    assert row_is_there(var)


@pytest.mark.parametrize("victims", [["keeper"], ["postmaster"], ["keeper", "postmaster"], ["everything"]])
def test_the_next_start_works_whatever_was_killed(var: Path, start_user: Start, victims: list[str]) -> None:
    user = start_user()
    write_a_row(var)
    found = {
        "keeper": [keeper_process(var)],
        "postmaster": [postmaster(var)],
        "everything": processes_of(var),
    }
    for name in victims:
        for process in found[name]:
            process.kill()
    user.kill()
    start_user()
    assert row_is_there(var)
    assert len(running(var, "postgres", "-D")) == 1


def test_a_database_that_dies_in_use_comes_back_by_itself(var: Path, start_user: Start) -> None:
    start_user()
    write_a_row(var)
    dead = postmaster(var)
    dead.kill()
    wait_until(lambda: (var / keeper.READY).exists() and postmaster(var).pid != dead.pid)
    assert row_is_there(var)


def test_many_starts_at_once_make_one_server(var: Path, start_user: Start) -> None:
    users = [start_user(wait=False) for _ in range(4)]
    for user in users:
        user.wait_for_servers()
    assert len(running(var, "postgres", "-D")) == 1
    assert len(running(var, "config.embedded.keeper")) == 1


def test_a_port_taken_meanwhile_is_replaced(var: Path, start_user: Start) -> None:
    before = Installation.load_or_create(var)
    with socket.create_server((HOST, before.postgres_port)):
        start_user()
        assert Installation.load_or_create(var).postgres_port != before.postgres_port
        write_a_row(var)


def test_a_process_number_that_is_somebody_elses_now_does_not_block(var: Path, start_user: Start) -> None:
    user = start_user()
    write_a_row(var)
    user.go()
    wait_until(lambda: not processes_of(var))
    pid_file = var / "postgresql" / "data" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{pid_file.parent}\n")
    (var / "valkey" / "valkey.pid").write_text(str(os.getpid()))
    start_user()
    assert row_is_there(var)


def test_a_first_start_killed_half_way_begins_again(var: Path, start_user: Start) -> None:
    half = var / "postgresql" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    start_user()
    write_a_row(var)


def test_secrets_are_for_their_owner_and_are_asked_for(var: Path, start_user: Start) -> None:
    start_user()
    installation = Installation.load_or_create(var)
    assert stat.S_IMODE((var / "state.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((var / "postgresql").stat().st_mode) == 0o700
    for wrong in (installation.database_url().replace(installation.application_password, "guess"),):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)
    assert installation.broker_password not in " ".join(" ".join(p.cmdline()) for p in processes_of(var))
    listening = {c.laddr.ip for p in processes_of(var) for c in p.net_connections() if c.status == "LISTEN"}
    assert listening == {"127.0.0.1"}


def test_no_value_reaches_the_servers_log(var: Path, start_user: Start) -> None:
    start_user()
    with connect(var) as connection:
        connection.execute("CREATE TABLE people (name text UNIQUE)")
        for statement in ("INSERT INTO people VALUES ('Canary'), ('Canary')", "SELECT 'Canary' FROM nowhere"):
            with pytest.raises(psycopg.Error):
                connection.execute(statement)
    assert "Canary" not in (var / "log" / "postgresql.log").read_text()


@pytest.mark.parametrize("command", [["check"], ["makemigrations", "--check", "--dry-run"], ["help"]])
def test_a_command_that_reads_no_row_starts_nothing(var: Path, command: list[str]) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=SOURCE,
        env=product_environment(var),
        check=True,
        capture_output=True,
    )
    assert not (var / "postgresql").exists()
    assert not processes_of(var)


def test_a_command_alone_starts_the_servers_for_as_long_as_it_takes(var: Path) -> None:
    asked = subprocess.run(
        [sys.executable, "manage.py", "showmigrations", "--database=owner", "clinic"],
        cwd=SOURCE,
        env=product_environment(var),
        check=True,
        capture_output=True,
        text=True,
    )
    assert "Starting PostgreSQL and Valkey" in asked.stderr
    wait_until(lambda: not processes_of(var))


def test_the_keeper_ends_in_order_when_asked(var: Path, start_user: Start) -> None:
    user = start_user()
    keeper_process(var).send_signal(signal.SIGTERM)
    wait_until(
        lambda: not running(var, "config.embedded.keeper"), seconds=60
    )  # as long as it gives its servers
    assert not (var / "postgresql" / "data" / "postmaster.pid").exists()
    user.kill()
