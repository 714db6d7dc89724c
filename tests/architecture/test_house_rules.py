"""Rules that a reader would otherwise have to watch for."""

import ast
import math
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import SOURCE

PACKAGES = ("config", "clinic", "scheduling", "notifications", "web")
MODULES = sorted(
    path
    for package in (*PACKAGES, "tests", "bench")
    for path in (SOURCE / package).rglob("*.py")
    if "migrations" not in path.parts
)
PRODUCT = [path for path in MODULES if path.relative_to(SOURCE).parts[0] in PACKAGES]


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text()))


def name_of(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def test_no_file_is_longer_than_400_lines() -> None:
    long = {name_of(path): lines for path in MODULES if (lines := len(path.read_text().splitlines())) > 400}
    assert long == {}


def test_19_of_20_functions_have_at_most_35_lines() -> None:
    lengths = sorted(
        (node.end_lineno or node.lineno) - node.lineno + 1
        for path in PRODUCT
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    assert lengths[math.ceil(len(lengths) * 0.95) - 1] <= 35


def test_no_task_is_sent_for_later() -> None:
    """Over Redis a task with ETA or countdown is repeated once the visibility timeout has passed."""
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in PRODUCT
        for node in nodes(path)
        if isinstance(node, ast.Call) and {"eta", "countdown"} & {keyword.arg for keyword in node.keywords}
    ]
    assert found == []


@pytest.mark.parametrize("lock", sorted((SOURCE / "requirements").glob("*.txt")), ids=lambda path: path.name)
def test_lock_files_pin_by_hash_and_name_no_address(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    pinned = re.findall(r"^[A-Za-z0-9]\S*", text, re.MULTILINE)
    assert pinned
    assert all("==" in requirement for requirement in pinned)
    assert len(re.findall(r"^[A-Za-z0-9].*\\$", text, re.MULTILINE)) == len(pinned)


def test_the_npm_lock_names_no_address_of_a_registry() -> None:
    assert '"resolved"' not in (SOURCE / "package-lock.json").read_text()


def test_every_dependency_says_why_it_is_there() -> None:
    text = (SOURCE / "pyproject.toml").read_text()
    project = tomllib.loads(text)
    wanted = project["project"]["dependencies"] + [
        requirement for group in project["dependency-groups"].values() for requirement in group
    ]
    lines = [line.strip() for line in text.splitlines()]
    without = []
    for requirement in wanted:
        at = lines.index(f'"{requirement}",')
        block = at
        while block > 0 and lines[block - 1].startswith('"'):
            block -= 1
        if not lines[block - 1].startswith("#"):
            without.append(requirement)
    assert without == []
