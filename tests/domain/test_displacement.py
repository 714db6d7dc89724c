"""Between which days a displaced visit may go: by the forecast, by what it serves, or by nothing at all."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from scheduling.domain.case import ClinicRules
from scheduling.domain.displacement import Bounds, Purpose, RefillDue, bounds_of

DAY = timedelta(days=1)
MONDAY = date(2027, 3, 1)
WEEK = frozenset(MONDAY + offset * DAY for offset in range(5))
OPEN, CLOSED = ClinicRules(), ClinicRules(closed_on=WEEK)


def on(days: int) -> date:
    return MONDAY + days * DAY


CASES = [
    ("a refill in time", RefillDue(on(14)), [], OPEN, (on(-10), on(11), on(14))),
    ("its last safe day moves back over the closing", RefillDue(on(6)), [], CLOSED, (on(-18), on(-3), on(6))),
    ("a refill booked too late has another week", RefillDue(on(-5)), [], OPEN, (on(-31), on(-10), on(7))),
    ("in review, with a certain date", RefillDue(None, on(3)), [], OPEN, (date.min, on(3), on(17))),
    ("in review, with none: not later than it was", RefillDue(None), [], CLOSED, (date.min, on(-3), on(14))),
    ("a wound check", None, [Purpose(on(-2), on(2))], OPEN, (on(-2), on(2), on(16))),
    ("two purposes: the later target, the earlier end", None, [Purpose(on(-9), on(2)), Purpose(on(-2), on(9))], OPEN, (on(-2), on(2), on(16))),
    ("an overdue purpose", None, [Purpose(on(-30), on(-20))], OPEN, (on(-30), on(-20), on(14))),
    ("a purpose whose end is a closed day", None, [Purpose(on(-4), on(2))], CLOSED, (on(-4), on(-3), on(14))),
    ("refill and wound check", RefillDue(on(14)), [Purpose(on(-2), on(2))], OPEN, (on(-2), on(2), on(14))),
    ("a target after the visit: never later than booked", None, [Purpose(on(5), on(9))], OPEN, (on(0), on(9), on(23))),
    ("due for nothing", None, [], OPEN, (date.min, None, on(28))),
]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "refill", "purposes", "rules", "expected"), CASES, ids=[case[0] for case in CASES]
)
def test_the_bounds_of_a_displaced_visit(
    what: str,
    refill: RefillDue | None,
    purposes: list[Purpose],
    rules: ClinicRules,
    expected: tuple[date, date | None, date],
) -> None:
    assert bounds_of(MONDAY, refill=refill, purposes=purposes, rules=rules) == Bounds(*expected)
