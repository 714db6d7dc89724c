"""Lines to a provider, kept from one message to the next where that puts nothing in doubt for good.

A line that was kept may be shut by the other side in the moment of its use, and nobody knows then what it took. Where
the provider honours keys, or can be asked, that is cleared up by itself. Where it does neither a person would be
called, so each message has a line of its own.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy

import requests

from notifications.channels.deadline import watch_session
from notifications.domain.transport import Capability

KEPT_SECONDS = 1.0
"""So long a line is kept without use: servers keep theirs for longer, so it is seldom shut under our hands."""


class _OfThread(threading.local):
    def __init__(self) -> None:
        self.kept: dict[str, tuple[requests.Session, float]] = {}
        """By the provider's address: the session, and when its last conversation ended."""


_lines = _OfThread()


def _forget() -> None:
    """A process that was forked leaves its parent's lines alone."""
    global _lines
    _lines = _OfThread()


os.register_at_fork(after_in_child=_forget)


@contextmanager
def line(url: str, promises: Capability) -> Iterator[requests.Session]:
    """A session to the provider at ``url``, which heeds ``within``: for one conversation, and the next if it ends well.

    It sends nothing twice: what fails once something was said is told as it is.
    """
    is_kept = promises.idempotent_for is not None or promises.settle is not None
    session = (_taken(url) if is_kept else None) or _new(url, is_kept=is_kept)
    try:
        yield session
    except BaseException:
        session.close()
        raise
    if is_kept:
        _lines.kept[url] = session, time.monotonic()
    else:
        session.close()


def _taken(url: str) -> requests.Session | None:
    session, used_at = _lines.kept.pop(url, (None, 0.0))
    if session is None or time.monotonic() - used_at <= KEPT_SECONDS:
        return session
    session.close()
    return None


def _new(url: str, *, is_kept: bool) -> requests.Session:
    session = watch_session(requests.Session())
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # each message comes as the first
    # The way out (proxy, authorities) is read once a line: reading it takes as long as the rest of a request.
    way = session.merge_environment_settings(url, {}, None, None, None)
    session.proxies, session.verify, session.cert = way["proxies"], way["verify"], way["cert"]
    session.trust_env = False
    if not is_kept:
        session.headers["Connection"] = "close"
    return session
