"""The reference page and the code say the same."""

from pathlib import Path

from scheduling.domain.care.plan import HORIZON, LOOK_BACK_DAYS, RECORDED_LATE_DAYS
from scheduling.domain.care.protocol_entry import MOST_OCCURRENCES, MOST_ROWS, MOST_STEPS
from scheduling.domain.care.rungs import REFILL_DATE_GRACE_DAYS
from tests.domain.care_table import rungs_table, table

PAGE = (Path(__file__).parents[2] / "docs/reference/care-plan.md").read_text()
WORDS = " ".join(PAGE.split())


def test_the_page_holds_the_default_protocol_as_it_is_shipped() -> None:
    assert table() in PAGE


def test_the_page_holds_the_ladder_as_it_is_climbed() -> None:
    assert rungs_table() in PAGE


def test_the_page_names_the_numbers_of_the_rules() -> None:
    assert f"more than {RECORDED_LATE_DAYS} days before" in WORDS
    assert f"more than {LOOK_BACK_DAYS} days ago" in WORDS
    assert f"{HORIZON.count} months ahead" in WORDS
    assert f"at most {MOST_OCCURRENCES} times" in WORDS
    assert f"1 to {MOST_ROWS} rows" in WORDS
    assert f"up to {MOST_STEPS} steps" in WORDS
    assert f"plus {REFILL_DATE_GRACE_DAYS}" in WORDS
