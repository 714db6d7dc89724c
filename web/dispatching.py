"""Whether messages leave: for those who run the system. Figures only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric

from notifications.selectors.operation import (
    DISPATCHER,
    FURTHEST_CLOCKS,
    LATE_AFTER,
    clock_difference,
    held_since,
    last_reconciled,
    oldest_due,
)
from scheduling.selectors.operation import last_seen

_FOUND = ("unwatched", "missing", "surplus", "overdue", "ownerless")


def what_is_wrong_with_dispatch(now: datetime) -> str:
    """What keeps messages from leaving, or what the last comparisons found out of place; empty: nothing."""
    if (apart := clock_difference(now=now)) > FURTHEST_CLOCKS:
        return f"nothing is sent: the clocks of this machine and the database are {apart.total_seconds():.0f} s apart"
    if (since := held_since()) is not None:
        return (
            f"messages are held since the restore of {since.isoformat(timespec='seconds')}:"
            " run `manage.py reconcile_messages`"
        )
    oldest = oldest_due(now=now)
    if oldest is not None and now - oldest > LATE_AFTER:
        return f"messages wait since {oldest.isoformat(timespec='seconds')}"
    found = [
        f"clinic {each.clinic_id}: {number} {name}"
        for each in last_reconciled()
        for name in _FOUND
        if (number := getattr(each, name))
    ]
    return "; ".join(found)


def dispatch_metrics(now: datetime) -> Iterator[Metric]:
    """How long the oldest due message waits, the dispatcher's silence, and what the comparisons found."""
    waits = GaugeMetricFamily(
        "refillwise_oldest_due_message_seconds", "How long the oldest due message waits"
    )
    oldest = oldest_due(now=now)
    waits.add_metric([], (now - oldest).total_seconds() if oldest else 0)
    yield waits
    held = GaugeMetricFamily("refillwise_messages_held", "1 after a restore until messages are reconciled")
    held.add_metric([], held_since() is not None)
    yield held
    silence = GaugeMetricFamily(
        "refillwise_dispatcher_silence_seconds", "Time since a dispatcher last looked for due messages"
    )
    if seen_at := last_seen(name=DISPATCHER):
        silence.add_metric([], (now - seen_at).total_seconds())
    yield silence
    found = GaugeMetricFamily(
        "refillwise_reconciler_found",
        "What the clinic's last comparison found out of place",
        labels=["clinic", "what"],
    )
    for each in last_reconciled():
        for name in _FOUND:
            found.add_metric([str(each.clinic_id), name], getattr(each, name))
    yield found
