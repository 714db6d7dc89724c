"""Ringing for a worker. The rows in the database say what is to be done; a ring that is lost costs time only."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from celery import current_app
from kombu.exceptions import KombuError

log = logging.getLogger(__name__)

CHUNK_TASK = "scheduling.sweep_chunk"
LAST = 9
"""The lowest priority of the Redis transport: signs of life and messages go before a sweep."""


def ring(chunk_ids: Sequence[int]) -> int:
    """Send one task per chunk; the number sent. Gives up at the first that the broker does not take.

    Tasks carry numbers only. A broker that is down is noticed at once, a frozen one after its socket timeout.
    """
    sent = 0
    try:
        with current_app.producer_pool.acquire(block=True) as producer:
            for chunk_id in chunk_ids:
                current_app.send_task(
                    CHUNK_TASK, args=[chunk_id], priority=LAST, producer=producer, retry=False
                )
                sent += 1
    except (KombuError, OSError) as error:
        log.warning("rang for %s of %s chunks (%s)", sent, len(chunk_ids), type(error).__name__)
    return sent


def ring_aside(chunk_ids: Sequence[int]) -> None:
    """Ring from a thread of its own, so that no broker, gone or frozen, holds up the caller's request."""
    threading.Thread(target=ring, args=[list(chunk_ids)], name="doorbell", daemon=True).start()
