"""One of everything, a log without a line for each refusal, and at the end what was tried."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.factories import House
from tests.web.matrix.asking import TALLY, begin_to_count
from tests.web.matrix.rows import About
from tests.web.table_rows import everything


@pytest.fixture
def about(house: House) -> About:
    return everything(house)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Refusals are what is asked for here: thousands of them need no line each in the log. Each test counts anew."""
    log = logging.getLogger("django.request")
    level = log.level
    begin_to_count()
    log.setLevel(logging.CRITICAL)
    yield
    log.setLevel(level)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was tried, where it was tried in this process."""
    if TALLY.requests:
        terminalreporter.write_line(str(TALLY))
