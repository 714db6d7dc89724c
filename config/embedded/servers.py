"""The users' side: have the servers of a folder running for as long as this process lives."""

import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path

from config.embedded import keeper, processes
from config.embedded.installation import Installation, is_free
from config.embedded.postgres import ServerFailedError, tail

_PATIENCE_SECONDS = 90
_ASK_AGAIN_SECONDS = 2.0
_SOURCE = Path(__file__).resolve().parent.parent.parent

_held: dict[Path, int] = {}


def ensure_running(var: Path, *, quiet: bool = False) -> Installation:
    """Returns when PostgreSQL and Valkey of the folder answer; they stay until this process ends.

    Any number of processes may ask at once; the servers run once and stop after the last user.
    Raises ServerFailedError with the end of the log when they do not come up.
    """
    if var not in _held:
        Installation.load_or_create(var)
        lock = os.open(var / keeper.USERS_LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lock, fcntl.LOCK_SH)  # waits while servers that nobody used any more are stopping
        _held[var] = lock
    elif (var / keeper.READY).exists():
        return Installation.load_or_create(var)
    if not _is_ready(var):
        if not quiet:
            print(f"Starting PostgreSQL and Valkey under {var} ...", file=sys.stderr, flush=True)  # noqa: T201
        _start(var)
    return Installation.load_or_create(var)


def release(var: Path, *, wait_seconds: float = 30) -> bool:
    """Lets go of the servers; returns whether they have stopped (not when somebody else uses them)."""
    lock = _held.pop(var, None)
    if lock is not None:
        os.close(lock)
    until = time.monotonic() + wait_seconds
    while time.monotonic() < until:
        if not _keeper_is_there(var):
            return True
        if _has_other_users(var):
            return False
        time.sleep(0.05)
    return not _keeper_is_there(var)


def _start(var: Path) -> None:
    begun, asked = time.time(), 0.0
    while time.time() < begun + _PATIENCE_SECONDS:
        if _is_ready(var):
            return
        failed = var / keeper.FAILED
        if failed.exists() and failed.stat().st_mtime >= begun:
            raise ServerFailedError(failed.read_text())
        if time.monotonic() - asked > _ASK_AGAIN_SECONDS:
            _ask_for_keeper(var)
            asked = time.monotonic()
        time.sleep(0.03)
    raise ServerFailedError(f"The servers under {var} did not start:\n{tail(var / 'log' / 'keeper.log')}")


def _ask_for_keeper(var: Path) -> None:
    """Starts a keeper, which goes away at once when there is one already."""
    (var / "log").mkdir(parents=True, exist_ok=True)
    with (var / "log" / "keeper.log").open("ab") as log:
        subprocess.run(  # noqa: S603  (our own module)
            [sys.executable, "-m", "config.embedded.keeper", str(var)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=_SOURCE,
            start_new_session=True,
            check=False,
            timeout=_PATIENCE_SECONDS,
        )


def _is_ready(var: Path) -> bool:
    try:
        keeper_pid = int((var / keeper.READY).read_text())
    except (FileNotFoundError, ValueError):
        return False
    installation = Installation.load_or_create(var)
    return processes.is_running(keeper_pid) and not any(
        is_free(port) for port in (installation.postgres_port, installation.valkey_port)
    )


def _keeper_is_there(var: Path) -> bool:
    return _is_locked(var / keeper.KEEPER_LOCK, fcntl.LOCK_SH)


def _has_other_users(var: Path) -> bool:
    # While the keeper closes down it holds this lock itself: that is not a user, so ask for the weaker lock.
    return _is_locked(var / keeper.USERS_LOCK, fcntl.LOCK_EX) and not _is_locked(
        var / keeper.USERS_LOCK, fcntl.LOCK_SH
    )


def _is_locked(path: Path, kind: int) -> bool:
    try:
        lock = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False
