"""The reference page and the code say the same."""

from pathlib import Path

from scheduling.domain.care.plan import HORIZON, LOOK_BACK_DAYS, RECORDED_LATE_DAYS
from scheduling.domain.care.protocol_entry import MOST_OCCURRENCES, MOST_ROWS, MOST_STEPS
from scheduling.domain.care.rungs import REFILL_DATE_GRACE_DAYS
from tests.domain.care_table import rungs_table, table

PAGE = (Path(__file__).parents[2] / "docs/reference/care-plan.md").read_text()


def test_the_page_holds_the_default_protocol_as_it_is_shipped() -> None:
    assert table() in PAGE


def test_the_page_holds_the_ladder_as_it_is_climbed() -> None:
    assert rungs_table() in PAGE


def test_the_page_names_the_numbers_of_the_rules() -> None:
    assert f"more than {RECORDED_LATE_DAYS} days before" in PAGE
    assert f"more than {LOOK_BACK_DAYS} days ago" in PAGE
    assert f"{HORIZON.count} months ahead" in PAGE
    assert f"at most {MOST_OCCURRENCES} times" in PAGE
    assert f"1 to {MOST_ROWS} rows" in PAGE
    assert f"up to {MOST_STEPS} steps" in PAGE
    assert f"plus {REFILL_DATE_GRACE_DAYS}" in PAGE
