"""What the benchmarks' table says of a figure, and how growth is called."""

from __future__ import annotations

import pytest

from bench.growth import exponent, named, verdict
from bench.table import Row, cells


@pytest.mark.parametrize(
    ("row", "is_met", "said"),
    [
        (Row(what="in time", ours=0.02, floor=0.01, bar=3), True, "≤ 3: met"),
        (Row(what="too slow", ours=0.04, floor=0.01, bar=3), False, "≤ 3: [red]not met[/red]"),
        (Row(what="no bar", ours=0.04, floor=0.01), None, "reported"),
        (Row(what="rate", ours=60, floor=100, bar=0.5, is_rate=True), True, "≥ 0.5: met"),
        (Row(what="low rate", ours=40, floor=100, bar=0.5, is_rate=True), False, "≥ 0.5: [red]not met[/red]"),
        (
            Row(what="fast, but asks much", ours=0.02, floor=0.01, bar=3, queries=26, most_queries=25),
            False,
            "≤ 3, ≤ 25 queries: [red]not met[/red]",
        ),
    ],
    ids=lambda value: value.what if isinstance(value, Row) else "",
)
def test_a_bar_is_met_or_not(row: Row, is_met: bool | None, said: str) -> None:
    assert row.is_met is is_met
    assert cells(row)[4] == said


def test_a_figure_stands_beside_its_floor() -> None:
    row = Row(
        what="page", ours=0.0123, floor=0.0041, floor_is="an empty view", queries=1_234, peak_bytes=98_700_000
    )
    assert cells(row) == ("page", "12.3 ms", "4.1 ms an empty view", "3.00", "reported", "1,234", "99 MB")
    assert cells(Row(what="sweep", ours=12.34))[1] == "12.3 s"
    assert cells(Row(what="rate", ours=1234, is_rate=True))[1] == "1,234/s"


@pytest.mark.parametrize(
    ("costs", "power", "called"),
    [
        ((0.01, 0.01, 0.01), 0.0, "constant"),
        ((1.0, 3.0, 10.0), 1.0, "linear"),
        ((1.0, 3.0**0.5, 10**0.5), 0.5, "slower than linear"),
        ((1.0, 9.0, 100.0), 2.0, "faster than linear"),
    ],
)
def test_growth_has_an_exponent_and_a_name(costs: tuple[float, ...], power: float, called: str) -> None:
    found = exponent(list(zip((10_000, 30_000, 100_000), costs, strict=True)))
    assert found == pytest.approx(power, abs=0.02)
    assert verdict(found) == called


def test_a_row_of_several_sizes_says_each_sizes_own_words() -> None:
    assert named(["fill saved"] * 3) == "fill saved"
    whats = [f"work list, {pumps} pumps" for pumps in ("252", "756", "25,740")]
    assert named(whats) == "work list, 252/756/25,740 pumps"
