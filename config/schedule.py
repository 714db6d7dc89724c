"""What beat rings for, and how often.

Fixed intervals only: each tick asks the database what is due, so beat holds nobody's times. A tick that no worker took
before the next one is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MINUTE = 60.0
SECONDS = {
    "scheduling.heartbeat": MINUTE,
    "scheduling.register_tick": MINUTE,
    "scheduling.release_holds": MINUTE,
    "scheduling.report_tick": MINUTE,
    "notifications.escalate": MINUTE,
    "notifications.check_in_tick": 10 * MINUTE,
    "notifications.reconcile_tick": 10 * MINUTE,
}


def beat_schedule(adjustable: Mapping[str, float]) -> dict[str, dict[str, Any]]:
    """Celery's schedule: each task by its name every so many seconds, with those that the settings adjust."""
    return {
        name: {"task": name, "schedule": seconds, "options": {"expires": seconds}}
        for name, seconds in (SECONDS | dict(adjustable)).items()
    }
