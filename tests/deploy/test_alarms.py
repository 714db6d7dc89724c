"""Each alarm is about a figure that there is, and leads to a page that says what to do."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from django.test import Client

from scheduling.services.heartbeats import WORKER, record_heartbeat
from tests.servers import SOURCE

RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((SOURCE / "deploy/alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
RUNBOOK = (SOURCE / "docs/how-to/runbook.md").read_text()
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", RUNBOOK, re.MULTILINE | re.DOTALL))
PROMETHEUS_OWN = {"up"}
each = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])


def figures_of(expression: str) -> set[str]:
    """The names of figures in an expression: what stands before a selector, a comparison or a range."""
    bare = re.sub(r"\{[^}]*\}|\[[^]]*\]|by \([^)]*\)", " ", expression)
    words = set(re.findall(r"[a-z_]{2,}", bare))
    return words - {"sum", "max", "rate", "histogram_quantile", "by", "le"}


@pytest.fixture
def told(client: Client, db: None) -> set[str]:
    """The name of everything that /metrics tells, with and without a value just now."""
    record_heartbeat(name=WORKER, now=datetime.now(UTC))
    client.get("/healthz")
    text = client.get("/metrics").content.decode()
    return set(re.findall(r"^(?:# TYPE )?(\w+)", text, re.MULTILINE)) | PROMETHEUS_OWN


@each
def test_an_alarm_is_about_a_figure_that_there_is(rule: dict[str, Any], told: set[str]) -> None:
    named = figures_of(rule["expr"])
    assert named
    assert named <= told


@each
def test_an_alarm_leads_to_its_section(rule: dict[str, Any]) -> None:
    name = rule["alert"]
    assert rule["annotations"]["runbook"] == f"docs/how-to/runbook.md#{name.lower()}"
    parts = re.findall(r"^\*\*(.+?)\.\*\*", SECTIONS[name], re.MULTILINE)
    assert parts == ["Means", "At risk", "Do", "Over"]
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert re.fullmatch(r"\d+m", rule["for"])
    assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}


def test_no_section_is_about_an_alarm_that_there_is_not() -> None:
    assert list(SECTIONS) == [rule["alert"] for rule in RULES]


def test_commands_of_the_runbook_are_there() -> None:
    named = set(re.findall(r"manage\.py (\w+)", RUNBOOK))
    there = {path.stem for path in SOURCE.glob("*/management/commands/*.py")}
    assert named <= there
    assert named
