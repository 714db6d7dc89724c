"""Installations of their own for tests that kill what others share."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.servers import SOURCE


def product_environment(var: Path, **more: str) -> dict[str, str]:
    """The environment of somebody who has set nothing but the folder."""
    ours = ("DJANGO_", "REFILLWISE_", "DATABASE_", "REDIS_", "MAKE", "LOG_LEVEL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"REFILLWISE_VAR": str(var), "PYTHONUNBUFFERED": "1"} | more


def processes_of(var: Path) -> list[psutil.Process]:
    """Every process that works in the folder, by its command or its environment."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), process.environ().get("REFILLWISE_VAR", "")]
            if process.pid != os.getpid() and any(str(var) in word for word in words):
                found.append(process)
        except psutil.Error:
            continue
    return found


def wait_until(is_true: Callable[[], bool], *, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < until, "this did not become true in time"
        time.sleep(0.05)


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    """The folder of a new installation; nothing of it runs after the test."""
    folder = tmp_path / "var"
    folder.mkdir()
    yield folder
    kill_all(folder)


def kill_all(folder: Path) -> None:
    for process in processes_of(folder):
        process.kill()
    wait_until(lambda: not processes_of(folder))


class User:
    """A process that uses the servers of a folder until it is told to go."""

    def __init__(self, var: Path) -> None:
        code = (
            "import sys; from pathlib import Path; from config.embedded import servers;"
            "servers.ensure_running(Path(sys.argv[1])); print('up', flush=True); sys.stdin.read()"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, str(var)],
            cwd=SOURCE,
            env=product_environment(var),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_for_servers(self) -> None:
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        assert said == "up\n", self.process.communicate()[1]

    def go(self) -> None:
        self.process.communicate()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()


@pytest.fixture
def start_user(var: Path) -> Iterator[Callable[..., User]]:
    """Starts processes that use the servers of `var`; `wait=False` does not wait for the servers."""
    users: list[User] = []

    def start(*, wait: bool = True) -> User:
        users.append(User(var))
        if wait:
            users[-1].wait_for_servers()
        return users[-1]

    yield start
    for user in users:
        user.kill()
