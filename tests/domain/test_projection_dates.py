"""How the volume is walked: programs, changes, patterns, bridges, boluses, readings, zones."""

from typing import Any

import pytest

from tests.domain.pumps import Record, baclofen, codes, forecast_of

WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def dosed(since: str, per_day: str, **more: Any) -> Record:
    return {"from": since, "dose": per_day, "unit": "mcg/day", **more}


def flowing(since: str, per_day: str, **more: Any) -> Record:
    return {"from": since, "flow_ml_per_day": per_day, **more}


def stopped(since: str) -> Record:
    return {"from": since, "stopped": True}


def every_day(since: str, *steps: tuple[str, str]) -> Record:
    return {
        "from": since,
        "days": [{"on": WEEK, "steps": [{"hours": h, "flow_ml_per_day": f} for h, f in steps]}],
    }


# --- exact arithmetic and printing ------------------------------------------------------------------


def test_seventeen_millilitres_at_0_17_a_day_last_exactly_100_days() -> None:
    result = forecast_of(
        fill={"volume_ml": "17"}, pump={"threshold_ml": "0"}, program=[flowing("2026-01-05", "0.17")]
    )

    assert (result["low_reservoir_on"], result["days_to_empty"]) == ("2026-04-15", "95")


def test_printed_numbers_are_rounded_to_4_places_and_days_to_1() -> None:
    result = forecast_of(program=[flowing("2026-01-05", "0.333333")])

    assert result["flow_ml_per_day"] == "0.3333"
    assert result["remaining_ml"] == "38.3333"
    assert (result["days_of_reserve"], result["days_to_empty"]) == ("6", "115")


def test_a_thirty_seconds_longer_walk_over_midnight_is_one_day_later() -> None:
    # 24 mL at 0.24 mL/day from 00:00 are 100 days to the second; 0.000084 mL more outlast midnight by 30 s.
    def empty(volume: str) -> str:
        return str(
            forecast_of(
                fill={"volume_ml": volume},
                pump={"threshold_ml": "0"},
                program=[flowing("2026-01-05", "0.24")],
            )["empty_on"]
        )

    assert (empty("23.999999"), empty("24"), empty("24.000084")) == ("2026-04-14", "2026-04-15", "2026-04-15")


# --- the fill and the program in force at it --------------------------------------------------------


def test_the_latest_program_not_after_the_fill_is_in_force_at_it() -> None:
    result = forecast_of(program=[dosed("2025-11-01", "900"), dosed("2025-12-01", "300")])

    assert result["flow_ml_per_day"] == "0.15"


def test_programs_may_come_in_any_order() -> None:
    result = forecast_of(program=[dosed("2025-12-01", "300"), dosed("2025-11-01", "900")])

    assert result["flow_ml_per_day"] == "0.15"


@pytest.mark.parametrize("since", ["2026-01-05", "2026-01-05T09:00:00+00:00", "2026-01-05T15:00:00Z"])
def test_a_program_on_the_fills_own_date_counts_from_the_fill(since: str) -> None:
    result = forecast_of(
        fill={"at": "2026-01-05T12:00:00+00:00"},
        program=[dosed("2025-12-01", "900"), dosed(since, "300")],
    )

    assert result["remaining_ml"] == "39.325"


def test_a_fill_before_the_first_program_has_no_program() -> None:
    result = forecast_of(program=[dosed("2026-01-06", "300")])

    assert codes(result) == ["no_program"]
    assert (result["status"], result["low_reservoir_on"], result["remaining_ml"]) == ("review", None, None)
    assert result["flow_ml_per_day"] == "0.15"


@pytest.mark.parametrize("program", [[], None])
def test_no_program_at_all_is_no_program(program: object) -> None:
    result = forecast_of(program=program)

    assert (codes(result), result["flow_ml_per_day"]) == (["no_program"], None)


def test_as_of_on_the_day_of_the_fill_is_the_fill_itself_when_that_came_later() -> None:
    result = forecast_of(as_of="2026-01-05", fill={"at": "2026-01-05T18:00:00Z"})

    assert (result["remaining_ml"], result["flow_ml_per_day"]) == ("40", "0.15")


# --- changes of program -----------------------------------------------------------------------------


