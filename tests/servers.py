"""Real processes for the tests: worker, beat, dispatcher and web, on the database of this run."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from django.db import connections

from config.embedded.installation import free_ports

SOURCE = Path(__file__).resolve().parent.parent
START_SECONDS = 60


class Process:
    """A process of the product, started for a test. Its output is in `log`."""

    def __init__(
        self,
        name: str,
        command: list[str],
        *,
        environment: dict[str, str],
        folder: Path,
        program: tuple[str, ...] = (sys.executable, "-m"),
    ) -> None:
        self.name = name
        self.log = folder / f"{name}-{time.monotonic_ns()}.log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [*program, *command],
                cwd=SOURCE,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that `kill` reaches its children too
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def wait_until(self, is_true: Callable[[], bool], *, seconds: float = START_SECONDS) -> None:
        until = time.monotonic() + seconds
        while not is_true():
            if self.process.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"{self.name} is not ready:\n{self.output()[-4000:]}")
            time.sleep(0.05)

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        """kill -9 of the process and all its children, as a power cut would."""
        if self.process.poll() is None:
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait(10)

    def stop(self, *, seconds: float = 30) -> None:
        """What a supervisor does: SIGTERM, then kill -9 when it takes too long."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()


def dispatcher(environment: dict[str, str], folder: Path) -> Process:
    """`run_dispatcher` as a process."""
    return Process(
        "dispatcher",
        ["tests.faults.dispatcher", "--pause=0.2"],
        environment=environment,
        folder=folder,
    )


def environment(*, broker_url: str, **more: str) -> dict[str, str]:
    """What a process of the product needs to work on this run's database, with the application's role only."""
    from django.conf import settings

    parameters = connections["default"].get_connection_params()
    return {
        **{
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("DJANGO_", "REFILLWISE_"))
        },
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": "postgres://{user}:{password}@{host}:{port}/{dbname}".format(**parameters),
        "REDIS_URL": broker_url,
        "SECRET_KEY": settings.SECRET_KEY,
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "HTTPS": "false",
        "MFA_REQUIRED": "false",  # tests of second factors say otherwise
        "SECOND_FACTOR_KEYS": ",".join(settings.SECOND_FACTOR_KEYS),
        "STATIC_FROM_SOURCE": "true",
        "LOG_LEVEL": "INFO",
        "PYTHONUNBUFFERED": "1",
        **more,
    }


def start_web(environment: dict[str, str], folder: Path, *, application: str = "config.wsgi") -> Process:
    """The web server, on the PORT of the environment; ``answers`` says when it is there."""
    command = ["gunicorn", "--config", "python:config.gunicorn", application]
    return Process("web", command, environment={"WEB_PROCESSES": "1"} | environment, folder=folder)


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=2):  # noqa: S310
            return True
    except OSError:
        return False


def free_port() -> int:
    (port,) = free_ports(1)
    return port
