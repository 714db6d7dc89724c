"""Syringes, discrepancies, outcomes: what the reports say of exact values."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from statistics import median as library_median

from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.case import ClinicRules
from scheduling.domain.reports.discrepancy import check_of, trend_of
from scheduling.domain.reports.outcomes import Quarter, Score, median, outcomes, quarter_of, scale_key
from scheduling.domain.reports.preparation import Ingredient, Syringe, order_by, preparations
from scheduling.domain.residual import residual_check
from scheduling.domain.visits import is_open

DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))
RULES = st.builds(
    ClinicRules,
    open_weekdays=st.frozensets(st.integers(0, 6), min_size=1),
    closed_on=st.frozensets(st.dates(date(2025, 11, 1), date(2027, 12, 31)), max_size=20),
)


# --- Order dates ------------------------------------------------------------------------------------------------


@given(DAYS, st.integers(0, 30), RULES)
def test_an_order_date_is_an_open_day_with_so_many_open_days_between(
    needed: date, lead: int, rules: ClinicRules
) -> None:
    day = order_by(needed, lead_days=lead, rules=rules)
    assert is_open(day, rules)
    assert day <= needed - timedelta(days=lead)
    between = [day + timedelta(days=number) for number in range(1, (needed - day).days + 1)]
    assert sum(is_open(each, rules) for each in between) <= lead
    if is_open(needed, rules):
        assert sum(is_open(each, rules) for each in between) == lead


@given(DAYS, st.integers(0, 20), RULES)
def test_a_longer_lead_never_orders_later(needed: date, lead: int, rules: ClinicRules) -> None:
    assert order_by(needed, lead_days=lead + 1, rules=rules) < order_by(needed, lead_days=lead, rules=rules)


def test_an_order_counts_back_over_a_weekend_and_a_holiday() -> None:
    rules = ClinicRules(closed_on=frozenset({date(2026, 11, 26)}))
    assert order_by(date(2026, 12, 1), lead_days=5, rules=rules) == date(2026, 11, 23)


def test_syringes_stand_by_mixture_with_how_many_of_which_volume() -> None:
    baclofen = (Ingredient("baclofen", Decimal(2000), "mcg/mL"),)
    morphine = (Ingredient("morphine", Decimal(25), "mg/mL"), Ingredient("bupivacaine", Decimal(20), "mg/mL"))
    day = date(2026, 11, 20)

    def syringe(number: int, mixture: tuple[Ingredient, ...], volume: int, order: date) -> Syringe:
        return Syringe(number, mixture, Decimal(volume), day, is_booked=False, order_by=order)

    found = preparations(
        [syringe(1, baclofen, 40, day), syringe(2, baclofen, 20, day - timedelta(days=1)), syringe(3, baclofen, 40, day),
         syringe(4, morphine, 18, day - timedelta(days=3))]
    )  # fmt: skip
    assert [each.mixture for each in found] == [morphine, baclofen]
    assert found[1].volumes == [(2, Decimal(40)), (1, Decimal(20))]
    assert found[1].total_ml == 100
    assert found[1].order_by == day - timedelta(days=1)
    assert [each.implant_id for each in found[1].syringes] == [2, 1, 3]


# --- Discrepancies ----------------------------------------------------------------------------------------------


def checks(*residuals: str, programmed: str = "15") -> list[object]:
    return [
        check_of(
            filled_on=date(2026, 1, 1) + timedelta(days=100 * number),
            since=date(2025, 9, 23) + timedelta(days=100 * number),
            residual_ml=Fraction(residual),
            judged=residual_check(
                fill_volume_ml=Decimal(40),
                programmed_ml=Decimal(programmed),
                residual_ml=Decimal(residual),
                reservoir_ml=Decimal(40),
            ),
        )
        for number, residual in enumerate(residuals)
    ]


def test_both_rules_flag_and_the_newest_refill_decides_whether_it_is_now() -> None:
    small = checks("14.5", programmed="2")  # of 40 mL, 25.5 mL were delivered for 2: rate and volume
    assert small[0].is_rate_off  # type: ignore[attr-defined]
    trend = trend_of(checks("28", "25"))  # type: ignore[arg-type]
    assert (trend.judged, trend.flagged, trend.is_flagged_now) == (2, 1, False)
    rate_only = checks("36.8", programmed="2.5")  # 0.7 mL off, yet 28 % too much was delivered
    assert (rate_only[0].is_volume_off, rate_only[0].is_rate_off) == (False, True)  # type: ignore[attr-defined]


def test_a_slow_drift_shows_in_the_mean_of_the_last_three() -> None:
    trend = trend_of(checks("25", "26.5", "26.5", "26.5"))  # type: ignore[arg-type]
    assert not trend.is_flagged_now
    assert trend.mean_rate_error == Fraction("13.5") / 15 - 1


def test_a_pump_without_residuals_has_no_trend() -> None:
    trend = trend_of([])
    assert (trend.judged, trend.last, trend.mean_rate_error, trend.is_flagged_now) == (0, None, None, False)


# --- Outcomes ---------------------------------------------------------------------------------------------------


@given(st.lists(st.decimals(0, 100, places=2), min_size=1, max_size=30))
def test_the_median_is_exact(values: list[Decimal]) -> None:
    assert median(values) == library_median([Fraction(value) for value in values])


@given(st.dates(date(1999, 1, 1), date(2060, 12, 31)))
def test_a_day_lies_in_its_quarter(day: date) -> None:
    quarter = quarter_of(day)
    assert quarter.starts_on <= day < quarter.next.starts_on


def test_each_patient_counts_once_a_quarter_with_the_last_score_and_gaps_stay_gaps() -> None:
    scores = [
        Score(1, "Pain", date(2026, 1, 5), Decimal(9)),
        Score(1, "pain ", date(2026, 2, 5), Decimal(5)),
        Score(2, "PAIN", date(2026, 3, 5), Decimal(8)),
        Score(2, "Pain", date(2026, 8, 5), Decimal(2)),
    ]
    (scale,) = outcomes(scores, today=date(2026, 11, 21))
    assert scale.name == "Pain"
    found = [(row.quarter.number, row.patients, row.median) for row in scale.quarters]
    assert found == [(1, 2, Fraction(13, 2)), (2, 0, None), (3, 1, 2), (4, 0, None)]
    assert [row.is_few for row in scale.quarters] == [True, False, True, False]
    assert [(each.patient_id, each.change) for each in scale.courses] == [(2, Decimal(-6)), (1, Decimal(-4))]


def test_scales_are_never_put_together() -> None:
    scores = [
        Score(1, scale, date(2026, 1, 5), Decimal(1)) for scale in ("Ashworth", "Pain 0-10", "Pain  0-10")
    ]
    assert [scale.key for scale in outcomes(scores, today=date(2026, 2, 1))] == ["ashworth", "pain 0-10"]
    assert scale_key(" Pain  NRS ") == "pain nrs"
    assert outcomes([], today=date(2026, 2, 1)) == []
    assert Quarter(2026, 4).next == Quarter(2027, 1)
