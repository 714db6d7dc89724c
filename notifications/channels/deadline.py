"""An end for the whole of a conversation: a time-out alone starts anew with every byte that drips in."""

from __future__ import annotations

import smtplib
import socket
import threading
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
    """Watches the connections of one conversation and shuts them when its time is up, until they are closed.

    Whoever waits for a byte then reads the end of the stream, which proves nothing about what was sent.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._connections: list[_Connection] = []
        self._is_done = threading.Event()
        self.is_over = False

    def watch(self, connection: _Connection) -> None:
        """Shut this one too when the time is up."""
        self._connections.append(connection)

    def run(self) -> None:
        if self._is_done.wait(self._seconds):
            return
        self.is_over = True
        while True:
            for connection in list(self._connections):
                with suppress(Exception):  # not there yet, or gone
                    socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)
            if self._is_done.wait(CUT_AGAIN_SECONDS):
                return

    def end(self) -> None:
        self._is_done.set()


_current: ContextVar[_Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let no conversation of the block go on for longer: its connections are shut then."""
    deadline = _Deadline(seconds)
    token = _current.set(deadline)
    threading.Thread(target=deadline.run, daemon=True, name="deadline").start()
    try:
        yield
    finally:
        _current.reset(token)
        deadline.end()


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


class _Https(HTTPSConnection):
    def connect(self) -> None:
        _watched(self)
        super().connect()


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
    """Have every conversation of the session heed ``within``; one session a call, or it reuses what nobody watches."""
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
