"""Brings everything up in order, looks after it, takes everything down."""

import fcntl
import json
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import psutil
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from config.embedded import processes, servers
from config.embedded.installation import HOST, Installation, is_free
from config.environment import FILE
from config.supervisor.child import Child, stop_leftover
from config.supervisor.screen import Screen

_CHILDREN = "children.json"
_LOCK = "supervisor.lock"
_WEB_SECONDS = 60
_STOP_SECONDS = 10
_GLANCE_SECONDS = 2
_PATIENCE_SECONDS = 40
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STOPPING_MARK = "stopping"
_LOG_BYTES = 5_000_000


class CannotStartError(RuntimeError):
    """Something a person must settle first; the text says what and how."""


class _Stopped(BaseException):
    """Ctrl-C or SIGTERM, in whatever step we are."""


class Supervisor:
    """The system of one folder on one port. `prepare` fills the migrated database before the web starts."""

    def __init__(self, *, var: Path, port: int, prepare: Callable[[Screen], None]) -> None:
        self.var = var
        self.port = port
        self.prepare = prepare
        self.screen = Screen()
        self.children: list[Child] = []
        self.lock: int | None = None
        # Under make we end with it: somebody who kills make wants all of it gone.
        self.is_bound = "MAKELEVEL" in os.environ
        self.parent = os.getppid()

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}/"

    def run(self, *, welcome: Callable[[Screen, str], None]) -> None:
        """Returns after Ctrl-C or SIGTERM, with every process ended and the data kept.

        Raises CannotStartError when a person must do something first.
        """
        for number in _STOPPING:
            if (
                number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN
            ):  # nohup ignores it for us
                signal.signal(number, _stop)
        if self.is_bound:
            processes.end_with_parent(signal.SIGTERM)
        try:
            self._lock()
            self._bring_up()
            welcome(self.screen, self.address)
            self._look_after()
        except _Stopped:
            self.screen.say()
        finally:
            for number in _STOPPING:
                signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave half of it running
            self._take_down()

    def _lock(self) -> None:
        """One supervisor per folder; waits for one that is on its way out."""
        self.var.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.var / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        begun, told = time.monotonic(), False
        while not _take(lock):
            waited = time.monotonic() - begun
            is_stopping = (self.var / _STOPPING_MARK).exists()
            if waited > (_PATIENCE_SECONDS if is_stopping else _GLANCE_SECONDS):
                os.close(lock)
                raise CannotStartError(f"This is running already, in another terminal ({self.var}).")
            if is_stopping and not told:
                self.screen.say("Waiting for an earlier run to stop ...")
                told = True
            time.sleep(0.1)
        (self.var / _STOPPING_MARK).unlink(missing_ok=True)
        self.lock = lock

    def _bring_up(self) -> None:
        self._stop_leftovers()
        if not is_free(self.port):
            raise CannotStartError(
                f"Port {self.port} is taken by another program. Choose another one: PORT={self.port + 1}"
            )
        with self.screen.step("Starting PostgreSQL and Valkey", "PostgreSQL and Valkey run"):
            installation = servers.ensure_running(self.var, quiet=True)
        with self.screen.step("Bringing the database up to date", "Database is up to date"):
            call_command("migrate", interactive=False, verbosity=0)
        self.prepare(self.screen)
        connections.close_all()
        self._start_children(installation)
        with self.screen.step("Starting web, worker and beat", "Web, worker and beat run"):
            self._wait_for_web()

    def _start_children(self, installation: Installation) -> None:
        environment = child_environment(installation) | {"PORT": str(self.port)}
        environment.setdefault("PUBLIC_URL", self.address.rstrip("/"))
        environment.setdefault("LOG_FORMAT", settings.LOG_FORMAT)
        celery = [sys.executable, "-m", "celery", "-A", "config.celery"]
        commands = {
            "web": [sys.executable, "-m", "gunicorn", "--config", "python:config.gunicorn", "config.wsgi"],
            "worker": [*celery, "worker", "--concurrency=2", "--loglevel=INFO", "--without-mingle"],
            "beat": [*celery, "beat", f"--schedule={self.var / 'beat-schedule'}", "--pidfile="],
        }
        for name, command in commands.items():
            log = self.var / "log" / f"{name}.log"
            if log.exists() and log.stat().st_size > _LOG_BYTES:
                log.replace(log.with_suffix(".old.log"))
            self.children.append(
                Child(name=name, command=command, environment=environment, folder=settings.BASE_DIR, log=log)
            )
            self.children[-1].start()
        self._remember_children()

    def _wait_for_web(self) -> None:
        until = time.monotonic() + _WEB_SECONDS
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"{self.address}healthz", timeout=5):  # noqa: S310
                    return
            except (OSError, urllib.error.URLError):
                if not self.children[0].is_alive():
                    break
                time.sleep(0.1)
        raise CannotStartError(f"The web server does not answer; its log: {self.children[0].log}")

    def _look_after(self) -> None:
        while not self.is_bound or os.getppid() == self.parent:
            for child in self.children:
                told = child.look_after()
                if told:
                    self.screen.say(f"[yellow]{told}[/yellow]")
                    self._remember_children()
            time.sleep(0.5)

    def _take_down(self) -> None:
        if self.lock is None:
            return
        (self.var / _STOPPING_MARK).touch()
        if self.children:
            self.screen.say("Stopping ...")
        for child in reversed(self.children):
            child.ask_to_stop()
        until = time.monotonic() + _STOP_SECONDS
        for child in self.children:
            child.wait_or_kill(until)
        (self.var / _CHILDREN).unlink(missing_ok=True)
        connections.close_all()
        stopped = servers.release(self.var)
        if self.children:
            kept = f"The data stays in {self.var}."
            self.screen.say(
                f"Stopped. {kept}" if stopped else f"Stopped; another command still uses the database. {kept}"
            )
        os.close(self.lock)
        self.lock = None

    def _remember_children(self) -> None:
        alive = [child.process.pid for child in self.children if child.process and child.is_alive()]
        rows = []
        for pid in alive:
            try:
                rows.append({"pid": pid, "born": psutil.Process(pid).create_time()})
            except psutil.Error:
                continue
        path = self.var / _CHILDREN
        path.with_suffix(".new").write_text(json.dumps(rows))
        path.with_suffix(".new").replace(path)

    def _stop_leftovers(self) -> None:
        """What a killed supervisor left: nobody else can have it, since we hold the lock."""
        try:
            rows = json.loads((self.var / _CHILDREN).read_text())
        except (FileNotFoundError, ValueError):
            return
        for row in rows:
            if stop_leftover(pid=row["pid"], born=row["born"]):
                self.screen.say("Stopped a process that an earlier run had left.")
        (self.var / _CHILDREN).unlink(missing_ok=True)


def child_environment(installation: Installation) -> dict[str, str]:
    """What web, worker and beat are told: as in production, and no password of the owner."""
    given = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": installation.database_url(),
        "REDIS_URL": installation.broker_url,
        "CACHE_URL": installation.cache_url,
        "SECRET_KEY": settings.SECRET_KEY,
        "SECOND_FACTOR_KEYS": ",".join(settings.SECOND_FACTOR_KEYS),
        "MFA_REQUIRED": "true" if settings.MFA_REQUIRED else "false",
        "ALLOWED_HOSTS": ",".join(settings.ALLOWED_HOSTS),
        "HTTPS": "true" if settings.HTTPS else "false",
        "STATIC_FROM_SOURCE": "true",
        "PYTHONUNBUFFERED": "1",
    }
    kept = {name: value for name, value in os.environ.items() if name.removesuffix(FILE) not in given}
    return kept | given


def _take(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stop(number: int, frame: FrameType | None) -> None:
    raise _Stopped
