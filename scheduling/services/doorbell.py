"""Ringing for a worker. The rows in the database say what is to be done; a ring that is lost costs time only."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from celery import current_app
from kombu.exceptions import KombuError

log = logging.getLogger(__name__)

CHUNK_TASK = "scheduling.sweep_chunk"
REGISTER_TASK = "scheduling.advance_register"
PAPER_TASK = "scheduling.paper_list"
LAST = 9
"""The lowest priority of the Redis transport: signs of life and messages go before a sweep."""


def ring(ids: Sequence[int], task: str = CHUNK_TASK) -> int:
    """Send one task per row number; the number sent. Gives up at the first that the broker does not take.

    Tasks carry numbers only. A broker that is gone or frozen is given up after some seconds, so a request rings
    aside. Without any broker nobody is there to hear: `run_dispatcher` looks for itself.
    """
    sent = 0
    if not current_app.conf.broker_url:
        return sent
    try:
        with current_app.producer_pool.acquire(block=True) as producer:
            for row_id in ids:
                current_app.send_task(task, args=[row_id], priority=LAST, producer=producer, retry=False)
                sent += 1
    except (KombuError, OSError) as error:
        log.warning("rang for %s of %s rows (%s)", sent, len(ids), type(error).__name__)
    return sent


def ring_aside(ids: Sequence[int], task: str = CHUNK_TASK) -> None:
    """Ring from a thread of its own, so that no broker, gone or frozen, holds up the caller's request."""
    threading.Thread(target=ring, args=[list(ids), task], name="doorbell", daemon=True).start()
