"""The groups of the work list and the order within them."""

from datetime import date
from fractions import Fraction

import pytest

from clinic.domain.catalogue import Hazard
from scheduling.domain.case import ClinicRules
from scheduling.domain.findings import LimitKind
from scheduling.domain.urgency import Deadlines, WorkGroup, review_by, urgency_key, work_group

# Low on Friday 26 June, empty on 3 July; the latest visit is Tuesday the 23rd, the target Tuesday the 16th.
EMPTY, MUST, LATEST, TARGET = date(2026, 7, 3), date(2026, 6, 26), date(2026, 6, 23), date(2026, 6, 16)
CERTAIN = Deadlines(
    is_in_review=False, empty_on=EMPTY, must_refill_by=MUST, latest_visit_on=LATEST, target_visit_on=TARGET
)

GROUPS = [
    ("2026-07-04", None, WorkGroup.EMERGENCY),
    ("2026-07-03", None, WorkGroup.EMERGENCY),
    ("2026-07-02", None, WorkGroup.OVERDUE),
    ("2026-06-26", "2026-06-26", WorkGroup.OVERDUE),
    ("2026-06-25", None, WorkGroup.AT_RISK),
    ("2026-06-24", "2026-06-24", WorkGroup.AT_RISK),
    ("2026-06-23", None, WorkGroup.DUE),
    ("2026-06-02", None, WorkGroup.DUE),
    ("2026-06-01", None, WorkGroup.LATER),
    ("2026-06-01", "2026-06-23", WorkGroup.LATER),
    ("2026-06-01", "2026-06-24", WorkGroup.AT_RISK),
    ("2026-03-01", "2026-08-01", WorkGroup.AT_RISK),
]


@pytest.mark.parametrize(("today", "visit_on", "group"), GROUPS)
def test_the_group_follows_from_today_and_the_booked_visit(
    today: str, visit_on: str | None, group: WorkGroup
) -> None:
    booked = None if visit_on is None else date.fromisoformat(visit_on)

    assert work_group(CERTAIN, today=date.fromisoformat(today), visit_on=booked) is group


def in_review(*, empty_on: date | None = None, certain_by: date | None = None) -> Deadlines:
    return Deadlines(
        is_in_review=True,
        empty_on=empty_on,
        must_refill_by=None,
        latest_visit_on=None,
        target_visit_on=None,
        certain_by=certain_by,
    )


@pytest.mark.parametrize(
    ("deadlines", "group"),
    [
        (in_review(), WorkGroup.REVIEW),
        (in_review(certain_by=date(2026, 7, 2)), WorkGroup.REVIEW),
        (in_review(certain_by=date(2026, 7, 1)), WorkGroup.OVERDUE),
        (in_review(empty_on=date(2026, 7, 1), certain_by=date(2026, 6, 1)), WorkGroup.EMERGENCY),
    ],
)
def test_a_pump_in_review_is_no_less_urgent_than_what_is_certain_of_it(
    deadlines: Deadlines, group: WorkGroup
) -> None:
    assert work_group(deadlines, today=date(2026, 7, 1)) is group


def test_in_review_the_date_is_the_next_working_day_or_an_earlier_certain_limit() -> None:
    friday = date(2026, 7, 3)
    holiday = ClinicRules(closed_on=frozenset({date(2026, 7, 6)}))

    assert review_by({}, today=friday, rules=ClinicRules()) == date(2026, 7, 6)
    assert review_by({}, today=friday, rules=holiday) == date(2026, 7, 7)
    assert review_by({LimitKind.STABILITY: date(2026, 8, 1)}, today=friday, rules=holiday) == date(2026, 7, 7)
    assert review_by({LimitKind.STABILITY: date(2026, 7, 4)}, today=friday, rules=holiday) == date(2026, 7, 4)


def test_within_a_group_the_pump_that_is_empty_sooner_comes_first_then_the_graver_drug() -> None:
    def key(days: int | None, hazard: Hazard) -> tuple[int, Fraction, int, date]:
        left = None if days is None else Fraction(days)
        return urgency_key(WorkGroup.DUE, days_to_empty=left, hazard=hazard, acts_by=MUST)

    ranked = [
        key(2, Hazard.NO_WITHDRAWAL),
        key(5, Hazard.EMERGENCY),
        key(5, Hazard.URGENT),
        key(None, Hazard.EMERGENCY),
    ]

    jumbled = [ranked[place] for place in (2, 0, 3, 1)]

    assert sorted(jumbled) == ranked