def test_an_increase_given_as_a_date_counts_from_the_start_of_that_day() -> None:
    result = forecast_of(program=[dosed("2026-01-05", "300"), dosed("2026-01-08", "600")])

    assert result["remaining_ml"] == "38.95"  # 3 days at 0.15, 2 at 0.3
    assert result["flow_ml_per_day"] == "0.3"


def test_a_decrease_given_as_a_date_counts_from_the_end_of_that_day() -> None:
    result = forecast_of(program=[dosed("2026-01-05", "600"), dosed("2026-01-08", "300")])

    assert result["remaining_ml"] == "38.65"  # 4 days at 0.3, 1 at 0.15


def test_on_the_day_of_a_change_the_flow_is_the_higher_one() -> None:
    result = forecast_of(as_of="2026-01-08", program=[dosed("2026-01-05", "600"), dosed("2026-01-08", "300")])

    assert result["flow_ml_per_day"] == "0.3"


def test_a_change_with_its_hour_counts_from_that_hour() -> None:
    result = forecast_of(program=[dosed("2026-01-05", "600"), dosed("2026-01-08T12:00:00+00:00", "300")])

    assert result["remaining_ml"] == "38.725"  # 3.5 days at 0.3, 1.5 at 0.15


def test_a_change_to_a_pattern_runs_its_day_at_the_higher_flow_hour_by_hour() -> None:
    pattern = every_day("2026-01-08", ("12", "0.1"), ("12", "0.4"))

    result = forecast_of(as_of="2026-01-09", program=[flowing("2026-01-05", "0.3"), pattern])

    assert result["remaining_ml"] == "38.75"  # 3 days at 0.3, then half a day each at 0.3 and 0.4


def test_a_pause_between_two_programs_is_walked_without_flow() -> None:
    result = forecast_of(
        program=[
            dosed("2026-01-05", "300"),
            stopped("2026-01-06T00:00:00Z"),
            dosed("2026-01-08T00:00:00Z", "300"),
        ]
    )

    assert (result["status"], result["remaining_ml"]) == ("ok", "39.55")


# --- patterns ---------------------------------------------------------------------------------------


def test_a_pattern_that_differs_by_day_shows_the_flow_of_that_day() -> None:
    days = [
        {"on": WEEK[:5], "steps": [{"hours": "24", "flow_ml_per_day": "0.3"}]},
        {"on": WEEK[5:], "steps": [{"hours": "24", "flow_ml_per_day": "0.45"}]},
    ]
    program = [{"from": "2026-01-05", "days": days}]

    flows = [forecast_of(as_of=f"2026-01-{day:02}", program=program)["flow_ml_per_day"] for day in (9, 10)]

    assert flows == ["0.3", "0.45"]  # a Friday and a Saturday


def test_a_pattern_day_is_24_hours_at_the_offset_of_the_fill() -> None:
    # Chicago goes forward on 8 March 2026: local midnight of the 9th is 23:00 on the pump's clock.
    pattern = every_day("2026-03-07", ("23", "0.24"), ("1", "2.4"))

    result = forecast_of(
        timezone="America/Chicago", as_of="2026-03-09", fill={"at": "2026-03-07"}, program=[pattern]
    )

    assert result["remaining_ml"] == "39.44"  # 0.33 mL on the 7th, 0.23 mL in the 23 hours of the 8th


# --- boluses ----------------------------------------------------------------------------------------


def test_patient_boluses_bind_at_their_daily_maximum_and_show_their_mean_beside() -> None:
    bolus = {"dose": "0.05", "unit": "mg", "max_per_day": 4, "mean_per_day": "1"}

    result = forecast_of(program=[dosed("2026-01-05", "300", patient_bolus=bolus)])

    assert result["flow_ml_per_day"] == "0.25"
    assert result["low_reservoir_on"] == "2026-06-06"
    assert result["mean_use"] == {"low_reservoir_on": "2026-08-10", "empty_on": "2026-08-21"}


