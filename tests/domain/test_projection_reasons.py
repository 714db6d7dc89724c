"""The reasons: one line per step, in the order of the arithmetic, to be read and checked by hand."""

from tests.domain.pumps import baclofen, forecast_of

PROGRAM = [
    {"from": "2026-01-12", "dose": "400", "unit": "mcg/day"},
    {"from": "2026-02-26", "dose": "520", "unit": "mcg/day"},
]


def test_a_nurse_can_follow_every_step() -> None:
    result = forecast_of(
        as_of="2026-03-01",
        timezone="America/Chicago",
        pump={"implanted_on": "2024-02-01"},
        fill={"at": "2026-01-12"},
        program=PROGRAM,
    )

    assert result["reasons"] == [
        "Filled with 40 mL on Mon 2026-01-12 (America/Chicago); the threshold is 2 mL.",
        "In the pump: baclofen 2000 mcg/mL.",
        "From Mon 2026-01-12: 400 mcg/day ÷ 2000 mcg/mL = 0.2 mL/day.",
        "From Thu 2026-02-26: 520 mcg/day ÷ 2000 mcg/mL = 0.26 mL/day.",
        "The hour of the change on Thu 2026-02-26 is not known: that whole day counts at the higher flow.",
        "Mon 2026-01-12 to Thu 2026-02-26: 45 days, 9 mL leave at 0.2 mL/day; 31 mL remain.",
        "Thu 2026-02-26 to Fri 2026-02-27: 1 day, 0.26 mL leave at 0.26 mL/day; 30.74 mL remain.",
        "Fri 2026-02-27 to Wed 2026-06-17: 110.5385 days, 28.74 mL leave at 0.26 mL/day; 2 mL remain.",
        "2 mL is reached on Wed 2026-06-17 (low reservoir), 156.5385 days after the fill.",
        "0 mL is reached on Thu 2026-06-25 (empty), 164.2308 days after the fill.",
        "On Sun 2026-03-01 there are 30.22 mL left; the pump is empty in 116.2 days.",
        "If the pump runs 14.5 % high: low on Sat 2026-05-30, empty on Fri 2026-06-05.",
        "baclofen keeps 180 days in the pump (in any fill; source: drug label, confirmed).",
        "Stability limit: Sat 2026-07-11, 180 days after the fill (the shortest of the mixture).",
        "Implanted on Thu 2024-02-01 + 7 years of service life: end of service Sat 2031-02-01.",
        "Refill by Wed 2026-06-17: low reservoir is the earliest limit and binds.",
        "Does not bind: stability on Sat 2026-07-11, 24 days later.",
        "Does not bind: end of service on Sat 2031-02-01, 1690 days later.",
        "Target visit: 10 days before is Sun 2026-06-07, a closed day; moved back to Fri 2026-06-05.",
        "Latest visit: 3 days before is Sun 2026-06-14, a closed day; moved back to Fri 2026-06-12.",
        "The pump programmer's printout wins over this calculation.",
    ]


def lines(**changes: object) -> str:
    return "\n".join(forecast_of(**changes)["reasons"])


def test_a_bridge_is_shown_with_its_flow_and_its_end() -> None:
    bridge = {"old_volume_ml": "0.3", "old_concentration": "500", "unit": "mcg/mL"}

    text = lines(bridge=bridge)

    assert "First 0.3 mL of old drug (500 mcg/mL) leave" in text
    assert "0.6 mL/day, for 0.5 days until Mon 2026-01-05." in text
    assert "Mon 2026-01-05 to Mon 2026-01-05: 0.5 days, 0.3 mL leave at 0.6 mL/day; 39.7 mL remain." in text


def test_a_reading_is_shown_whether_it_counts_or_not() -> None:
    low, high = ([{"at": "2026-01-09", "reservoir_ml": amount}] for amount in ("38.9", "40"))

    assert "showed 38.9 mL on Fri 2026-01-09, less than the 39.4 mL expected" in lines(readings=low)
    assert "showed 40 mL on Fri 2026-01-09, not less than the 39.4 mL expected" in lines(readings=high)


def test_a_week_is_shown_by_its_kinds_of_days() -> None:
    days = [
        {"on": ["mon", "tue", "wed", "thu", "fri"], "steps": [{"hours": "24", "flow_ml_per_day": "0.3"}]},
        {"on": ["sat", "sun"], "steps": [{"hours": "24", "dose_per_hour": "37.5", "unit": "mcg/h"}]},
    ]

    text = lines(program=[{"from": "2026-01-05", "days": days}])

    assert "From Mon 2026-01-05, Mon Tue Wed Thu Fri: 24 h at 0.3 mL/day = 0.3 mL/day." in text
    assert "From Mon 2026-01-05, Sat Sun: 24 h × 37.5 mcg/h = 0.45 mL/day." in text


def test_boluses_and_their_mean_are_shown() -> None:
    bolus = {"dose": "0.05", "unit": "mg", "max_per_day": 4, "mean_per_day": "1"}

    text = lines(program=[{"from": "2026-01-05", "dose": "300", "unit": "mcg/day", "patient_bolus": bolus}])

    assert "at their daily maximum: 4 × 0.05 mg = 0.1 mL/day more." in text
    assert "With patient boluses at their mean: low on Mon 2026-08-10, empty on Fri 2026-08-21." in text


def test_each_drug_of_a_mixture_says_how_long_it_keeps_and_who_says_so() -> None:
    drugs = [
        baclofen(stability_days=60),
        {"drug": "ziconotide", "concentration": "25", "unit": "mcg/mL"},
        {"drug": "novel", "concentration": "25", "unit": "mcg/mL"},
    ]

    text = lines(fill={"drugs": drugs})

    assert "baclofen keeps 60 days in the pump (stated by the pharmacy)." in text
    assert "This is taken as a later fill." in text
    assert "ziconotide: not said whether diluted; diluted is assumed, the shorter time." in text
    assert (
        "ziconotide keeps 40 days in the pump (diluted, in a later fill; source: drug label, confirmed)."
        in text
    )
    assert "How long novel keeps in the pump is not known." in text


def test_in_review_the_reasons_say_what_is_doubtful_left_out_and_still_certain() -> None:
    text = lines(fill={"volume_ml": "55"}, limits={"max_interval_days": 100, "printed_on": "2026-05-01"})

    assert "Needs review: The fill of 55 mL is more than the reservoir holds (40 mL)." in text
    assert "Left out, since it rests on that: low reservoir." in text
    assert "Still certain: longest interval on Wed 2026-04-15." in text
    assert "Still certain: printed date on Fri 2026-05-01." in text
    assert "Refill by" not in text


def test_a_pump_that_has_run_dry_is_not_said_to_run_dry_in_minus_days() -> None:
    assert "On Mon 2026-10-05 the reservoir has been empty for 6.3 days" in lines(as_of="2026-10-05")
