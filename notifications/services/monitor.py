"""Telling an outside monitor that all is accounted for; its silence is the alarm (dead man's switch)."""

from __future__ import annotations

import logging
import urllib.error
import urllib.request
from datetime import datetime

from notifications.selectors.operation import is_outbox_accounted
from scheduling.selectors.sweeps import are_all_accounted

log = logging.getLogger(__name__)

MONITOR_SECONDS = 5


def tell_monitor(url: str, *, now: datetime) -> bool:
    """Ask the monitor's address while every clinic's night and outbox are accounted for; whether it was asked.

    That this ran says little: it says that every pump has a date or a flag and somebody who watches it, and that
    every message is where it belongs.
    """
    if not url or not are_all_accounted(now=now) or not is_outbox_accounted(now=now):
        return False
    if not url.startswith(("https://", "http://")):
        log.error("MONITOR_URL is not a web address")
        return False
    try:
        with urllib.request.urlopen(url, timeout=MONITOR_SECONDS):  # noqa: S310 - checked above
            return True
    except (OSError, urllib.error.URLError) as error:
        log.warning("the outside monitor cannot be reached (%s)", type(error).__name__)
        return False
