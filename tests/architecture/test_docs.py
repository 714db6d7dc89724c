"""The documentation is built without a warning: no link leads nowhere, no page is missing from the contents."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.db.models import Model

from tests.domain.pumps import forecast
from tests.drawn.pages import FOLDER, PAGES
from tests.drawn.steps import STEPS

SOURCE = Path(__file__).resolve().parents[2]
LARGEST_PICTURE_BYTES = 150 * 1024
FROM_ELSEWHERE = re.compile(r"""(?:src|href)=["'](?:https?:)?//[^"']+\.(?:js|css|woff2?|png|svg)""")


def test_the_pages_are_built_without_a_warning_and_fetch_nothing(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "docs", str(tmp_path)],
        cwd=SOURCE,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (built.returncode, built.stderr) == (0, "")
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) > 50
    assert [page.name for page in pages if FROM_ELSEWHERE.search(page.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_is_written_from_the_code_says_what_the_code_says(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == PAGES[name](), "run `python -m tests.drawn`"


def test_the_pump_that_is_explained_is_worked_out_as_the_page_says() -> None:
    page = (SOURCE / "docs" / "explanation" / "projection.md").read_text(encoding="utf-8")
    (record,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    told = re.findall(r"^    (\S.*)$", page.replace(record, ""), re.MULTILINE)
    assert len(told) > 10
    assert [line for line in told if line not in forecast(json.loads(record))["reasons"]] == []


def test_every_word_of_the_makefile_does_something_and_is_in_its_help() -> None:
    """A word without a rule is phony: make says that there is nothing to be done, and ends well."""
    text = (SOURCE / "Makefile").read_text()
    words = set(re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)[0].split())
    rules = dict(re.findall(r"^(\w[\w-]*):(?!=)(.*\n(?:\t.*\n)*)", text, re.MULTILINE))
    assert words == {name for name, rule in rules.items() if rule.strip()}
    assert set(re.findall(r'@echo "make ([\w-]+) ', rules["help"])) == words - {"help"}


def test_every_promise_has_its_figure_its_day_and_a_command_on_tests_that_exist() -> None:
    page = (SOURCE / "docs" / "RELIABILITY.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if re.match(r"\| \d+ \|", line)]
    assert [int(row.split("|")[1]) for row in rows] == list(range(1, len(rows) + 1))
    assert len(rows) >= 25
    for row in rows:
        _number, promise, figure, day, command = (cell.strip() for cell in row.strip("|").split("|"))
        assert all((promise, figure)), row
        assert re.fullmatch(r"\d{1,2} [A-Z][a-z]{2} 20\d\d", day), row
        assert re.search(r"`(SOAK=1 |HYPOTHESIS_PROFILE=\w+ )?(make|pytest) ", command), row
        assert [name for name in re.findall(r"tests/[\w/.]+", command) if not (SOURCE / name).exists()] == []


def test_every_picture_is_small_is_shown_and_is_told_to_whoever_does_not_see_it() -> None:
    texts = [page.read_text(encoding="utf-8") for page in (SOURCE / "docs").rglob("*.md")]
    shown = [
        found for text in texts for found in re.findall(r"!\[([^\]]*)\]\([./]*images/([\w-]+\.png)\)", text)
    ]
    pictures = sorted((SOURCE / "docs" / "images").iterdir())
    assert {name for _alt, name in shown} == {picture.name for picture in pictures}
    assert all(len(alt) > 30 for alt, _name in shown)
    assert [picture.name for picture in pictures if picture.stat().st_size > LARGEST_PICTURE_BYTES] == []


@pytest.mark.parametrize("model", STEPS, ids=lambda model: model.__name__)
def test_every_state_of_a_row_is_led_to_and_every_step_is_of_states_that_there_are(
    model: type[Model],
) -> None:
    field = model._meta.get_field("state")
    known = {str(value) for value, _label in field.flatchoices}
    assert {after for _before, after, _what in STEPS[model]} - {"[*]"} == known
    assert {before for before, _after, _what in STEPS[model]} - {"[*]"} <= known
    assert {after for before, after, _what in STEPS[model] if before == "[*]"} == {field.get_default()}
