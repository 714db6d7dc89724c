"""The ladder of a late refill."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.catalogue import Hazard
from scheduling.domain.care.rungs import NAMES, WHAT_TO_DO, Rung, rung

MILD, GRAVE = Hazard.URGENT, Hazard.EMERGENCY


@pytest.mark.parametrize(
    ("empty", "refill_date", "hazard", "expected"),
    [
        (15, None, MILD, Rung.RESCHEDULE),
        (14, None, MILD, Rung.STAFF_CALLS),
        (8, None, MILD, Rung.STAFF_CALLS),
        (7, None, MILD, Rung.NURSE_CALLS_DAILY),
        (4, None, MILD, Rung.NURSE_CALLS_DAILY),
        (3, None, MILD, Rung.PHYSICIAN),
        (1, None, MILD, Rung.PHYSICIAN),
        (0, None, MILD, Rung.EMERGENCY),
        (-30, None, MILD, Rung.EMERGENCY),
        (Fraction(1, 2), None, MILD, Rung.PHYSICIAN),
        # The refill date counts with seven days more.
        (None, 8, MILD, Rung.RESCHEDULE),
        (None, 7, MILD, Rung.STAFF_CALLS),
        (None, 0, MILD, Rung.NURSE_CALLS_DAILY),
        (None, -7, MILD, Rung.EMERGENCY),
        # The smaller of the two.
        (100, -4, MILD, Rung.PHYSICIAN),
        (2, 50, MILD, Rung.PHYSICIAN),
        # A drug whose withdrawal is an emergency: one rung earlier.
        (15, None, GRAVE, Rung.STAFF_CALLS),
        (14, None, GRAVE, Rung.NURSE_CALLS_DAILY),
        (7, None, GRAVE, Rung.PHYSICIAN),
        (3, None, GRAVE, Rung.EMERGENCY),
        (-1, None, GRAVE, Rung.EMERGENCY),
        (15, None, Hazard.NO_WITHDRAWAL, Rung.RESCHEDULE),
        # Nothing known: nothing says that there is time.
        (None, None, MILD, Rung.STAFF_CALLS),
        (None, None, GRAVE, Rung.NURSE_CALLS_DAILY),
    ],
)
def test_the_rung_for_so_many_days(
    empty: int | Fraction | None, refill_date: int | None, hazard: Hazard, expected: Rung
) -> None:
    assert rung(days_to_empty=empty, days_to_refill_date=refill_date, hazard=hazard) is expected


def test_symptoms_are_an_emergency_whatever_the_dates_say() -> None:
    found = rung(days_to_empty=100, days_to_refill_date=100, hazard=Hazard.NO_WITHDRAWAL, has_symptoms=True)
    assert found is Rung.EMERGENCY


DAYS = st.none() | st.integers(-400, 400) | st.fractions(-400, 400, max_denominator=24)


@given(
    empty=st.integers(-400, 400) | st.fractions(-400, 400, max_denominator=24),
    refill_date=DAYS,
    less=st.integers(0, 50),
    hazard=st.sampled_from(Hazard),
    has_symptoms=st.booleans(),
)
def test_less_time_never_lowers_the_rung(
    empty: int | Fraction,
    refill_date: int | Fraction | None,
    less: int,
    hazard: Hazard,
    *,
    has_symptoms: bool,
) -> None:
    def at(days_to_empty: int | Fraction, days_to_refill_date: int | Fraction | None) -> Rung:
        return rung(
            days_to_empty=days_to_empty,
            days_to_refill_date=days_to_refill_date,
            hazard=hazard,
            has_symptoms=has_symptoms,
        )

    later = None if refill_date is None else refill_date - less
    assert at(empty - less, refill_date) >= at(empty, refill_date)
    assert at(empty, later) >= at(empty, refill_date)


@given(empty=DAYS, refill_date=DAYS)
def test_a_graver_drug_never_lowers_the_rung(
    empty: int | Fraction | None, refill_date: int | Fraction | None
) -> None:
    found = [rung(days_to_empty=empty, days_to_refill_date=refill_date, hazard=hazard) for hazard in Hazard]
    assert found == sorted(found)


def test_every_rung_says_what_to_do() -> None:
    assert set(NAMES) == set(WHAT_TO_DO) == set(Rung)