@pytest.mark.parametrize(("mean_per_day", "expected"), [("0", "2026-09-15"), (None, None)])
def test_the_mean_may_be_none_at_all_or_not_known(mean_per_day: str | None, expected: str | None) -> None:
    bolus = {"dose": "50", "unit": "mcg", "max_per_day": 4, "mean_per_day": mean_per_day}

    mean_use = forecast_of(program=[dosed("2026-01-05", "300", patient_bolus=bolus)])["mean_use"]

    assert (mean_use and mean_use["low_reservoir_on"]) == expected


def test_without_boluses_there_is_no_mean_use() -> None:
    assert forecast_of()["mean_use"] is None


# --- bridge -----------------------------------------------------------------------------------------

BRIDGE = {"old_volume_ml": "0.30", "old_concentration": "500", "unit": "mcg/mL"}


def test_a_bridge_runs_the_new_dose_at_the_old_concentration_until_the_old_drug_has_left() -> None:
    flows = [forecast_of(as_of=f"2026-01-{day:02}", bridge=BRIDGE)["flow_ml_per_day"] for day in (5, 6)]

    assert flows == ["0.6", "0.15"]  # 0.3 mL leave in half a day


def test_a_change_of_dose_during_the_bridge_is_bridged_too() -> None:
    result = forecast_of(
        as_of="2026-01-07",
        bridge={**BRIDGE, "old_volume_ml": "1.2"},
        program=[dosed("2026-01-05", "300"), dosed("2026-01-06T00:00:00Z", "600")],
    )

    # 0.6 mL on the first day, the other 0.6 mL in half a day at 1.2, then half a day at 0.3
    assert (result["remaining_ml"], result["flow_ml_per_day"]) == ("38.65", "0.3")


def test_patient_boluses_during_the_bridge_come_at_the_old_concentration_too() -> None:
    bolus = {"dose": "50", "unit": "mcg", "max_per_day": 2, "mean_per_day": "0"}

    result = forecast_of(
        as_of="2026-01-05", bridge=BRIDGE, program=[dosed("2026-01-05", "300", patient_bolus=bolus)]
    )

    assert result["flow_ml_per_day"] == "0.8"


def test_a_high_flow_empties_the_bridge_faster_as_well() -> None:
    result = forecast_of(bridge={**BRIDGE, "old_volume_ml": "6"}, pump={"accuracy_percent": "100"})

    # 6 mL at 1.2, then 32 mL to the threshold and 2 mL more at 0.3: 5 + 106.67 days
    assert result["high_flow"] == {"low_reservoir_on": "2026-04-26", "empty_on": "2026-05-03"}


# --- readings ---------------------------------------------------------------------------------------


def test_a_reading_below_the_model_goes_on_from_the_reading() -> None:
    result = forecast_of(
        as_of="2026-01-25",
        readings=[{"at": "2026-01-15", "reservoir_ml": "37.1"}],
        pump={"accuracy_percent": "0"},
    )

    assert result["remaining_ml"] == "35.6"
    assert result["low_reservoir_on"] == "2026-09-06"  # 35.1 mL at 0.15 from 15 January: 234 days
    assert result["high_flow"]["low_reservoir_on"] == "2026-09-06"
    assert codes(result) == []


def test_a_reading_above_the_model_changes_no_date() -> None:
    with_reading = forecast_of(readings=[{"at": "2026-01-08", "reservoir_ml": "40"}])

    assert with_reading["low_reservoir_on"] == forecast_of()["low_reservoir_on"]
    assert with_reading["remaining_ml"] == forecast_of()["remaining_ml"]


def test_only_the_newest_reading_counts() -> None:
    readings = [
        {"at": "2026-01-09", "reservoir_ml": "39.4"},
        {"at": "2026-01-07", "reservoir_ml": "30"},
        {"at": "2026-01-08T10:00:00Z", "reservoir_ml": "20"},
    ]

    assert forecast_of(readings=readings)["remaining_ml"] == forecast_of()["remaining_ml"]


def test_a_reading_at_or_below_the_threshold_is_low_on_its_own_day_unless_the_model_was_sooner() -> None:
    reading = [{"at": "2026-02-01", "reservoir_ml": "1"}]

    result = forecast_of(as_of="2026-02-02", readings=reading)

    assert (result["low_reservoir_on"], result["empty_on"]) == ("2026-02-01", "2026-02-07")


