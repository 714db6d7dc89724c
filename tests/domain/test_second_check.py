"""What a second person is needed for, and what is in effect until then: properties and a table."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.findings import LimitKind
from scheduling.domain.second_check import (
    LATER_DAYS,
    CheckReason,
    InPump,
    RefillDates,
    earliest,
    in_emergency,
    is_later,
    reasons_for,
    stands,
)

DAY = date(2026, 6, 1)
days = st.integers(0, 400).map(lambda number: DAY + timedelta(days=number))
maybe_days = st.one_of(st.none(), days)


@st.composite
def refill_dates(draw: st.DrawFn) -> RefillDates:
    must, empty = draw(maybe_days), draw(maybe_days)
    at = None if empty is None else datetime(empty.year, empty.month, empty.day, tzinfo=UTC)
    return RefillDates(
        must_refill_by=must,
        limited_by=None if must is None else draw(st.sampled_from(LimitKind)),
        low_reservoir_on=draw(maybe_days),
        empty_on=empty,
        empty_at=at,
    )


many = st.lists(refill_dates(), min_size=1, max_size=5)
PLAIN = InPump((("baclofen", Decimal(2000)),))


@given(many)
def test_what_is_held_is_never_later_than_any_of_them(sources: list[RefillDates]) -> None:
    found = earliest(sources)
    for name in ("must_refill_by", "low_reservoir_on", "empty_on", "empty_at"):
        known = [value for each in sources if (value := getattr(each, name)) is not None]
        assert getattr(found, name) == min(known, default=None)
    assert (found.limited_by is None) == (found.must_refill_by is None)


@given(many, st.randoms())
def test_the_order_of_the_sources_is_irrelevant(sources: list[RefillDates], chance: object) -> None:
    shuffled = list(sources)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    before, after = earliest(sources), earliest(shuffled)
    assert (before.must_refill_by, before.low_reservoir_on, before.empty_at) == (
        after.must_refill_by,
        after.low_reservoir_on,
        after.empty_at,
    )


@given(many)
def test_holding_twice_changes_nothing(sources: list[RefillDates]) -> None:
    once = earliest(sources)
    assert earliest([once, *sources]).must_refill_by == once.must_refill_by


@given(refill_dates(), refill_dates())
def test_what_stands_moves_earlier_only(before: RefillDates, after: RefillDates) -> None:
    stood = stands(before, after)
    if before.must_refill_by is not None:
        assert stood.must_refill_by is not None
        assert stood.must_refill_by <= before.must_refill_by
        if after.must_refill_by is not None and after.must_refill_by <= before.must_refill_by:
            assert stood == after


@given(refill_dates(), st.lists(st.integers(0, LATER_DAYS), max_size=12))
def test_small_steps_never_add_up_to_more_than_one(first: RefillDates, steps: list[int]) -> None:
    stood, now = first, first
    for step in steps:
        if now.must_refill_by is None:
            return
        now = RefillDates(now.must_refill_by + timedelta(days=step), LimitKind.LOW_RESERVOIR)
        if is_later(now, [stood]):
            return
        stood = stands(stood, now)
        assert now.must_refill_by is not None
        assert first.must_refill_by is not None
        assert now.must_refill_by <= first.must_refill_by + timedelta(days=LATER_DAYS)


@given(refill_dates(), refill_dates())
def test_an_emergency_lets_through_what_it_was_about(now: RefillDates, allowed: RefillDates) -> None:
    found = in_emergency(now, allowed)
    if now.must_refill_by is not None and allowed.must_refill_by is not None:
        assert found.must_refill_by is not None
        assert found.must_refill_by <= allowed.must_refill_by + timedelta(days=LATER_DAYS)
        assert found.must_refill_by <= now.must_refill_by


def at(number: int) -> RefillDates:
    return RefillDates(DAY + timedelta(days=number), LimitKind.LOW_RESERVOIR)


def holding(*drugs: tuple[str, int], overrides: tuple[str, ...] = ()) -> InPump:
    return InPump(tuple((key, Decimal(mcg)) for key, mcg in drugs), frozenset(overrides))


R = CheckReason


@pytest.mark.parametrize(
    ("stood", "now", "days_later", "reasons"),
    [
        (PLAIN, PLAIN, -30, set()),
        (PLAIN, PLAIN, 0, set()),
        (PLAIN, PLAIN, 3, set()),
        (PLAIN, PLAIN, 4, {R.LATER}),
        (PLAIN, holding(("baclofen", 500)), -30, {R.CONCENTRATION}),
        (PLAIN, holding(("baclofen", 4000)), 40, {R.CONCENTRATION, R.LATER}),
        (PLAIN, holding(("morphine", 2000)), -5, {R.DRUG}),
        (PLAIN, holding(("baclofen", 2000), ("clonidine", 100)), 0, {R.DRUG}),
        (
            holding(("baclofen", 2000), ("clonidine", 100)),
            holding(("baclofen", 2000), ("clonidine", 200)),
            0,
            {R.CONCENTRATION},
        ),
        (PLAIN, holding(("baclofen", 2000), overrides=("unit_slip",)), 0, {R.OVERRIDE}),
        (
            holding(("baclofen", 2000), overrides=("unit_slip",)),
            holding(("baclofen", 2000), overrides=("unit_slip",)),
            0,
            set(),
        ),
        (None, PLAIN, 400, {R.LATER}),
        (None, holding(("baclofen", 2000), overrides=("unit_slip",)), 0, {R.OVERRIDE}),
    ],
)
def test_why_a_second_person_is_needed(
    stood: InPump | None, now: InPump, days_later: int, reasons: set[CheckReason]
) -> None:
    assert reasons_for(stood, now, dates=at(100 + days_later), measured_from=[at(100)]) == reasons


def test_what_has_no_date_is_not_later_and_is_measured_from_nothing() -> None:
    assert not is_later(RefillDates(), [at(1)])
    assert not is_later(at(400), [RefillDates()])
    assert is_later(at(400), [RefillDates(), at(1)])
