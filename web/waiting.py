"""What waits for a person, for those who run the system: figures, no persons."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from prometheus_client.core import GaugeMetricFamily, Metric

from notifications.selectors.escalations import open_numbers, waiting
from scheduling.domain.care.rungs import Rung

GRACE = timedelta(minutes=5)
"""Matters are passed on each minute; one that is over its time for longer shows that nobody passes them on."""


def escalation_metrics(*, now: datetime) -> Iterator[Metric]:
    """Open matters by rung and cause, those over their time, those with everybody, and the age of the oldest."""
    by_rung = GaugeMetricFamily(
        "refillwise_escalations_open", "Matters that wait for a person", labels=["rung", "cause"]
    )
    for rung, cause, number in open_numbers():
        by_rung.add_metric([Rung(rung).name.lower(), cause], number)
    found = waiting(before=now)
    overdue = GaugeMetricFamily("refillwise_escalations_overdue", "Matters whose time has run out")
    overdue.add_metric([], found.overdue)
    everybody = GaugeMetricFamily(
        "refillwise_escalations_with_everybody", "Matters that went past the last person on call"
    )
    everybody.add_metric([], found.with_everybody)
    age = GaugeMetricFamily(
        "refillwise_escalation_oldest_seconds", "Age of the oldest matter that waits for a person"
    )
    age.add_metric([], (now - found.oldest_at).total_seconds() if found.oldest_at else 0)
    yield from (by_rung, overdue, everybody, age)


def what_waits_too_long(now: datetime) -> str:
    """In words, or nothing: matters that are not passed on, and matters that nobody on call took."""
    found = waiting(before=now - GRACE)
    said = []
    if found.overdue:
        said.append(f"{found.overdue} escalation(s) are over their time and not passed on")
    if found.with_everybody:
        said.append(f"{found.with_everybody} escalation(s) went past the last person on call")
    return "; ".join(said)
