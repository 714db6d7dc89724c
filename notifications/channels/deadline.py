"""An end for the whole of a conversation: a time-out alone starts anew with every byte that drips in."""

from __future__ import annotations

import math
import os
import smtplib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, Protocol

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

CUT_AGAIN_SECONDS = 0.2


class _Connection(Protocol):
    sock: Any


class _Deadline:
    """The connections of one conversation, and when they are shut.

    Whoever waits for a byte then reads the end of the stream, which proves nothing about what was sent.
    """

    def __init__(self, seconds: float) -> None:
        self.at = time.monotonic() + seconds
        self._connections: list[_Connection] = []
        self.is_over = False

    def watch(self, connection: _Connection) -> None:
        """Shut this one too when the time is up."""
        if connection not in self._connections:
            self._connections.append(connection)

    def cut(self) -> None:
        self.is_over = True
        for connection in list(self._connections):
            with suppress(Exception):  # not there yet, or gone
                socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)


class _Watchman:
    """One thread that shuts the connections of every conversation whose time is up, again and again until it ends.

    It sleeps until the earliest end that it knew when it looked last: most conversations never wake it.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open: set[_Deadline] = set()
        self._wakes_at = math.inf
        self._thread: threading.Thread | None = None

    def take(self, deadline: _Deadline) -> None:
        with self._changed:
            self._open.add(deadline)
            if self._thread is None or not self._thread.is_alive():
                thread = threading.Thread(target=self._run, daemon=True, name="deadlines")
                thread.start()
                self._thread = thread
            elif deadline.at < self._wakes_at:
                self._changed.notify()

    def let_go(self, deadline: _Deadline) -> None:
        """From here on its connections are shut no more: they may go on to another conversation."""
        with self._changed:
            self._open.discard(deadline)

    def _run(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                late = [deadline for deadline in self._open if deadline.at <= now]
                for deadline in late:
                    deadline.cut()
                ends = [deadline.at for deadline in self._open if deadline.at > now]
                self._wakes_at = min([*ends, now + CUT_AGAIN_SECONDS] if late else ends, default=math.inf)
                self._changed.wait(None if self._wakes_at == math.inf else self._wakes_at - now)


_watchman = _Watchman()
_current: ContextVar[_Deadline | None] = ContextVar("deadline", default=None)


def _renew() -> None:
    """A process that was forked has not the thread."""
    global _watchman
    _watchman = _Watchman()


os.register_at_fork(after_in_child=_renew)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let no conversation of the block go on for longer: its connections are shut then."""
    deadline, watchman = _Deadline(seconds), _watchman
    token = _current.set(deadline)
    watchman.take(deadline)
    try:
        yield
    finally:
        _current.reset(token)
        watchman.let_go(deadline)


def begin() -> None:
    """Raise TimeoutError where the time is up: what a cut line said so far counts for nothing."""
    deadline = _current.get()
    if deadline is not None and deadline.is_over:
        raise TimeoutError("no time left to begin")


def _watched(connection: _Connection) -> None:
    begin()
    if (deadline := _current.get()) is not None:
        deadline.watch(connection)


class _Http(HTTPConnection):
    def connect(self) -> None:
        _watched(self)
        super().connect()

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        _watched(self)  # a line that was kept is not connected again
        super().putrequest(*args, **kwargs)


class _Https(HTTPSConnection):
    def connect(self) -> None:
        _watched(self)
        super().connect()

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        _watched(self)
        super().putrequest(*args, **kwargs)


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class WatchedAdapter(HTTPAdapter):
    """Makes a session of ``requests`` heed ``within``."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
        return manager


def watch_session(session: requests.Session) -> requests.Session:
    """Have every conversation of the session heed ``within``, on a new line or on one that was kept."""
    for scheme in ("http://", "https://"):
        session.mount(scheme, WatchedAdapter())
    return session


class WatchedSmtp(smtplib.SMTP):
    """Heeds ``within`` from before its first byte."""

    sock: Any = None

    def connect(
        self, host: str = "localhost", port: int = 0, source_address: Any = None
    ) -> tuple[int, bytes]:
        _watched(self)
        return super().connect(host, port, source_address)


class WatchedSmtpSsl(WatchedSmtp, smtplib.SMTP_SSL):
    """The same over TLS from the start."""
