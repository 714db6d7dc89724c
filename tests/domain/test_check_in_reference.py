"""The reference page and the code say the same."""

from pathlib import Path

from notifications.domain.check_in.answers import FEVER_FROM_CELSIUS, PLAUSIBLE_CELSIUS
from notifications.domain.check_in.questions import BREATHING_WITHIN_HOURS, HEADACHE_UNTIL_DAY, MOOD_DRUG
from notifications.domain.check_in.rules import NEAR_ALARM_DAYS
from notifications.domain.check_in.table import MOST_RULES
from notifications.domain.check_in.trend import TREND_DAYS
from tests.domain.check_in_table import numbers_table, questions_table, rules_table

PAGE = (Path(__file__).parents[2] / "docs/reference/check-in.md").read_text()
WORDS = " ".join(PAGE.split())


def test_the_page_holds_the_shipped_table() -> None:
    assert rules_table() in PAGE


def test_the_page_holds_the_questions_and_their_answers() -> None:
    assert questions_table() in PAGE


def test_the_page_holds_the_emergency_numbers() -> None:
    assert numbers_table() in PAGE


def test_the_page_names_the_numbers_of_the_rules() -> None:
    low, high = PLAUSIBLE_CELSIUS
    assert f"from {FEVER_FROM_CELSIUS} °C" in WORDS
    assert f"{low} to {high} °C" in WORDS
    assert f"within {BREATHING_WITHIN_HOURS} hours of a refill" in WORDS
    assert f"until day {HEADACHE_UNTIL_DAY}" in WORDS
    assert f"with {MOOD_DRUG}" in WORDS
    assert f"at most {NEAR_ALARM_DAYS} days" in WORDS
    assert f"1 to {MOST_RULES} rows" in WORDS
    assert f"last {TREND_DAYS} days" in WORDS
