"""The reference page and the code say the same."""

from pathlib import Path

from tests.domain.escalation_reference import again_table, causes_table, limits_table, nearness_table

PAGE = (Path(__file__).parents[2] / "docs/reference/escalation.md").read_text()


def test_the_page_holds_the_tables_as_they_are() -> None:
    for table in (limits_table(), again_table(), nearness_table(), causes_table()):
        assert table in PAGE, table
