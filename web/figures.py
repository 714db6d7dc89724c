"""The figures for Prometheus, read from the database and the broker when they are asked for. No person appears in any."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import redis
from django.conf import settings
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from clinic.selectors.operation import last_sealed_at, unsealed_since
from notifications.selectors.operation import messages_by_state
from scheduling.selectors.lapse import lapsed_counts
from scheduling.selectors.operation import forecasts_by_status, last_seen, last_sweeps
from scheduling.selectors.paper_lists import clinics_without_fresh_list, oldest_newest_list_at
from scheduling.selectors.second_checks import waiting_checks
from scheduling.services.heartbeats import BEAT, WORKER
from web.dispatching import dispatch_metrics
from web.provider_figures import provider_metrics
from web.waiting import escalation_metrics

BROKER_SECONDS = 2
_QUEUE, _TAKEN = "celery", "unacked"
"""Celery's names in the broker: what waits, and what workers have taken and not ended."""


class Figures(Collector):
    """Every process of the web gives the same ones; the same number of queries whatever the number of clinics."""

    def __init__(self, *, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily(
            "refillwise_build",
            "Which program this is",
            value={"version": settings.VERSION, "revision": settings.REVISION},
        )
        yield self._signs_of_life()
        yield from self._sweeps()
        yield self._lapses()
        yield from self._paper_lists()
        yield from self._second_checks()
        yield from self._seals()
        yield from escalation_metrics(now=self.now)
        yield from provider_metrics(now=self.now)
        yield _counts("refillwise_implants", "Implants by state of their forecast", forecasts_by_status())
        yield _counts("refillwise_messages", "Messages by state", messages_by_state())
        yield from dispatch_metrics(self.now)
        yield from _broker()

    def _signs_of_life(self) -> Metric:
        silence = GaugeMetricFamily(
            "refillwise_process_silence_seconds", "Time since the last sign of life", labels=["process"]
        )
        for name in (WORKER, BEAT):
            if seen_at := last_seen(name=name):
                silence.add_metric([name], self._since(seen_at))
        return silence

    def _lapses(self) -> Metric:
        lapsed = GaugeMetricFamily(
            "refillwise_lapsed_implants",
            "Implants in place that no visit, no person and no review watches",
            labels=["clinic"],
        )
        for clinic_id, number in lapsed_counts(self.now).items():
            lapsed.add_metric([str(clinic_id)], number)
        return lapsed

    def _paper_lists(self) -> Iterator[Metric]:
        yield _one(
            "refillwise_clinics_without_paper_list",
            "Clinics whose newest paper list is older than 26 hours",
            clinics_without_fresh_list(now=self.now),
        )
        yield _one(
            "refillwise_paper_list_age_seconds",
            "Age of the newest paper list of the clinic where it is the oldest",
            self._since(oldest_newest_list_at()),
        )

    def _second_checks(self) -> Iterator[Metric]:
        number, oldest_at = waiting_checks()
        yield _one("refillwise_second_checks_waiting", "Entries that wait for a second person", number)
        yield _one(
            "refillwise_second_check_oldest_seconds",
            "How long the oldest of them waits",
            self._since(oldest_at),
        )

    def _seals(self) -> Iterator[Metric]:
        yield _one(
            "refillwise_seal_age_seconds",
            "Time since the last seal over the audit trail; none is made while there is nothing to seal",
            self._since(last_sealed_at()),
        )
        yield _one(
            "refillwise_unsealed_seconds",
            "How long the oldest view of a patient that no seal covers was written down",
            self._since(unsealed_since()),
        )

    def _sweeps(self) -> Iterator[Metric]:
        age = GaugeMetricFamily(
            "refillwise_sweep_age_seconds", "Time since the last finished sweep", labels=["clinic"]
        )
        drift = GaugeMetricFamily(
            "refillwise_sweep_drift",
            "Forecasts that the last sweep found to be out of date",
            labels=["clinic"],
        )
        failed = GaugeMetricFamily(
            "refillwise_sweep_failed", "Implants that the last sweep could not work out", labels=["clinic"]
        )
        for sweep in last_sweeps():
            label = [str(sweep.clinic_id)]
            age.add_metric(label, sweep.age(now=self.now).total_seconds())
            drift.add_metric(label, sweep.drifted)
            failed.add_metric(label, sweep.failed)
        yield from (age, drift, failed)

    def _since(self, moment: datetime | None) -> float:
        return (self.now - moment).total_seconds() if moment else 0.0


def _broker() -> Iterator[Metric]:
    """Whether it answers, and what waits in it; nothing where there is none in the settings."""
    if not settings.REDIS_URL:
        return
    depth = GaugeMetricFamily("refillwise_broker_queue_depth", "Tasks in the broker", labels=["state"])
    is_up = True
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=BROKER_SECONDS, socket_connect_timeout=BROKER_SECONDS
        ) as client:
            depth.add_metric(["waiting"], client.llen(_QUEUE))
            depth.add_metric(["taken"], client.hlen(_TAKEN))
    except (redis.RedisError, OSError):
        is_up = False
    yield _one("refillwise_broker_up", "Whether the broker answers", int(is_up))
    yield depth


def _one(name: str, meaning: str, value: float) -> Metric:
    family = GaugeMetricFamily(name, meaning)
    family.add_metric([], value)
    return family


def _counts(name: str, meaning: str, counts: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=["state"])
    for state, count in counts.items():
        family.add_metric([state], count)
    return family
