"""The process that keeps the servers of one folder: `python -m config.embedded.keeper FOLDER`.

Who wants the servers holds a shared lock on `users.lock` and sees to it that a keeper runs. The keeper starts
both servers, starts them again when one dies, and stops them when nobody holds the lock any more. Locks end
with their process, so however a user ends, by Ctrl-C or kill -9, the servers stop soon after and nothing
stays behind; and while a second user is there, the first may go.
"""

import fcntl
import os
import signal
import sys
import time
from pathlib import Path

from config.embedded.installation import Installation, free_ports, is_free
from config.embedded.postgres import Postgres, ServerFailedError
from config.embedded.valkey import Valkey

USERS_LOCK = "users.lock"
KEEPER_LOCK = "keeper.lock"
READY = "ready"
FAILED = "failed"
NOT_DURABLE = "not-durable"  # a file of this name: data of tests, which need not survive a power cut
_LOOK_SECONDS = 0.2
_GRACE_SECONDS = 1.0  # two commands in a row need not stop and start the servers between them
_RESTARTS_IN_A_ROW = 5
_STABLE_SECONDS = 60
_LOG_BYTES = 5_000_000


class Keeper:
    """Holds both servers of an installation for as long as somebody uses them."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.ready = var / READY
        self.users = os.open(var / USERS_LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        self.servers: list[Postgres | Valkey] = []
        self.asked_to_stop = False

    def keep(self) -> None:
        installation = Installation.load_or_create(self.var)
        for server in self._servers_of(installation):
            server.stop_leftover()
        self.servers = self._servers_of(_with_usable_ports(installation))
        try:
            self._start_all()
            self._watch()
        finally:
            self.ready.unlink(missing_ok=True)
            for server in reversed(self.servers):
                server.stop()

    def _servers_of(self, installation: Installation) -> list[Postgres | Valkey]:
        return [
            Valkey(
                home=self.var / "valkey",
                port=installation.valkey_port,
                password=installation.broker_password,
                log=self.var / "log" / "valkey.log",
            ),
            Postgres(installation, durable=not (self.var / NOT_DURABLE).exists()),
        ]

    def _start_all(self) -> None:
        for server in self.servers:
            if not server.is_alive():
                server.start()
        self.ready.write_text(str(os.getpid()))

    def _watch(self) -> None:
        restarts, started, unused_since = 0, time.monotonic(), None
        while not self.asked_to_stop:
            time.sleep(_LOOK_SECONDS)
            if not all(server.is_alive() for server in self.servers):
                restarts = restarts + 1 if time.monotonic() - started < _STABLE_SECONDS else 1
                if restarts > _RESTARTS_IN_A_ROW:
                    raise ServerFailedError("A server died again and again: see the logs beside this file.")
                self.ready.unlink(missing_ok=True)
                say("a server died; starting it again")
                time.sleep(min(2.0 ** (restarts - 1) / 4, 4))
                self._start_all()
                started = time.monotonic()
            if not self._is_unused():
                unused_since = None
                continue
            unused_since = unused_since or time.monotonic()
            if time.monotonic() - unused_since >= _GRACE_SECONDS and self._close_door():
                return

    def _is_unused(self) -> bool:
        try:
            fcntl.flock(self.users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        fcntl.flock(self.users, fcntl.LOCK_UN)
        return True

    def _close_door(self) -> bool:
        """Takes the users' lock for good: who comes now waits until the servers have stopped."""
        try:
            fcntl.flock(self.users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def main(var: Path) -> None:
    (var / "log").mkdir(parents=True, exist_ok=True)
    lock = os.open(var / KEEPER_LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return  # another keeper is there
    if os.fork():  # whoever started us need not collect us
        os._exit(0)
    (var / READY).unlink(missing_ok=True)
    (var / FAILED).unlink(missing_ok=True)
    for log in (var / "log").glob("*.log"):
        if log.stat().st_size > _LOG_BYTES:
            log.write_bytes(log.read_bytes()[-_LOG_BYTES // 5 :])
    keeper = Keeper(var)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: setattr(keeper, "asked_to_stop", True))
    try:
        keeper.keep()
    except (ServerFailedError, OSError, RuntimeError) as error:
        say(f"{type(error).__name__}: {error}")
        (var / FAILED).write_text(str(error))
    os.close(lock)  # before the users' lock, which ends with us: who waited for it may start a new keeper


def _with_usable_ports(installation: Installation) -> Installation:
    """The remembered ports, or others where somebody else took one meanwhile."""
    if is_free(installation.postgres_port) and is_free(installation.valkey_port):
        return installation
    postgres_port, valkey_port = free_ports(2)
    return installation.with_ports(postgres_port=postgres_port, valkey_port=valkey_port)


def say(text: str) -> None:
    print(time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime()), text, flush=True)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
