"""Which follow-ups share a visit, how long it takes and when it may be."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.combining import Due, combine
from scheduling.domain.slots import Window

DAY = timedelta(days=1)
DAY_0 = date(2027, 3, 1)
REFILL, WOUND, REVIEW = 1, 2, 3
MINUTES = {REFILL: 45, WOUND: 15, REVIEW: 30}


def due(number: int, kind: int, target: int, latest: int, must_by: int | None = None) -> Due:
    limit = None if must_by is None else DAY_0 + must_by * DAY
    return Due(number, kind, MINUTES[kind], Window(DAY_0 + target * DAY, DAY_0 + latest * DAY, limit))


CASES = [
    ("overlapping windows", [due(2, WOUND, 12, 16)], None, (1, 2), 60, (12, 16)),
    ("due within a week, no common day", [due(2, WOUND, 4, 6)], None, (1, 2), 60, (6, 6)),
    ("eight days apart and no common day", [due(2, WOUND, 2, 6)], None, (1,), 45, (10, 17)),
    ("two of one kind take the time of one", [due(2, WOUND, 12, 16), due(3, WOUND, 11, 14)], None, (1, 3, 2), 60, (12, 14)),
    ("the same kind as the chosen adds nothing", [due(2, REFILL, 12, 16)], None, (1, 2), 45, (12, 16)),
    ("a day chosen at which the other is overdue", [due(2, REVIEW, -30, -9)], DAY_0 + 10 * DAY, (1, 2), 75, (-9, -9)),
    ("a day chosen long before the other", [due(2, REVIEW, 30, 40)], DAY_0 + 10 * DAY, (1,), 45, (10, 17)),
]  # fmt: skip


@pytest.mark.parametrize(("what", "others", "visit_on", "ids", "minutes", "days"), CASES)
def test_follow_ups_near_each_other_become_one_visit(
    what: str,
    others: list[Due],
    visit_on: date | None,
    ids: tuple[int, ...],
    minutes: int,
    days: tuple[int, int],
) -> None:
    chosen = due(1, REFILL, 10, 17, 20)

    combined = combine(chosen, others, visit_on=visit_on)

    assert combined.follow_up_ids == ids
    assert combined.duration_minutes == minutes
    assert (combined.window.target_on - DAY_0).days == days[0]
    assert (combined.window.latest_on - DAY_0).days == days[1]
    assert combined.window.must_by == DAY_0 + 20 * DAY


days = st.integers(0, 60)
dues = st.builds(
    lambda number, kind, first, length: due(number, kind, first, first + length),
    st.integers(1, 30),
    st.sampled_from([REFILL, WOUND, REVIEW]),
    days,
    st.integers(0, 20),
)


@given(dues, st.lists(dues, unique_by=lambda each: each.id, max_size=6), st.none() | days)
def test_nobody_is_due_before_the_visits_latest_day_and_order_does_not_matter(
    chosen: Due, others: list[Due], day: int | None
) -> None:
    visit_on = None if day is None else DAY_0 + day * DAY

    combined = combine(chosen, others, visit_on=visit_on)

    assert combined == combine(chosen, others[::-1], visit_on=visit_on)
    assert combined.follow_up_ids[0] == chosen.id
    taken = [chosen] + [each for each in others if each.id in combined.follow_up_ids and each.id != chosen.id]
    assert combined.window.latest_on == min(each.window.latest_on for each in taken)
    assert combined.duration_minutes == sum(MINUTES[kind] for kind in {each.kind_id for each in taken})
