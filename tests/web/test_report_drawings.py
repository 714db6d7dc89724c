"""The drawings of the reports: whatever the figures, everything lies inside."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.nurse.reports.drawing import NARROW, WIDE, Column, Frame, Part, bars, course

COLUMNS = st.lists(
    st.builds(
        Column,
        label=st.text("abc 1", max_size=6),
        parts=st.lists(
            st.builds(Part, st.just("due"), st.fractions(0, 10_000), st.just("said")), max_size=3
        ).map(tuple),
        level=st.none() | st.fractions(0, 10_000),
        sign=st.sampled_from(["", "!"]),
    ),
    max_size=30,
)


@pytest.mark.parametrize("frame", [WIDE, NARROW], ids=["wide", "narrow"])
@given(COLUMNS)
def test_every_bar_and_point_lies_inside_the_drawing(frame: Frame, columns: list[Column]) -> None:
    drawing = bars(columns, frame)
    for bar in drawing.bars:
        assert frame.left <= Decimal(bar.x) <= frame.width - frame.right
        assert frame.top - 1 <= Decimal(bar.y) <= drawing.plot_bottom
        assert 0 <= Decimal(bar.height) <= frame.height
    for line in (*drawing.lines, *course(columns, frame).lines):
        for x, y in (point.split(",") for point in line.split()):
            assert frame.left <= Decimal(x) <= drawing.plot_right
            assert frame.top - 1 <= Decimal(y) <= drawing.plot_bottom + 1
    assert 2 <= len(drawing.grid) <= 9
