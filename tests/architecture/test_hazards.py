"""The hazard log names for each hazard tests that exist."""

from __future__ import annotations

import re

from tests.servers import SOURCE

LOG = SOURCE / "docs" / "reference" / "hazard-log.md"
_TEST = re.compile(r"`(tests/[\w/]+\.py)`")


def test_every_hazard_names_tests_and_all_of_them_exist() -> None:
    rows = [line for line in LOG.read_text(encoding="utf-8").splitlines() if line.startswith("| H")]
    assert [row.split("|")[1].strip() for row in rows] == [f"H{n:02}" for n in range(1, len(rows) + 1)]
    assert len(rows) >= 14
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert len(cells) == 8, row
        assert all(1 <= int(cells[place]) <= 5 for place in (4, 6)), row
        named = _TEST.findall(cells[-1])
        assert named, row
        assert [name for name in named if not (SOURCE / name).exists()] == []