def test_mean_use_is_not_moved_by_a_reading() -> None:
    bolus = {"dose": "50", "unit": "mcg", "max_per_day": 4, "mean_per_day": "1"}
    program = [dosed("2026-01-05", "300", patient_bolus=bolus)]

    read = forecast_of(program=program, readings=[{"at": "2026-01-08", "reservoir_ml": "38.5"}])

    assert read["low_reservoir_on"] < forecast_of(program=program)["low_reservoir_on"]
    assert read["mean_use"] == forecast_of(program=program)["mean_use"]


# --- zones and clocks -------------------------------------------------------------------------------


def test_elapsed_time_is_real_time_so_a_clock_change_moves_the_clock_and_not_the_drug() -> None:
    # 10 days of drug over the end of summer time: the tenth midnight comes an hour later by the clock.
    result = forecast_of(
        timezone="America/Chicago",
        as_of="2026-10-26",
        fill={"at": "2026-10-26", "volume_ml": "12"},
        pump={"threshold_ml": "2"},
        program=[flowing("2026-10-26", "1")],
    )

    assert (result["low_reservoir_on"], result["empty_on"]) == ("2026-11-04", "2026-11-06")


def test_the_fill_of_a_day_without_midnight_counts_from_its_first_instant() -> None:
    # In São Paulo 4 November 2018 began at 01:00 (03:00 UTC).
    by_date = forecast_of(timezone="America/Sao_Paulo", as_of="2018-11-10", fill={"at": "2018-11-04"},
                          program=[flowing("2018-11-04", "0.24")])  # fmt: skip
    by_instant = forecast_of(timezone="America/Sao_Paulo", as_of="2018-11-10",
                             fill={"at": "2018-11-04T03:00:00Z"},
                             program=[flowing("2018-11-04", "0.24")])  # fmt: skip

    assert by_date["remaining_ml"] == by_instant["remaining_ml"]
    assert by_date["low_reservoir_on"] == by_instant["low_reservoir_on"]


def test_a_date_time_is_taken_to_its_local_date() -> None:
    # 03:00 UTC on the 6th is still the 5th in Chicago, from which the 180 days count.
    result = forecast_of(timezone="America/Chicago", fill={"at": "2026-01-06T03:00:00Z"})

    assert result["limits"]["stability"] == "2026-07-04"


def test_a_pump_in_the_zone_east_of_the_date_line_is_low_on_its_own_date() -> None:
    zones = ("Pacific/Kiritimati", "UTC", "Pacific/Pago_Pago")

    dates = {
        zone: forecast_of(
            timezone=zone,
            fill={"at": "2026-01-05T12:00:00Z", "volume_ml": "20"},
            program=[flowing("2026-01-01", "0.18")],
        )["low_reservoir_on"]
        for zone in zones
    }

    assert dates == {
        "Pacific/Kiritimati": "2026-04-16",
        "UTC": "2026-04-15",
        "Pacific/Pago_Pago": "2026-04-15",
    }


def test_a_constant_flow_pump_needs_no_program() -> None:
    result = forecast_of(pump={"model": "codman-3000-50", "constant_flow_ml_per_day": "0.5"}, program=[])

    assert (result["flow_ml_per_day"], result["low_reservoir_on"]) == ("0.5", "2026-03-22")
    # nothing is known of its accuracy
    assert result["high_flow"] == {"low_reservoir_on": None, "empty_on": None}


@pytest.mark.parametrize(
    ("dose", "status"), [("300", "ok"), ("309", "ok"), ("291", "ok"), ("309.1", "error"), ("290.9", "error")]
)
def test_a_program_given_for_a_constant_flow_pump_must_agree_within_its_accuracy(
    dose: str, status: str
) -> None:
    result = forecast_of(
        pump={"constant_flow_ml_per_day": "0.15", "accuracy_percent": "3"},
        program=[dosed("2026-01-05", dose)],
    )

    assert result["status"] == status
    assert result["flow_ml_per_day"] in {"0.15", None}


def test_the_primary_drug_is_the_first_one() -> None:
    morphine = {"drug": "morphine", "concentration": "10", "unit": "mg/mL"}

    result = forecast_of(fill={"drugs": [morphine, baclofen()]}, program=[dosed("2026-01-05", "3000")])

    assert result["flow_ml_per_day"] == "0.3"
