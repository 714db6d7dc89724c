"""Figures on what comes back from providers. No person appears in any of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric

from notifications.selectors.operation import refused_reports, texts_of_nobody, waiting_reports


def provider_metrics(*, now: datetime) -> Iterator[Metric]:
    """Reports refused today, reports that wait for their message, texts that no clinic can place."""
    refused = GaugeMetricFamily(
        "refillwise_reports_refused_today",
        "Reports with a wrong signature since midnight UTC; counted up to 60 a minute",
        labels=["provider"],
    )
    for provider, number in refused_reports(now=now).items():
        refused.add_metric([provider], number)
    yield refused
    waiting = GaugeMetricFamily(
        "refillwise_reports_waiting", "Reports of providers that name no message we know yet"
    )
    waiting.add_metric([], waiting_reports())
    yield waiting
    nobodys = GaugeMetricFamily(
        "refillwise_texts_of_nobody", "Texts that came from numbers that no clinic knows"
    )
    nobodys.add_metric([], texts_of_nobody())
    yield nobodys
