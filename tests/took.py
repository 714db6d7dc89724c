"""How long the whole suite took, kept for `make bench` in var/test/suite.json; a run of some tests leaves it as it is."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any

import pytest
from django.conf import settings

FILE = "suite.json"


class Took:
    """Counts the tests of a run as their reports come in, and the seconds of each file."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.tests = 0
        self.seconds: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.tests += report.when == "call"
        self.seconds[report.nodeid.partition("::")[0]] += report.duration

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if not _is_whole(session.config):
            return
        files = {name: round(seconds, 2) for name, seconds in self.seconds.most_common()}
        took = {"seconds": round(time.monotonic() - self.began, 1), "tests": self.tests, "files": files}
        settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
        (settings.VAR_DIR / FILE).write_text(json.dumps(took, indent=1) + "\n")


def begin(config: pytest.Config) -> None:
    """Only where the run is led: its workers send their reports there."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Took(), "took")


def _is_whole(config: Any) -> bool:
    options = config.option
    return config.args_source == pytest.Config.ArgsSource.TESTPATHS and not (
        options.keyword or options.markexpr or options.collectonly or config.getoption("lf")
    )
