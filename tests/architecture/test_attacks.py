"""The table of attacks names for each a test that exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.servers import SOURCE

TABLE = SOURCE / "docs" / "reference" / "attacks.md"
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def names_in(path: Path) -> set[str]:
    return {node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)}


def test_every_attack_has_a_row_and_every_test_of_a_row_exists() -> None:
    rows = {line.split("|")[1].strip(): line for line in TABLE.read_text().splitlines() if line[:3] == "| A"}
    assert sorted(rows) == [f"A{number:02}" for number in range(1, 27)]
    for name, row in rows.items():
        named = _TEST.findall(row)
        assert named, name
        assert [(file, test) for file, test in named if test not in names_in(SOURCE / file)] == [], name


def test_every_test_of_an_attack_stands_in_the_row_of_its_attack() -> None:
    rows = {line.split("|")[1].strip(): line for line in TABLE.read_text().splitlines() if line[:3] == "| A"}
    for path in sorted((SOURCE / "tests" / "attacks").glob("test_*.py")):
        for name in sorted(names_in(path)):
            for attack in re.findall(r"(?<=_)a\d\d(?=_)", name):
                assert f"::{name}`" in rows[attack.upper()], name
